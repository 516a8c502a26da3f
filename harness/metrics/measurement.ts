import type { OpName, Trace } from '../../traces/trace';
import type { Pricing } from '../pricing/pricing';
import type { PricingSpecification } from '../pricing/specification';
import type { Outcome } from '../replay/outcome';
import { spoiltOutcome, type MakeStack } from '../replay/payload-writer';
import { replay, type ReplayObserver, type ReplayOptions, type ReplayReport } from '../replay/replay';
import type { EngineDefinition } from '../replay/port';
import type { Stack } from '../replay/stack';
import { BatchRecorder, type RecordingPlan } from './batch-recorder';
import { observedBounds } from './bounds';
import type { Checkpoint, RecentOperation } from './checkpoints';
import { FootprintRecorder, type FootprintMoment, type FootprintSummary } from './footprint';
import { failureCurve } from './fragmentation';
import { HeapMapRecorder, type HeapMap } from './heap-map';
import { HeapHistory } from './heap-history';
import type { HeapWalk } from './heap-walk';
import {
  outcomeWithin,
  type MeasuredOutcome,
  type MeasuredPricing,
  type MeasuredReplay,
} from './measured-replay';
import { readMetrics } from './metric';
import { REPLAY_METRICS } from './registry';
import { expectSameAgain, OperationTrail } from './repetition';
import { RecordingThread, type ThreadAhead } from './recording-thread';
import { lookAgain, type LookedFor, type SecondLook } from './second-look';
import { Sightings } from './sightings';
import { expectationOf, TimelineRecorder, type Expectation } from './timeline';
import type { WorkSummary } from './work';

/** What is to be measured, and how closely. */
export interface MeasurementPlan {
  readonly trace: Trace;
  /**
   * Makes the engine on a fresh machine with this drain; called once a pass. Throws a `UsageError` for bad options.
   */
  readonly createStack: MakeStack;
  readonly pricings: readonly PricingSpecification[];
  /** Where a pricing comes from that has priced nothing yet, or starts again: a new one by default. */
  readonly pricingBy?: (specification: PricingSpecification) => Pricing;
  /** How many of the dearest operations of each kind are kept; 10 by default. */
  readonly worstCount?: number;
  /** Whether to survey the heap at the checkpoints, which takes a second, unpriced pass; true by default. */
  readonly survey?: boolean;
  /** Whether another thread may price meanwhile; no by default. */
  readonly pricesBeside?: boolean;
  /** That thread, where it was started ahead. */
  readonly thread?: ThreadAhead;
  /** Whether to keep the rasters that pictures are drawn from (latency density, heap map); true by default. */
  readonly pictures?: boolean;
  /** Whether to replay once more to see that the engine does the same again; no by default. */
  readonly again?: boolean;
  /** More observers of the first pass. */
  readonly observers?: readonly ReplayObserver[];
  /** Options of the first pass; those that a replay depends on hold for all. */
  readonly replay?: ReplayOptions;
}

const WORST_COUNT_DEFAULT = 10;

/**
 * Replays a trace once with every pricing and recorder. The heap is seen as it goes, or afterwards where it is come
 * back to in any case; where moments matter that nobody saw and memory was not kept, in another replay, bare, as far
 * as the last of them. Rejects with an `InputError` when the trace is malformed, and with `NotDeterministic` when the
 * two passes differ.
 */
export async function measure(plan: MeasurementPlan): Promise<MeasuredReplay> {
  const trail = plan.again === true ? new OperationTrail() : undefined;
  const first = await recordPass(plan, trail);
  const { report, footprint } = first;
  // A runaway took long enough, and is a failure in any case.
  if (trail !== undefined && report.outcome.kind !== 'runaway') {
    await expectSameAgain(plan, trail, report.outcome);
  }
  const firstFailure = report.outcome.kind === 'ok' ? report.outcome.firstFailureIndex : undefined;
  const surveyed =
    (plan.survey ?? true) && footprint !== undefined && report.outcome.kind !== 'unsupported'
      ? await survey(plan, first, footprint, firstFailure)
      : unsurveyed(first.moments);
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
  readonly moments: readonly FootprintMoment[];
  /** Undefined where no survey is wanted. */
  readonly sightings: Sightings | undefined;
  /** Undefined where no walk is foreseen, and of an engine whose memory cannot be put back. */
  readonly history: HeapHistory | undefined;
  readonly pricings: readonly MeasuredPricing[];
}

async function recordPass(plan: MeasurementPlan, trail: OperationTrail | undefined): Promise<FirstPass> {
  const expected = (plan.survey ?? true) ? await expectationOf(plan.trace) : undefined;
  const footprint = new FootprintRecorder();
  const timeline = new TimelineRecorder();
  const recorder: { current?: BatchRecorder | RecordingThread } = {};
  const eventsWalked = (plan.pictures ?? true) ? walkedEvents(expected) : 0;
  const stack = plan.createStack({
    keepsPast: eventsWalked > 0,
    drain: (batch) => {
      trail?.record(batch);
      recorder.current?.record(batch);
    },
  });
  const past = stack.engine.past ?? stack.machine.past;
  // Where every moment is come back to for the pictures, there is time for the surveys.
  const sightings =
    expected &&
    (eventsWalked > 0
      ? new Sightings([], Infinity)
      : new Sightings(expected.moments, heldBytesPeakMin(expected, stack)));
  const history = past && new HeapHistory(stack, past, eventsWalked);
  const recording: RecordingPlan = {
    pricings: plan.pricings,
    lockNames: stack.machine.locks.list().map(({ name }) => name),
    worstCount: plan.worstCount ?? WORST_COUNT_DEFAULT,
    density: plan.pictures ?? true,
  };
  const isBeside = plan.pricesBeside === true;
  const { placementsForm } = stack.definition;
  const thread = isBeside
    ? new RecordingThread(
        { ...recording, placementsForm, identityTask: plan.trace.identityTask?.() },
        expected?.events,
        plan.thread,
      )
    : undefined;
  recorder.current = thread ?? new BatchRecorder(recording, plan.pricingBy);
  const observers = [
    ...[footprint, timeline],
    ...(sightings === undefined ? [] : [sightings]),
    ...(history === undefined ? [] : [history]),
    ...(plan.observers ?? []),
  ];
  try {
    const report = await replay(plan.trace, stack, observers, {
      ...plan.replay,
      ...(thread !== undefined && { digests: thread }),
    });
    const recorded = recorder.current.finish();
    const summary = footprint.finish();
    if (report.outcome.kind === 'ok' && summary !== undefined) {
      sightings?.seeEnd(summary.atEnd.operation, stack);
    }
    return {
      stack,
      report,
      footprint: summary,
      ...(await recorded),
      moments: timeline.finish(),
      sightings,
      history,
    };
  } catch (error) {
    await thread?.stop();
    throw error;
  }
}

/** What is live is held as well; on a heap that may be too small for it allocations may fail before. */
function heldBytesPeakMin({ liveBytesMax }: Expectation, { machine }: Stack): number {
  return liveBytesMax <= machine.layout.heapBytes / 2 ? liveBytesMax : 0;
}

/** The moments to survey: the checkpoints, the first of maximal held, the first failure, the end. */
function momentsToSurvey(
  { moments, sightings }: FirstPass,
  { atHeldPeak, atEnd }: FootprintSummary,
  firstFailure: number | undefined,
): FootprintMoment[] {
  const failed = firstFailure === undefined ? [] : [sightings!.failure!.moment];
  const wanted = new Map(
    [...moments, atHeldPeak, atEnd, ...failed].map((moment) => [moment.operation, moment]),
  );
  return [...wanted.values()].sort((a, b) => a.operation - b.operation);
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

function unsurveyed(moments: readonly FootprintMoment[]): Surveyed {
  const checkpoints = moments.map((moment) => ({ ...moment, survey: null }));
  return { checkpoints, beforeFailure: [], heapMap: null, heapWalk: null };
}

async function survey(
  plan: MeasurementPlan,
  first: FirstPass,
  footprint: FootprintSummary,
  firstFailure: number | undefined,
): Promise<Surveyed> {
  const pictures = plan.pictures ?? true;
  const sightings = first.sightings!;
  const moments = momentsToSurvey(first, footprint, firstFailure);
  const missing = moments.filter(({ operation }) => sightings.after(operation) === undefined);
  const isWalked = pictures && isWorthWalking(moments, footprint.atEnd.operation);
  const lastOperation = footprint.atEnd.operation;
  const wanted: LookedFor = {
    operations: missing.map(({ operation }) => operation),
    walkAt: isWalked ? new Set(extremes(first, footprint, firstFailure)) : undefined,
    lastOperation,
  };
  const second = missing.length > 0 || isWalked ? await lookBack(plan, first, wanted) : undefined;
  const heapMap = new HeapMapRecorder();
  const checkpoints = moments.map((moment): Checkpoint => {
    const sight = sightings.after(moment.operation) ?? second?.sights.get(moment.operation) ?? null;
    if (sight !== null) {
      heapMap.add(sight.column);
    }
    return { ...moment, survey: sight?.survey ?? null };
  });
  return {
    checkpoints,
    beforeFailure: firstFailure === undefined ? [] : sightings.failure!.before,
    heapMap: pictures ? heapMap.finish() : null,
    heapWalk: second?.heapWalk ?? null,
  };
}

/** On the memory as it was, or where that was not kept in another pass. */
function lookBack(
  plan: MeasurementPlan,
  { history, report, sightings }: FirstPass,
  wanted: LookedFor,
): SecondLook | Promise<SecondLook> {
  return history?.isWhole === true
    ? history.lookBack(wanted)
    : lookAgain(plan, { ...wanted, outcomeKind: report.outcome.kind, trail: sightings!.trail });
}

/**
 * A walk of every block costs a second pass, and pays where its moments can be kept: of a heap of many objects that
 * come and go for long, hardly two can.
 */
function isWorthWalking(moments: readonly FootprintMoment[], lastOperation: number): boolean {
  const liveObjectsMax = Math.max(...moments.map(({ liveObjects }) => liveObjects));
  return lastOperation < WALKED_EVENTS_MAX || liveObjectsMax <= WALKED_OBJECTS_MAX;
}

/** How many events a walk of every block is foreseen for; 0 where it is not. */
function walkedEvents(expected: Expectation | undefined): number {
  return expected === undefined || expected.events > WALKED_EVENTS_MAX ? 0 : expected.events;
}

const WALKED_EVENTS_MAX = 1 << 19;
const WALKED_OBJECTS_MAX = 1 << 12;

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
