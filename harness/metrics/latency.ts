import * as v from 'valibot';
import type { StreamBatch } from '../machine/stream-batch';
import { CAUSE_COUNT } from '../pricing/costs';
import { LOCK_COUNT, type PricedBatch } from '../pricing/pricing';
import { CostCounter } from './cost-counter';
import { CostDigest } from './cost-digest';
import { costAt, countOf, distributionOf, largestCost, QUANTILES, type Distribution } from './distribution';
import { Largest, type Peak } from './largest';
import { LatencyDensity, type Density } from './latency-density';
import {
  KIND_OF_CODE,
  OP_KINDS,
  SIZE_CLASS_COUNT,
  sizeClassOf,
  sizeClassStart,
  type OpKind,
} from './op-kinds';
import { count, type Shape } from './schema';
import { causeCycles, WorstOperations, type CauseCycles, type WorstOperation } from './worst-operations';

export interface LatencyOptions {
  /** The machine's locks, in the order of their bits. */
  readonly lockNames: readonly string[];
  /** How many of the dearest operations of each kind are kept, at least 1. */
  readonly worstCount: number;
  /** Whether to keep the raster of operation index × cycles. */
  readonly density: boolean;
}

/** Costs of the operations of one kind whose size falls in one class. */
export const sizeClassLatency = v.strictObject({
  sizeBytesFrom: count,
  operations: count,
  cyclesP50: count,
  cyclesP99: count,
  cyclesMax: count,
});
export type SizeClassLatency = Shape<typeof sizeClassLatency>;

export interface KindLatency {
  readonly distribution: Distribution;
  readonly worst: readonly WorstOperation[];
  readonly sizeClasses: readonly SizeClassLatency[];
  readonly density: Density | undefined;
}

export interface LockHold {
  readonly name: string;
  readonly heldCyclesTotal: number;
  /** The operation that held the lock longest; undefined when there was no operation. */
  readonly heldCyclesMax: Peak | undefined;
}

/** What one pricing says of a whole replay. */
export interface LatencySummary {
  readonly costsSha256: string;
  readonly kinds: Readonly<Record<OpKind, KindLatency>>;
  /** Cycles of all operations by cause. */
  readonly causeTotals: CauseCycles;
  readonly locks: readonly LockHold[];
}

/** Records what one pricing says of every operation. */
export class LatencyRecorder {
  private readonly digest = new CostDigest();
  private readonly kinds: readonly KindRecorder[];
  private readonly causeTotals = new Float64Array(CAUSE_COUNT);
  private readonly heldTotals: Float64Array;
  private readonly heldMaxima: readonly Largest[];

  constructor(private readonly options: LatencyOptions) {
    this.kinds = OP_KINDS.map(() => new KindRecorder(options));
    this.heldTotals = new Float64Array(options.lockNames.length);
    this.heldMaxima = options.lockNames.map(() => new Largest());
  }

  /** Takes in the operations that end in a batch. */
  record(batch: StreamBatch, priced: PricedBatch): void {
    const { operationCycles, operationCauses } = priced;
    const { operationCodes, operationBytes, operationIndices, operationCount } = batch;
    this.digest.add(operationCycles, 0, operationCount);
    for (let row = 0; row < operationCount; row++) {
      const cycles = operationCycles[row]!;
      const kind = this.kinds[KIND_OF_CODE[operationCodes[row]!]!]!;
      kind.count(operationIndices[row]!, operationBytes[row]!, cycles);
      kind.worst.offer(batch, row, cycles, operationCauses);
    }
    this.causeTotals.set(priced.causeTotals);
    this.recordLocks(batch, priced.operationHeldCycles);
  }

  finish(): LatencySummary {
    const { lockNames } = this.options;
    const [alloc, free, realloc, other] = this.kinds.map((kind) => kind.finish());
    return {
      costsSha256: this.digest.finish(),
      kinds: { alloc: alloc!, free: free!, realloc: realloc!, other: other! },
      causeTotals: causeCycles(this.causeTotals, 0),
      locks: lockNames.map((name, lock) => ({
        name,
        heldCyclesTotal: this.heldTotals[lock]!,
        heldCyclesMax: this.heldMaxima[lock]!.peak,
      })),
    };
  }

  private recordLocks({ operationCount, operationIndices }: StreamBatch, heldCycles: Float64Array): void {
    for (let lock = 0; lock < this.heldTotals.length; lock++) {
      const maximum = this.heldMaxima[lock]!;
      let total = this.heldTotals[lock]!;
      for (let row = 0; row < operationCount; row++) {
        const held = heldCycles[row * LOCK_COUNT + lock]!;
        total += held;
        maximum.offer(held, operationIndices[row]!);
      }
      this.heldTotals[lock] = total;
    }
  }
}

/** The operations of one kind under one pricing. */
class KindRecorder {
  readonly worst: WorstOperations;
  /** One counter a size class; together they are the distribution of the kind. */
  private readonly counters: (CostCounter | undefined)[] = new Array(SIZE_CLASS_COUNT).fill(undefined);
  private readonly withDensity: boolean;
  private density: LatencyDensity | undefined;

  constructor({ worstCount, density }: LatencyOptions) {
    this.worst = new WorstOperations(worstCount);
    this.withDensity = density;
  }

  count(operation: number, bytes: number, cycles: number): void {
    const sizeClass = sizeClassOf(bytes);
    (this.counters[sizeClass] ??= new CostCounter()).add(cycles);
    if (this.withDensity) {
      (this.density ??= new LatencyDensity()).add(operation, cycles);
    }
  }

  finish(): KindLatency {
    return {
      distribution: distributionOf(this.counters.filter((counter) => counter !== undefined)),
      worst: this.worst.list(),
      sizeClasses: this.counters.flatMap((counter, sizeClass) =>
        counter === undefined ? [] : [latencyOfSizeClass(sizeClass, distributionOf([counter]))],
      ),
      density: this.density?.finish(),
    };
  }
}

function latencyOfSizeClass(sizeClass: number, distribution: Distribution): SizeClassLatency {
  const [median, , p99] = QUANTILES;
  return {
    sizeBytesFrom: sizeClassStart(sizeClass),
    operations: countOf(distribution),
    cyclesP50: costAt(distribution, median)!,
    cyclesP99: costAt(distribution, p99)!,
    cyclesMax: largestCost(distribution)!,
  };
}
