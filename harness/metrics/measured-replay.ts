import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { TraceOrigin } from '../../traces/trace';
import { BOUND_VERBS, CAPABILITIES } from '../replay/port';
import { exceedsBound, observedBound, type ObservedBound } from './bounds';
import { checkpoint, recentOperation } from './checkpoints';
import { distribution } from './distribution';
import { failurePoint } from './fragmentation';
import { heapMap } from './heap-map';
import { heapWalk } from './heap-walk';
import { sizeClassLatency } from './latency';
import { density } from './latency-density';
import { metricValue } from './metric';
import type { MetricValues } from './registry';
import {
  causes,
  count,
  engine,
  events,
  integer,
  machineSizes,
  op,
  parameters,
  sha256,
  text,
  type Shape,
} from './schema';
import { OP_KINDS, type OpKind } from './op-kinds';
import { worstOperation, type WorstOperation } from './worst-operations';

/**
 * One replay with all that was recorded, as plain data: what `results.json` holds of it and what reports read. The
 * schema says its shape, and the order of its keys is the order of the file. What does not apply is null, never left
 * out or a special number.
 */
const firstFailure = v.strictObject({
  operation: count,
  /** The last operations up to and with the failed one. */
  recentOperations: v.array(recentOperation),
});
export type FirstFailure = Shape<typeof firstFailure>;

const outcome = v.variant('kind', [
  v.strictObject({
    kind: v.literal('ok'),
    failedAllocations: count,
    firstFailureOperation: v.nullable(count),
  }),
  v.strictObject({
    kind: v.picklist(['corrupt', 'faulted', 'runaway']),
    operation: count,
    op,
    id: integer,
    sizeBytes: count,
    lastStep: text,
    problem: text,
  }),
  v.strictObject({
    kind: v.literal('unsupported'),
    operation: count,
    verb: v.picklist(CAPABILITIES),
    reason: text,
  }),
  /** It came to its end, but some operation did more than the engine's specification allows. */
  v.strictObject({
    kind: v.literal('exceeded'),
    operation: count,
    verb: v.picklist(BOUND_VERBS),
    problem: text,
  }),
  /** The program that ran the replay died or threw: nothing is known but that. */
  v.strictObject({ kind: v.literal('crashed'), problem: text }),
]);
export type MeasuredOutcome = Shape<typeof outcome>;

const origin = v.variant('kind', [
  v.strictObject({ kind: v.literal('recorded'), format: text }),
  v.strictObject({
    kind: v.literal('synthetic'),
    generator: text,
    parameters,
    seed: integer,
    adaptive: v.boolean(),
  }),
]) satisfies v.GenericSchema<unknown, TraceOrigin>;

/** Files may be older or newer than the registry; a program that names a metric names one that is registered. */
const metrics = v.record(text, v.nullable(metricValue)) as v.GenericSchema<MetricValues>;

const kind = v.strictObject({
  distribution,
  worst: v.array(worstOperation),
  sizeClasses: v.array(sizeClassLatency),
  /** Null when it was not asked for. */
  density: v.nullable(density),
});
export type MeasuredKind = Shape<typeof kind>;

const kinds = v.strictObject({
  alloc: kind,
  free: kind,
  realloc: kind,
  other: kind,
} satisfies Record<OpKind, typeof kind>);

/** A replay under one pricing. */
const pricing = v.strictObject({
  id: text,
  profileSha256: sha256,
  /** sha256 over the cycles of all operations in order, each an unsigned 64-bit little-endian integer. */
  costsSha256: sha256,
  metrics,
  causes,
  kinds,
});
export type MeasuredPricing = Shape<typeof pricing>;

const checkpoints = v.array(checkpoint);

/** What archives hold packed: of a replay, and of its pricings. */
export const PACKABLE: readonly v.GenericSchema[] = [checkpoints, kinds];

export const measuredReplay = v.strictObject({
  engine,
  machine: machineSizes,
  trace: v.strictObject({
    name: text,
    origin,
    /** Identity of the events that were replayed; null when the replay stopped before their end. */
    sha256: v.nullable(sha256),
    events: count,
  }),
  outcome,
  /** Events that reached the engine. */
  operations: count,
  /** Events on objects whose allocation had failed. */
  skippedEvents: count,
  /** Reallocs replayed as allocate, copy and free. */
  emulatedReallocs: count,
  liveObjectsAtEnd: count,
  placementsSha256: sha256,
  metrics,
  events,
  bounds: v.array(observedBound),
  failureCurve: v.array(failurePoint),
  /** At most 256 moments spread over the bytes allocated, the first of maximal held, the first failure, the end. */
  checkpoints,
  /** Null when no allocation failed. */
  firstFailure: v.nullable(firstFailure),
  heapMap: v.nullable(heapMap),
  /** Null where it was not asked for, and where the heap has too many blocks to be kept; once it was not recorded. */
  heapWalk: v.optional(v.nullable(heapWalk), null),
  pricings: v.array(pricing),
});
export type MeasuredReplay = Shape<typeof measuredReplay>;

/** What a replay has that no engine was seen in. */
export const NOTHING_SEEN = {
  operations: 0,
  skippedEvents: 0,
  emulatedReallocs: 0,
  liveObjectsAtEnd: 0,
  placementsSha256: createHash('sha256').digest('hex'),
  metrics: {},
  events: {},
  bounds: [],
  failureCurve: [],
  checkpoints: [],
  firstFailure: null,
  heapMap: null,
  heapWalk: null,
  pricings: [],
} as const satisfies Partial<MeasuredReplay>;

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
