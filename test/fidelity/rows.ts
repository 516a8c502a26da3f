import * as path from 'node:path';
import { causeIndex } from '../../harness/pricing/costs';
import { parsePricing } from '../../harness/pricing/specification';
import type { EngineDefinition } from '../../harness/replay/port';
import { compiled, REDUCTION } from '../allocators/xen/compiled-extras';
import {
  measuredCold,
  measuredCounts,
  measuredTicks,
  type MeasuredCounts,
  type MeasuredTicks,
} from './measured';
import type { PhaseFigures, PricedPhase } from './phase-figures';
import { replayStorm, type Storm } from './storm-replay';

/** Measured and modelled figures side by side, row by row of the measurements. */

const PROFILE = 'zen4-guest-2026';
const CALLGRIND = path.join(__dirname, 'callgrind.yaml');

/** One tick of the guest's clock (2.6 GHz) in cycles of its core (3.66 GHz), and the step in which it moves. */
const CYCLES_PER_TICK = 3.66 / 2.6;
const TICKS_PER_STEP = 26;

/** As many pairs were timed after the eviction of everything. */
const COLD_PAIRS = 60;
/** A storm was run five times over and every operation taken at its least; two runs show what the first one warms. */
const RUNS = 2;
/** Storms whose walks warm the caches for themselves are run once: it is they that take long. */
const LIVE_RUN_ONCE = 10_000;

export interface Compared {
  readonly measured: number;
  readonly modelled: number;
}

export interface FidelityRow extends Pick<
  MeasuredTicks,
  'engine' | 'storm' | 'pages' | 'live' | 'phase' | 'op'
> {
  /** Per operation; only of the storms that callgrind saw. */
  readonly counts?: Readonly<Record<'loads' | 'stores' | 'instructions' | 'l1Misses' | 'llMisses', Compared>>;
  /** In core cycles; the modelled ones as the guest's clock would have shown them. */
  readonly cycles: Readonly<Record<'median' | 'p99' | 'max', Compared>>;
  /** Mean cycles of what the reference did not have: mapping, page tables, clearing. Not part of the others. */
  readonly apartCycles: number;
}

/** A median of an operation after everything was evicted, in core cycles. */
export interface ColdRow {
  readonly engine: string;
  readonly live: number;
  readonly op: 'alloc' | 'free';
  readonly cycles: Compared;
}

export interface Extent {
  readonly liveMax: number;
  /** In storms whose operations walk what all objects leave behind: these take minutes. */
  readonly walkedLiveMax: number;
  readonly coldLiveMax: number;
}

/** What a test has time for, what `npm run fidelity` replays, what the long tests do, and all that was measured. */
export const EXTENTS = {
  short: { liveMax: 1000, walkedLiveMax: 1000, coldLiveMax: 1000 },
  usual: { liveMax: 10_000, walkedLiveMax: 10_000, coldLiveMax: 4000 },
  long: { liveMax: 100_000, walkedLiveMax: 10_000, coldLiveMax: 4000 },
  full: { liveMax: 100_000, walkedLiveMax: 100_000, coldLiveMax: 20_000 },
} as const satisfies Record<string, Extent>;

/** First-fit with 100,000 was measured once, in a contended spell that its own README disowns. */
const isDisowned = ({ storm, live }: MeasuredTicks) => storm === 'fragnd' && live === 100_000;

export interface FidelityOptions {
  /** Hears of every storm before it is replayed. */
  readonly onStorm?: (storm: string) => void;
  /** Other builds of measured engines, by the engine's name: only these are replayed. */
  readonly definitions?: ReadonlyMap<string, EngineDefinition>;
}

/** The rows of `cycles.csv` within the extent. */
export async function fidelityRows(
  extent: Extent,
  { onStorm, definitions }: FidelityOptions = {},
): Promise<readonly FidelityRow[]> {
  const storms = new Map<string, MeasuredTicks[]>();
  for (const row of measuredTicks()) {
    if (definitions?.has(row.engine) === false) {
      continue;
    }
    if (row.live > (isWalked(row) ? extent.walkedLiveMax : extent.liveMax) || isDisowned(row)) {
      continue;
    }
    const name = `${row.engine} ${stormOf(row)} ${row.live}`;
    storms.set(name, [...(storms.get(name) ?? []), row]);
  }
  const rows: FidelityRow[] = [];
  for (const [name, measured] of storms) {
    onStorm?.(name);
    rows.push(...(await stormRows(measured, definitions?.get(measured[0]!.engine))));
  }
  return rows;
}

/** The rows of `cold-cache.csv` within the extent. */
export async function coldRows({ coldLiveMax }: Extent): Promise<readonly ColdRow[]> {
  const rows: ColdRow[] = [];
  for (const measured of measuredCold().filter(({ live }) => live <= coldLiveMax)) {
    const { engine, live } = measured;
    const storm: Storm = { engine, storm: 'half', live, pairs: COLD_PAIRS, drain: false };
    const pricings = [parsePricing(`${PROFILE}@cold`)];
    const phases = await replayStorm(storm, { pricings, fromEvent: live });
    for (const op of ['alloc', 'free'] as const) {
      const modelled = phases.get(`steady ${op}`)!.priced[0]!.percentile(50);
      rows.push({ engine, live, op, cycles: compareTicks(measured[op], modelled) });
    }
  }
  return rows;
}

async function stormRows(
  measured: readonly MeasuredTicks[],
  definition: EngineDefinition | undefined,
): Promise<readonly FidelityRow[]> {
  const first = measured[0]!;
  const mappings = [...new Set(measured.map(({ pages }) => pages))];
  const pricings = mappings.map((pages) => parsePricing(pages === '4K' ? `${PROFILE}/4k` : PROFILE));
  const storm = { ...stormFrom(measured), ...(definition && { definition }) };
  const phases = await replayStorm(storm, {
    pricings: [...pricings, parsePricing(CALLGRIND)],
    ...(first.engine === 'vmalloc' && { whole: parsePricing(PROFILE) }),
    runs: isRunOnce(first) ? 1 : RUNS,
  });
  const counts = measuredCounts().filter(
    ({ engine, storm, live }) => engine === first.engine && storm === first.storm && live === first.live,
  );
  return measured.map((row): FidelityRow => {
    const figures = phases.get(`${row.phase} ${row.op}`)!;
    const priced = figures.priced[mappings.indexOf(row.pages)]!;
    const counted = counts.find(({ phase, op }) => phase === row.phase && op === row.op);
    return {
      ...{ engine: row.engine, storm: row.storm, pages: row.pages },
      ...{ live: row.live, phase: row.phase, op: row.op },
      ...(counted && { counts: compareCounts(counted, figures) }),
      cycles: {
        median: compareTicks(row.median, priced.percentile(50)),
        p99: compareTicks(row.p99, priced.percentile(99)),
        max: compareTicks(row.max, priced.percentile(100)),
      },
      apartCycles: apartCycles(figures, priced),
    };
  });
}

function stormFrom(measured: readonly MeasuredTicks[]): Storm {
  const { engine, live, storm } = measured[0]!;
  return {
    engine,
    live,
    storm: storm === 'near' || storm === 'fixed' ? storm : 'half',
    pairs: measured.find(({ phase }) => phase === 'steady')!.count,
    drain: measured.some(({ phase }) => phase === 'drain'),
  };
}

/** A quieter run of a storm is another measurement of the same. */
function stormOf({ storm }: MeasuredTicks): string {
  return storm.replace('-quiet', '');
}

function isRunOnce(row: MeasuredTicks): boolean {
  return isWalked(row) && row.live >= LIVE_RUN_ONCE;
}

/** First-fit's free list, vmalloc's bitmap. */
function isWalked({ engine, storm }: MeasuredTicks): boolean {
  return (engine === 'xmalloc-first-fit' && storm !== 'near') || engine === 'vmalloc';
}

function compareCounts(measured: MeasuredCounts, figures: PhaseFigures): NonNullable<FidelityRow['counts']> {
  const { operations } = figures;
  const causes = figures.priced.at(-1)!.firstRunCauses;
  const llMisses = causes[causeIndex('dram')]!;
  const l1Misses = causes[causeIndex('l2')]! + llMisses;
  return {
    loads: { measured: measured.loads, modelled: compiled(figures, 'loads', REDUCTION) },
    stores: { measured: measured.stores, modelled: compiled(figures, 'stores', REDUCTION) },
    instructions: { measured: measured.instructions, modelled: figures.instructions / operations },
    l1Misses: { measured: measured.l1Misses, modelled: l1Misses / operations },
    llMisses: { measured: measured.llMisses, modelled: llMisses / operations },
  };
}

function compareTicks(ticks: number, modelledCycles: number): Compared {
  const steps = Math.max(Math.round(modelledCycles / CYCLES_PER_TICK / TICKS_PER_STEP), 1);
  return {
    measured: Math.round(ticks * CYCLES_PER_TICK),
    modelled: Math.round(steps * TICKS_PER_STEP * CYCLES_PER_TICK),
  };
}

function apartCycles({ wholeCycles, operations }: PhaseFigures, priced: PricedPhase): number {
  return wholeCycles === 0 ? 0 : Math.round((wholeCycles - priced.sumOfLastRun) / operations);
}
