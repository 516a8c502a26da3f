import { createHash } from 'node:crypto';
import type { OpName } from '../../../traces/trace';
import { WORK_METRICS } from '../../metrics/event-metrics';
import type { LatencySummary } from '../../metrics/latency';
import {
  NOTHING_SEEN,
  type MeasuredKind,
  type MeasuredPricing,
  type MeasuredReplay,
} from '../../metrics/measured-replay';
import { readMetrics } from '../../metrics/metric';
import { OP_KINDS, type OpKind } from '../../metrics/op-kinds';
import { PRICING_METRICS } from '../../metrics/registry';
import type { KindWork } from '../../metrics/work';
import type { WorstOperation } from '../../metrics/worst-operations';
import { ADDRESS_TRACE } from '../../results/results';
import { UNMARKED, type AddressPricer, type PricedAddresses, type PricedKind } from './address-pricer';

/**
 * A real program's operations as replays, so that they are compared and followed like those of an engine: every kind
 * of operation is one. What an address trace does not tell (sizes, placements, the heap) is left out, or is that of
 * nothing.
 */

/** What stands where an engine's name does. */
const PROGRAM = { name: 'program', version: 1, options: {} } as const;

const NO_WORK: KindWork = {
  operations: 0,
  accessesTotal: 0,
  accessesMax: undefined,
  instructionsTotal: 0,
  instructionsMax: undefined,
};
const NOTHING: MeasuredKind = {
  distribution: { costs: [], counts: [] },
  worst: [],
  sizeClasses: [],
  density: null,
};

/** Of a pricer that has finished; `trace` is what its trace is called. */
export function pricedReplays(
  trace: string,
  pricings: readonly PricedAddresses[],
  pricer: AddressPricer,
): MeasuredReplay[] {
  const asked = pricer.askedSha256();
  const works = [...pricer.work];
  return works
    .filter(([kind]) => kind !== UNMARKED || works.length === 1)
    .map(([kind, work]) => ({
      engine: PROGRAM,
      machine: { heapPages: 0, virtualPages: 0 },
      trace: {
        name: `${trace}: ${kind}`,
        origin: { kind: 'recorded', format: ADDRESS_TRACE },
        sha256: createHash('sha256').update(`${asked}\n${kind}\n`).digest('hex'),
        events: work.operations,
      },
      outcome: { kind: 'ok', failedAllocations: 0, firstFailureOperation: null },
      ...NOTHING_SEEN,
      operations: work.operations,
      metrics: readMetrics(WORK_METRICS, {
        work: {
          kinds: { ...allKinds(NO_WORK), [opKindOf(kind)]: work },
          events: {},
          searchStepsMax: undefined,
        },
      }),
      pricings: pricings.map((pricing) => pricingOf(kind, pricing)),
    }));
}

function pricingOf(kind: string, { pricing, profileSha256, kinds, worst }: PricedAddresses): MeasuredPricing {
  const priced = kinds.find((each) => each.kind === kind)!;
  const latency = latencyOf(priced, worst);
  const summary: LatencySummary = {
    costsSha256: priced.costsSha256,
    kinds: { ...allKinds({ ...NOTHING, density: undefined }), [opKindOf(kind)]: latency },
    causeTotals: priced.causes,
    locks: [],
  };
  return {
    id: pricing,
    profileSha256,
    costsSha256: priced.costsSha256,
    metrics: readMetrics(PRICING_METRICS, summary),
    causes: priced.causes,
    kinds: { ...allKinds(NOTHING), [opKindOf(kind)]: { ...latency, density: null } },
  };
}

function latencyOf({ kind, distribution }: PricedKind, worst: PricedAddresses['worst']) {
  const own = worst.filter((each) => each.kind === kind);
  return {
    distribution,
    worst: own.map(({ operation, cycles, causes }): WorstOperation => ({
      operation,
      op: opOf(kind),
      id: operation,
      sizeBytes: 0,
      alignBytes: 0,
      cycles,
      causes,
      events: {},
    })),
    sizeClasses: [],
    density: undefined,
  };
}

/** Operations of an allocator are what they are called; whatever else a program does is another. */
const opKindOf = (kind: string): OpKind => OP_KINDS.find((each) => each === kind) ?? 'other';

const opOf = (kind: string): OpName => {
  const known = opKindOf(kind);
  return known === 'other' ? 'use' : known;
};

const allKinds = <Value>(value: Value): Record<OpKind, Value> => ({
  alloc: value,
  free: value,
  realloc: value,
  other: value,
});
