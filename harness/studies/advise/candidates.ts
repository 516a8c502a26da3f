import { isBlock, type Trace } from '../../../traces/trace';
import type { AccessStream } from '../../machine/access-stream';
import { PRICED } from '../../machine/domain-events';
import type { MachineOptions } from '../../machine/machine';
import { PAGE_BYTES } from '../../machine/memory-layout';
import { measure } from '../../metrics/measurement';
import type { MeasuredOutcome, MeasuredReplay } from '../../metrics/measured-replay';
import { OP_KINDS } from '../../metrics/op-kinds';
import { parsePricing } from '../../pricing/specification';
import type { Outcome } from '../../replay/outcome';
import type { EngineDefinition } from '../../replay/port';
import { replay } from '../../replay/replay';
import { createStack, type Stack } from '../../replay/stack';
import { ENGINE_OF, type Allocator } from './rubric';

/** What it costs to serve a site with an allocator: the site's own events, replayed on an engine of its own. */

export interface Figures {
  readonly heldBytesPeak: number;
  /** Held and not asked for, when most is held. */
  readonly wastedBytes: number;
  /** Of these, within the blocks that were granted: headers and rounding. */
  readonly wastedInBlocksBytes: number;
  readonly cyclesWorst: number;
  readonly cyclesTotal: number;
  readonly pagesMapped: number;
  readonly pagesUnmapped: number;
  readonly failedAllocations: number;
  /** Failures in a heap of which every second page is taken; null where that was not tried. */
  readonly failedWhenFragmented: number | null;
}

/** What the machines of the replays have; who watches them is ours to say. */
export type MachineSizes = Omit<MachineOptions, 'drain' | 'observer'>;

export interface CandidateSettings {
  readonly pricing: string;
  readonly machine: MachineSizes;
  /** Whether to replay in a fragmented heap too. */
  readonly fragmented: boolean;
  engineNamed(name: string): EngineDefinition;
}

/** The figures, or why the replay ended before its end. */
export type Replayed =
  { readonly kind: 'ok'; readonly figures: Figures } | { readonly kind: 'stopped'; readonly reason: string };

export async function replayOn(
  allocator: Allocator,
  trace: Trace,
  settings: CandidateSettings,
): Promise<Replayed> {
  const mapped = { maps: 0, unmaps: 0 };
  const measured = await measure({
    trace,
    pricings: [parsePricing(settings.pricing)],
    createStack: ({ drain }) =>
      stackOf(allocator, settings, (batch) => {
        countMaps(batch, mapped);
        drain?.(batch);
      }),
    survey: false,
    pictures: false,
    worstCount: 1,
  });
  if (measured.outcome.kind !== 'ok') {
    return { kind: 'stopped', reason: reasonOf(measured.outcome) };
  }
  const figures = figuresOf(measured, mapped);
  if (!settings.fragmented) {
    return { kind: 'ok', figures: { ...figures, failedWhenFragmented: null } };
  }
  const outcome = await replayInFragments(allocator, trace, withEnough(settings, figures.heldBytesPeak));
  return outcome.kind === 'ok'
    ? { kind: 'ok', figures: { ...figures, failedWhenFragmented: outcome.failedAllocations } }
    : { kind: 'stopped', reason: `in a fragmented heap, ${reasonOf(outcome)}` };
}

/** A heap in fragments has twice the pages that are needed, and again as many; to fragment more takes time only. */
function withEnough(settings: CandidateSettings, heldBytesPeak: number): CandidateSettings {
  const { machine } = settings;
  const heapPages = Math.min(
    machine.heapPages,
    FRAGMENTED_PAGES_MIN + 4 * Math.ceil(heldBytesPeak / PAGE_BYTES),
  );
  return { ...settings, machine: { ...machine, heapPages } };
}

/** What an engine sets up before anything is held: pools, tables. */
const FRAGMENTED_PAGES_MIN = 1024;

function stackOf(
  allocator: Allocator,
  { engineNamed, machine }: CandidateSettings,
  drain?: (batch: AccessStream) => void,
): Stack {
  const definition = engineNamed(ENGINE_OF[allocator]);
  return createStack(definition, {}, { ...machine, ...(drain && { drain }) }, engineNamed);
}

function countMaps(batch: AccessStream, mapped: { maps: number; unmaps: number }): void {
  for (let segment = 0; segment < batch.segmentCount; segment++) {
    mapped.maps += batch.segmentPriced[PRICED.maps]![segment]!;
    mapped.unmaps += batch.segmentPriced[PRICED.unmaps]![segment]!;
  }
}

function figuresOf(
  { metrics, pricings, outcome }: MeasuredReplay,
  mapped: { maps: number; unmaps: number },
): Omit<Figures, 'failedWhenFragmented'> {
  const [pricing] = pricings;
  const worst = OP_KINDS.map((kind) => pricing?.metrics[`${kind}.cycles.max`]?.value ?? 0);
  return {
    heldBytesPeak: metrics['held.bytes.peak']?.value ?? 0,
    wastedBytes: metrics['waste.peak']?.ratio?.[0] ?? 0,
    wastedInBlocksBytes: metrics['waste.internal.peak']?.ratio?.[0] ?? 0,
    cyclesWorst: Math.max(...worst),
    cyclesTotal: pricing?.metrics['cycles.total']?.value ?? 0,
    pagesMapped: mapped.maps,
    pagesUnmapped: mapped.unmaps,
    failedAllocations: outcome.kind === 'ok' ? outcome.failedAllocations : 0,
  };
}

/** The site's events in a heap of which every second page is taken. */
async function replayInFragments(
  allocator: Allocator,
  trace: Trace,
  settings: CandidateSettings,
): Promise<Outcome> {
  const stack = stackOf(allocator, settings);
  stack.machine.stream.unrecorded(() => {
    // What an engine sets up at its first call was set up long before memory came to be fragmented.
    const first = stack.engine.allocate(PAGE_BYTES / 2, 0);
    if (isBlock(first)) {
      stack.engine.free(first, PAGE_BYTES / 2, 0);
    }
    takeEverySecondPage(stack);
  });
  return (await replay(trace, stack, [])).outcome;
}

function takeEverySecondPage({ machine }: Stack): void {
  const source = machine.pageSource;
  if (source === undefined) {
    return;
  }
  const taken: number[] = [];
  for (let page = source.take(0); page !== 0; page = source.take(0)) {
    taken.push(page);
  }
  for (const page of taken) {
    if ((page / PAGE_BYTES) % 2 === 1) {
      source.give(page, 0);
    }
  }
}

type Stopped = Exclude<MeasuredOutcome | Outcome, { kind: 'ok' }>;

function reasonOf(outcome: Stopped): string {
  return outcome.kind === 'unsupported' ? outcome.reason : `${outcome.kind}: ${outcome.problem}`;
}
