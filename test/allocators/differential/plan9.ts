import * as fc from 'fast-check';
import {
  formatPlan9VectorRow,
  PLAN9_VECTOR_HEADER,
  plan9VectorOptions,
  Plan9VectorRun,
  readPlan9Vector,
  type Plan9VectorOperation,
} from '../../../allocators/plan9/vectors';
import { engineNamed } from '../../../allocators/registry';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { EventColumns } from '../../../traces/columns';
import { OP, TraceEvent, type OpName, type Trace } from '../../../traces/trace';
import { Replayed } from '../plan9/witness/replayed';
import { Unending } from '../plan9/witness/region';
import { settingsOf } from '../plan9/witness/layout';
import { Testimony, asDescribed } from '../plan9/witness/vectors';
import type { FuzzFigures } from './xen';

/** Plan 9's pool against its witness: address, size, events, counters and hashes, under every option. */

interface Case {
  readonly layout: string;
  readonly config: string;
}

/** A row of a vector trace whose object is still to be picked, by number, from those there were. */
interface Step {
  readonly op:
    | 'alloc'
    | 'alignedalloc'
    | 'free'
    | 'stale'
    | 'realloc'
    | 'msize'
    | 'compact'
    | 'check'
    | 'checkObject'
    | 'peek'
    | 'fill'
    | 'overrun'
    | 'sweep';
  readonly pick: number;
  readonly size: number;
  readonly align: number;
  readonly offset: number;
  readonly span: number;
}

const around = (borders: fc.Arbitrary<number>, most: number): fc.Arbitrary<number> =>
  fc.tuple(borders, fc.integer({ min: -most, max: most })).map(([border, off]) => Math.max(0, border + off));
const powers = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max }).map((exponent) => 2 ** exponent);

const SIZES = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 10_000 }) },
  { weight: 3, arbitrary: around(powers(3, 17), 20) },
);

/** Up to what a word of 32 bits holds; half a gigabyte is more than there is. */
const LARGE_SIZES = fc.oneof(
  around(powers(13, 16), 70),
  around(powers(29, 31), 70),
  fc.nat(70).map((less) => 2 ** 32 - 1 - less),
  fc
    .tuple(powers(3, 17), fc.integer({ min: -40, max: 300 }))
    .map(([align, off]) => Math.min(2 ** 32 - 1, 2 ** 32 - align + off)),
);

const ALIGNS = fc.oneof(
  { weight: 4, arbitrary: powers(0, 13) },
  { weight: 2, arbitrary: fc.constantFrom(0, 3, 24, 48, 100, 1000, 6144, 65_536) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 20, 2 ** 31, 2 ** 32 - 4096) },
);

const OFFSETS = fc.oneof(
  fc.constantFrom(0, 0, 1, 4, 8, -8, 16, 32, 64, -64, 4096),
  fc.integer({ min: -9000, max: 9000 }),
);

const SPANS = fc.constantFrom(0, 0, 0, 16, 64, 128, 1024, 4096, 8192, 16_384);

const PICK = { pick: fc.nat(1000) };
const NONE = { size: fc.constant(0), align: fc.constant(0), offset: fc.constant(0), span: fc.constant(0) };

const step = (op: Step['op'], fields: Partial<{ [Field in keyof Step]: fc.Arbitrary<Step[Field]> }> = {}) =>
  fc.record({ op: fc.constant(op), ...PICK, ...NONE, ...fields }) as fc.Arbitrary<Step>;

const ALIGNED = { align: ALIGNS, offset: OFFSETS, span: SPANS };

const STEPS: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: step('alloc', { size: SIZES }) },
  { weight: 1, arbitrary: step('alloc', { size: LARGE_SIZES }) },
  { weight: 6, arbitrary: step('alignedalloc', { size: SIZES, ...ALIGNED }) },
  { weight: 1, arbitrary: step('alignedalloc', { size: LARGE_SIZES, ...ALIGNED }) },
  { weight: 12, arbitrary: step('free') },
  { weight: 6, arbitrary: step('realloc', { size: SIZES }) },
  { weight: 1, arbitrary: step('realloc', { size: LARGE_SIZES }) },
  { weight: 2, arbitrary: step('msize') },
  { weight: 1, arbitrary: step('compact') },
  { weight: 1, arbitrary: step('check') },
  { weight: 1, arbitrary: step('checkObject') },
  { weight: 1, arbitrary: step('peek', { size: fc.nat(128), offset: fc.integer({ min: -64, max: 200 }) }) },
  { weight: 2, arbitrary: step('fill', { align: fc.nat(255) }) },
  { weight: 1, arbitrary: step('sweep', { size: fc.integer({ min: 1, max: 4 }) }) },
);

/** What no program should do: frees of what is free, or within objects, and writes past objects. */
const MISUSE: fc.Arbitrary<Step> = fc.oneof(
  step('stale'),
  step('free', { offset: fc.integer({ min: -16, max: 64 }) }),
  step('overrun', {
    size: fc.integer({ min: 1, max: 24 }),
    align: fc.constantFrom(0, 0, 1, 65, 0xbe, 0xef, 0xfe, 255),
    offset: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, -1, -300),
  }),
);

const CASES: fc.Arbitrary<Case> = fc
  .record({
    layout: fc.constantFrom('ilp32', 'llp64', 'lp64'),
    preset: fc.constantFrom('sbrkmem', 'sbrkmem', 'mainmem', 'imagmem'),
    minarena: fc.constantFrom('', '1', '1000', '8192', '16384'),
    maxsize: fc.constantFrom('', '', '8192', '29000', '131072', '4294967295'),
    quantum: fc.constantFrom('', '', '8', '16', '24', '40', '48', '56', '64', '72', '96', '128', '1000'),
    minblock: fc.constantFrom('', '', '48', '72', '128', '512'),
    merge: fc.constantFrom('', '', '0'),
    move: fc.constantFrom('0', '1'),
    logstack: fc.constantFrom('', '1'),
    gap: fc.constantFrom('', '', '', '8', '64', '100', '4096'),
    descending: fc.constantFrom('', '', '1'),
    srclimit: fc.constantFrom('', '', '20000', '60000'),
  })
  .map(({ layout, preset, ...values }) => {
    const given = Object.entries(values).filter(([, value]) => value !== '');
    return { layout, config: [preset, ...given.map(([name, value]) => `${name}=${value}`)].join(' ') };
  });

/** The operations on one fresh pool, and its flags. */
interface Run {
  readonly flags: number;
  readonly steps: readonly Step[];
}

const runsOf = (steps: fc.Arbitrary<Step>): fc.Arbitrary<Run[]> =>
  fc.array(
    fc.record({
      flags: fc.oneof(fc.constantFrom(0, 0, 2, 32, 64), fc.nat(127)),
      steps: fc.array(steps, { maxLength: 80, size: 'max' }),
    }),
    { minLength: 1, maxLength: 16, size: 'max' },
  );

/** Rejects with the shortest trace found in which pool and witness differ. */
export function fuzzPlan9(seed: number, cases: number, misuses: boolean): FuzzFigures {
  let operations = 0;
  const steps = misuses
    ? fc.oneof({ weight: 20, arbitrary: STEPS }, { weight: 1, arbitrary: MISUSE })
    : STEPS;
  const property = fc.property(CASES, runsOf(steps), (of, runs) => {
    const rows = runs.flatMap((run, index) => [`reset,${flagsOf(run, of)},${index}`, ...rowsOf(run.steps)]);
    operations += rows.length;
    const difference = differenceOf(of, rows);
    if (difference !== undefined) {
      throw new Error(`${difference}\nlayout ${of.layout}, ${of.config}\n${rows.join('\n')}`);
    }
  });
  fc.assert(property, { seed, numRuns: cases, includeErrorInReport: true });
  return { cases, operations };
}

/** ANTAGONISM ruins the heap under lp64 by itself, and marks every byte of an arena. */
function flagsOf({ flags }: Run, { layout, config }: Case): number {
  return layout === 'lp64' || !/sbrkmem|minarena/.test(config) ? flags & ~1 : flags;
}

function rowsOf(told: readonly Step[]): string[] {
  const rows: string[] = [];
  const live: number[] = [];
  const dead: number[] = [];
  let nextId = 0;
  const free = (index: number, offset: number): void => {
    const [id] = live.splice(index, 1);
    dead.push(id!);
    rows.push(`free,${id},0,0,${offset}`);
  };
  for (const { op, pick, size, align, offset, span } of told) {
    if (op === 'alloc' || op === 'alignedalloc') {
      live.push(nextId);
      rows.push(
        op === 'alloc'
          ? `alloc,${nextId},${size}`
          : `alignedalloc,${nextId},${size},${align},${offset},${span}`,
      );
      nextId++;
    } else if (op === 'compact' || op === 'check') {
      rows.push(`${op},-1`);
    } else if (op === 'stale') {
      if (dead.length > 0) {
        rows.push(`free,${dead[pick % dead.length]}`);
      }
    } else if (op === 'sweep') {
      for (let index = live.length - 1; index >= 0; index--) {
        if (index % size === 0) {
          free(index, 0);
        }
      }
    } else if (live.length > 0) {
      const index = pick % live.length;
      if (op === 'free') {
        free(index, offset);
      } else {
        rows.push(`${op === 'checkObject' ? 'check' : op},${live[index]},${size},${align},${offset}`);
      }
    }
  }
  return rows;
}

/** Heap of the replays, which their sources never reach the end of. */
const REPLAY_HEAP_PAGES = 4096;
const REPLAY_SOURCE_BYTES = 8_000_000;

/** Ordinary replays, in which what moves is followed by its address alone. Rejects as `fuzzPlan9` does. */
export async function fuzzPlan9Replays(seed: number, cases: number): Promise<FuzzFigures> {
  let operations = 0;
  const flags = fc.constantFrom(0, 0, 2, 32, 64);
  const shims = fc.constantFrom('none' as const, 'malloc' as const);
  const steps = fc.array(STEPS, { maxLength: 150, size: 'max' });
  const property = fc.asyncProperty(CASES, flags, shims, steps, async (of, flagBits, shim, told) => {
    const limited = of.config.replace(/ (descending|srclimit)=\d+/g, '');
    const config = `${limited} flags=${flagBits} srclimit=${REPLAY_SOURCE_BYTES}`;
    const rows = rowsOf(told).filter((row) => !/^(check|peek|fill)/.test(row));
    const canonical = rows.map((row) => row.replace('compact,-1', 'compact,0'));
    operations += rows.length;
    const difference = await replayDifference({ layout: of.layout, config }, shim, canonical);
    if (difference !== undefined) {
      throw new Error(`${difference}\nlayout ${of.layout}, ${config} shim=${shim}\n${canonical.join('\n')}`);
    }
  });
  await fc.assert(property, { seed, numRuns: cases, includeErrorInReport: true });
  return { cases, operations };
}

async function replayDifference(
  { layout, config }: Case,
  shim: 'none' | 'malloc',
  rows: readonly string[],
): Promise<string | undefined> {
  const operations = operationsOf(rows);
  const witness = new Replayed(settingsOf(layout, config), shim);
  const goesOn = unlessUnending(() => witness.play(operations));
  if (goesOn === undefined) {
    return undefined;
  }
  const options = Object.entries({ ...plan9VectorOptions(layout, config), shim });
  const stack = createStack(
    engineNamed('plan9-pool'),
    Object.fromEntries(options.map(([name, value]) => [name, String(value)])),
    { heapPages: REPLAY_HEAP_PAGES, virtualPages: 0, drain: () => {} },
    engineNamed,
  );
  const chunks: string[] = [];
  const { outcome } = await replay(traceOf(operations), stack, [], {
    placements: (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')),
  });
  const ours = chunks.join('').trimEnd().split('\n');
  const { lines } = witness;
  const index = lines.findIndex((line, at) => line !== ours[at]);
  // Sizes that wrapped: the oracle ends the replay where the real code goes on.
  const isOracle = outcome.kind === 'corrupt' && outcome.problem.startsWith('the engine placed');
  if (isOracle && index === ours.length) {
    return undefined;
  }
  if (index < 0 && ours.length === lines.length && (outcome.kind === 'ok') === goesOn) {
    return undefined;
  }
  return `replay  ${ours[index]} ${JSON.stringify(outcome)}\nwitness ${lines[index]}, ends ${!goesOn}`;
}

function traceOf(operations: readonly Plan9VectorOperation[]): Trace {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (const { op, id, size, align, offset, span } of operations) {
    event.set(OP[op as OpName], id, size, align);
    event.offset = offset;
    event.span = span;
    columns.append(event);
  }
  return columns.trace({ name: 'differential', origin: { kind: 'recorded', format: 'csv' } });
}

/** Undefined where damage leads the witness round in a circle: how soon the pool gives up says nothing. */
function unlessUnending<Result>(play: () => Result): Result | undefined {
  try {
    return play();
  } catch (error) {
    if (error instanceof Unending) {
      return undefined;
    }
    throw error;
  }
}

const operationsOf = (rows: readonly string[]): Plan9VectorOperation[] =>
  readPlan9Vector(['op,id,size,align,offset,span', ...rows].join('\n'), 'fuzz.csv');

/** How often a row tells the state of the whole pool. */
const STATE_EVERY = 10;

function differenceOf({ layout, config }: Case, rows: readonly string[]): string | undefined {
  const operations = operationsOf(rows);
  const testimony = new Testimony(settingsOf(layout, config));
  const theirs = unlessUnending(() => [...testimony.rows(operations, STATE_EVERY)]);
  if (theirs === undefined) {
    return undefined;
  }
  const run = new Plan9VectorRun({ engine: plan9VectorOptions(layout, config), stateEvery: STATE_EVERY });
  const ours = [...run.rows(operations)].map(formatPlan9VectorRow).map(asDescribed);
  const index = theirs.findIndex((row, at) => row !== ours[at]);
  if (index < 0 && theirs.length === ours.length) {
    return undefined;
  }
  return `pool    ${ours[index]}\nwitness ${theirs[index]}\n${PLAN9_VECTOR_HEADER}`;
}
