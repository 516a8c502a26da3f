import type { OpName, TraceOrigin } from '../../traces/trace';
import type { Capability, OptionValues } from '../replay/port';
import { exceedsBound, type ObservedBound } from './bounds';
import type { Checkpoint, RecentOperation } from './checkpoints';
import type { Distribution } from './distribution';
import type { FailurePoint } from './fragmentation';
import type { HeapMap } from './heap-map';
import type { HeapWalk } from './heap-walk';
import type { SizeClassLatency } from './latency';
import type { Density } from './latency-density';
import type { MetricValues } from './registry';
import type { EngineBuild } from './schema';
import { OP_KINDS, type OpKind } from './op-kinds';
import type { CauseCycles, EventCounts, WorstOperation } from './worst-operations';

/**
 * One replay with all that was recorded, as plain data: what `results.json` holds of it and what reports read. What
 * does not apply is null, never left out or a special number.
 */
export interface MeasuredReplay {
  readonly engine: {
    readonly name: string;
    readonly version: number;
    readonly options: OptionValues;
    /** Of an engine in C. */
    readonly build?: EngineBuild;
  };
  readonly machine: { readonly heapPages: number; readonly virtualPages: number };
  readonly trace: {
    readonly name: string;
    readonly origin: TraceOrigin;
    /** Identity of the events that were replayed; null when the replay stopped before their end. */
    readonly sha256: string | null;
    readonly events: number;
  };
  readonly outcome: MeasuredOutcome;
  /** Events that reached the engine. */
  readonly operations: number;
  /** Events on objects whose allocation had failed. */
  readonly skippedEvents: number;
  /** Reallocs replayed as allocate, copy and free. */
  readonly emulatedReallocs: number;
  readonly liveObjectsAtEnd: number;
  readonly placementsSha256: string;
  readonly metrics: MetricValues;
  readonly events: EventCounts;
  readonly bounds: readonly ObservedBound[];
  readonly failureCurve: readonly FailurePoint[];
  /** At most 256 moments spread over the bytes allocated, the first of maximal held, the first failure, the end. */
  readonly checkpoints: readonly Checkpoint[];
  /** Null when no allocation failed. */
  readonly firstFailure: FirstFailure | null;
  readonly heapMap: HeapMap | null;
  /** Null where it was not asked for, and where the heap has too many blocks to be kept. */
  readonly heapWalk: HeapWalk | null;
  readonly pricings: readonly MeasuredPricing[];
}

export interface FirstFailure {
  readonly operation: number;
  /** The last operations up to and with the failed one. */
  readonly recentOperations: readonly RecentOperation[];
}

export type MeasuredOutcome =
  | {
      readonly kind: 'ok';
      readonly failedAllocations: number;
      readonly firstFailureOperation: number | null;
    }
  | {
      readonly kind: 'corrupt' | 'faulted' | 'runaway';
      readonly operation: number;
      readonly op: OpName;
      readonly id: number;
      readonly sizeBytes: number;
      readonly lastStep: string;
      readonly problem: string;
    }
  | {
      readonly kind: 'unsupported';
      readonly operation: number;
      readonly verb: Capability;
      readonly reason: string;
    }
  /** It came to its end, but some operation did more than the engine's specification allows. */
  | {
      readonly kind: 'exceeded';
      readonly operation: number;
      readonly verb: ObservedBound['verb'];
      readonly problem: string;
    }
  /** The program that ran the replay died or threw: nothing is known but that. */
  | { readonly kind: 'crashed'; readonly problem: string };

/** Whether a replay ended as no engine may make it; one that lacks a verb is at no fault. */
export const isFailure = ({ kind }: { readonly kind: string }): boolean =>
  kind !== 'ok' && kind !== 'unsupported';

/** How a replay ended, once its bounds have been looked at: one that broke them is not ok, whatever else it did. */
export function outcomeWithin(outcome: MeasuredOutcome, bounds: readonly ObservedBound[]): MeasuredOutcome {
  const broken = bounds.find(exceedsBound);
  if (broken === undefined || outcome.kind !== 'ok') {
    return outcome;
  }
  const { verb, unit, observed, observedOperation, most, source } = broken;
  const problem = `${observed} ${unit}, where the specification allows ${most} (${source})`;
  return { kind: 'exceeded', operation: observedOperation!, verb, problem };
}

/** A replay under one pricing. */
export interface MeasuredPricing {
  readonly id: string;
  readonly profileSha256: string;
  /** sha256 over the cycles of all operations in order, each an unsigned 64-bit little-endian integer. */
  readonly costsSha256: string;
  readonly metrics: MetricValues;
  readonly causes: CauseCycles;
  readonly kinds: Readonly<Record<OpKind, MeasuredKind>>;
}

export interface MeasuredKind {
  readonly distribution: Distribution;
  readonly worst: readonly WorstOperation[];
  readonly sizeClasses: readonly SizeClassLatency[];
  /** Null when it was not asked for. */
  readonly density: Density | null;
}

/** The dearest operations of all kinds: cycles descending, earlier operation first among equals. */
export function worstOperations(pricing: MeasuredPricing, count: number): WorstOperation[] {
  return Object.values(pricing.kinds)
    .flatMap(({ worst }) => worst)
    .sort((a, b) => b.cycles - a.cycles || a.operation - b.operation)
    .slice(0, count);
}

/** Memory accesses of all operations of a replay. */
export function accessesOf({ metrics }: MeasuredReplay): number {
  return OP_KINDS.reduce((sum, kind) => sum + (metrics[`${kind}.accesses.mean`]?.ratio?.[0] ?? 0), 0);
}
