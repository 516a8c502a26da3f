import type { OpName, Trace } from '../../traces/trace';
import type { AccessStream } from '../machine/access-stream';
import { Pricing } from '../pricing/pricing';
import type { PricingSpecification } from '../pricing/specification';
import type { Outcome } from '../replay/outcome';
import { spoiltOutcome, type MakeStack } from '../replay/payload-writer';
import {
  repeatable,
  replay,
  type ReplayObserver,
  type ReplayOptions,
  type ReplayReport,
} from '../replay/replay';
import type { EngineDefinition } from '../replay/port';
import type { Stack } from '../replay/stack';
import { observedBounds } from './bounds';
import { CheckpointSurveyor, type Checkpoint, type RecentOperation } from './checkpoints';
import { FootprintRecorder, type FootprintSummary } from './footprint';
import { failureCurve } from './fragmentation';
import type { HeapMap } from './heap-map';
import { HeapWalkRecorder, type HeapWalk } from './heap-walk';
import { LatencyRecorder, type LatencySummary } from './latency';
import {
  outcomeWithin,
  type MeasuredKind,
  type MeasuredOutcome,
  type MeasuredPricing,
  type MeasuredReplay,
} from './measured-replay';
import { readMetrics } from './metric';
import { OP_KINDS } from './op-kinds';
import { PRICING_METRICS, REPLAY_METRICS } from './registry';
import { TimelineRecorder } from './timeline';
import { WorkRecorder, type WorkSummary } from './work';

/** What is to be measured, and how closely. */
export interface MeasurementPlan {
  readonly trace: Trace;
  /**
   * Makes the engine on a fresh machine with this drain; called once a pass. Throws a `UsageError` for bad options.
   */
  readonly createStack: MakeStack;
  readonly pricings: readonly PricingSpecification[];
  /** How many of the dearest operations of each kind are kept; 10 by default. */
  readonly worstCount?: number;
  /** Whether to survey the heap at the checkpoints, which takes a second, unpriced pass; true by default. */
  readonly survey?: boolean;
  /** Whether to keep the rasters that pictures are drawn from (latency density, heap map); true by default. */
  readonly pictures?: boolean;
  /** More observers of the first pass. */
  readonly observers?: readonly ReplayObserver[];
  /** Options of the first pass; those that a replay depends on hold for all. */
  readonly replay?: ReplayOptions;
}

const WORST_COUNT_DEFAULT = 10;

/** An engine did not do the same twice. */
export class NotDeterministic extends Error {
  override readonly name = 'NotDeterministic';
}

/**
 * Replays a trace once with every pricing and recorder, then once more without any price to survey the heap at the
 * moments that the first pass found to matter. Rejects with an `InputError` when the trace is malformed, and with
 * `NotDeterministic` when the two passes differ.
 */
export async function measure(plan: MeasurementPlan): Promise<MeasuredReplay> {
  const first = await recordPass(plan);
  const { report, footprint } = first;
  const firstFailure = report.outcome.kind === 'ok' ? report.outcome.firstFailureIndex : undefined;
  const surveyed =
    (plan.survey ?? true) && footprint !== undefined && report.outcome.kind !== 'unsupported'
      ? await surveyPass(plan, first, footprint, firstFailure)
      : unsurveyed(first.checkpoints);
  const facts = { report, footprint, work: first.work, checkpoints: surveyed.checkpoints };
  const surveys = surveyed.checkpoints.flatMap(({ survey }) => (survey === null ? [] : [survey]));
  const { definition, options, machine } = first.stack;
  const outcome = await spoiltOutcome(plan, report);
  const bounds = observedBounds(definition.bounds, first.work);
  return {
    engine: {
      name: definition.name,
      version: definition.version,
      options,
      ...buildOf(definition),
    },
    machine: { heapPages: machine.heapPages, virtualPages: machine.virtualPages },
    trace: { ...plan.trace.header, sha256: report.traceSha256 ?? null, events: report.events },
    outcome: outcomeWithin(measuredOutcome(outcome), bounds),
    operations: report.operations,
    skippedEvents: report.skippedEvents,
    emulatedReallocs: report.emulatedReallocs,
    liveObjectsAtEnd: report.liveObjectsAtEnd,
    placementsSha256: report.placementsSha256,
    metrics: readMetrics(REPLAY_METRICS, facts),
    events: first.work.events,
    bounds,
    failureCurve: failureCurve(surveys),
    checkpoints: surveyed.checkpoints,
    firstFailure:
      firstFailure === undefined
        ? null
        : { operation: firstFailure, recentOperations: surveyed.beforeFailure },
    heapMap: surveyed.heapMap,
    heapWalk: surveyed.heapWalk,
    pricings: first.pricings,
  };
}

function buildOf({ foreign }: EngineDefinition): Pick<MeasuredReplay['engine'], 'build'> {
  if (foreign === undefined) {
    return {};
  }
  const { moduleSha256, abi, compiler, flags, sources } = foreign;
  return { build: { moduleSha256, abi, compiler, flags: [...flags], sources: { ...sources } } };
}

interface FirstPass {
  readonly stack: Stack;
  readonly report: ReplayReport;
  readonly footprint: FootprintSummary | undefined;
  readonly work: WorkSummary;
  /** Not surveyed yet. */
  readonly checkpoints: readonly Checkpoint[];
  readonly pricings: readonly MeasuredPricing[];
}

async function recordPass(plan: MeasurementPlan): Promise<FirstPass> {
  const footprint = new FootprintRecorder();
  const timeline = new TimelineRecorder();
  const work = new WorkRecorder();
  let priced: readonly PricedRecorder[] = [];
  const drain = (batch: AccessStream): void => {
    work.record(batch);
    for (const each of priced) {
      each.pricing.price(batch);
      each.recorder.record(batch, each.pricing);
    }
  };
  const stack = plan.createStack({ drain });
  const lockNames = stack.machine.locks.list().map(({ name }) => name);
  priced = plan.pricings.map((specification) => ({
    pricing: new Pricing(specification),
    recorder: new LatencyRecorder({
      lockNames,
      worstCount: plan.worstCount ?? WORST_COUNT_DEFAULT,
      density: plan.pictures ?? true,
    }),
  }));
  const observers = [footprint, timeline, ...(plan.observers ?? [])];
  const report = await replay(plan.trace, stack, observers, plan.replay);
  return {
    stack,
    report,
    footprint: footprint.finish(),
    work: work.finish(),
    checkpoints: timeline.finish().map((moment) => ({ ...moment, survey: null })),
    pricings: priced.map(({ pricing, recorder }) => measuredPricing(pricing, recorder.finish())),
  };
}

interface PricedRecorder {
  readonly pricing: Pricing;
  readonly recorder: LatencyRecorder;
}

function operationsToSurvey(
  { checkpoints }: FirstPass,
  footprint: FootprintSummary,
  firstFailure: number | undefined,
): number[] {
  const operations = new Set(checkpoints.map(({ operation }) => operation));
  operations.add(footprint.atHeldPeak.operation);
  operations.add(footprint.atEnd.operation);
  if (firstFailure !== undefined) {
    operations.add(firstFailure);
  }
  return [...operations].sort((a, b) => a - b);
}

/** What a reader wants to see the heap at: the peak, the end, a failure, around the worst operations. */
function extremes(
  { pricings }: FirstPass,
  footprint: FootprintSummary,
  firstFailure: number | undefined,
): number[] {
  const worst = pricings.flatMap(({ kinds }) =>
    Object.values(kinds).flatMap((kind) => kind.worst.slice(0, 1).map(({ operation }) => operation)),
  );
  return [
    footprint.atHeldPeak.operation,
    footprint.atEnd.operation,
    ...(firstFailure === undefined ? [] : [firstFailure]),
    ...worst.flatMap((operation) => [operation - 1, operation]),
  ];
}

interface Surveyed {
  readonly checkpoints: readonly Checkpoint[];
  readonly beforeFailure: readonly RecentOperation[];
  readonly heapMap: HeapMap | null;
  readonly heapWalk: HeapWalk | null;
}

function unsurveyed(checkpoints: readonly Checkpoint[]): Surveyed {
  return { checkpoints, beforeFailure: [], heapMap: null, heapWalk: null };
}

async function surveyPass(
  plan: MeasurementPlan,
  first: FirstPass,
  footprint: FootprintSummary,
  firstFailure: number | undefined,
): Promise<Surveyed> {
  const pictures = plan.pictures ?? true;
  const surveyor = new CheckpointSurveyor(operationsToSurvey(first, footprint, firstFailure), firstFailure);
  const walker = new HeapWalkRecorder(new Set(extremes(first, footprint, firstFailure)));
  const stack = plan.createStack({});
  const observers = pictures ? [surveyor, walker] : [surveyor];
  const { progress } = plan.replay ?? {};
  const report = await replay(plan.trace, stack, observers, {
    ...repeatable(plan.replay),
    ...(progress !== undefined && { progress: (events) => progress(first.report.events + events) }),
  });
  if (report.placementsSha256 !== first.report.placementsSha256) {
    throw new NotDeterministic(
      `${stack.definition.name} placed differently when the same trace was replayed again`,
    );
  }
  const { checkpoints, beforeFailure, heapMap } = surveyor.finish();
  return {
    checkpoints,
    beforeFailure,
    heapMap: pictures ? heapMap : null,
    heapWalk: pictures ? walker.finish() : null,
  };
}

function measuredPricing(pricing: Pricing, summary: LatencySummary): MeasuredPricing {
  const kinds = Object.fromEntries(
    OP_KINDS.map((kind): [string, MeasuredKind] => {
      const { distribution, worst, sizeClasses, density } = summary.kinds[kind];
      return [kind, { distribution, worst, sizeClasses, density: density ?? null }];
    }),
  );
  return {
    id: pricing.id,
    profileSha256: pricing.profileSha256,
    costsSha256: summary.costsSha256,
    metrics: readMetrics(PRICING_METRICS, summary),
    causes: summary.causeTotals,
    kinds: kinds as MeasuredPricing['kinds'],
  };
}

function measuredOutcome(outcome: Outcome): MeasuredOutcome {
  switch (outcome.kind) {
    case 'ok':
      return {
        kind: 'ok',
        failedAllocations: outcome.failedAllocations,
        firstFailureOperation: outcome.firstFailureIndex ?? null,
      };
    case 'unsupported':
      return {
        kind: 'unsupported',
        operation: outcome.index,
        verb: outcome.verb,
        reason: outcome.reason,
      };
    default:
      return {
        kind: outcome.kind,
        operation: outcome.index,
        op: outcome.op as OpName,
        id: outcome.id,
        sizeBytes: outcome.sizeBytes,
        lastStep: outcome.lastStep,
        problem: outcome.problem,
      };
  }
}
