import { HeapCorruption } from '../../../machine/failures';
import { groupedInteger as grouped, decimalRatio } from '../../../text/numbers';
import type { Laboratory } from '../laboratory';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, fill, FLAG, overrun, POOL, stoppedBy } from './document';

/** What the pool notices of a program's mistakes, and its flags. */

export interface OverrunNumbers {
  readonly sizes: number;
  readonly sizesCaught: number;
  /** Of the 256 values of one byte behind a block of 100 bytes. */
  readonly valuesCaught: number;
  readonly caughtByRealloc: boolean;
  /** At the next entry, an allocation, with PARANOIA and without. */
  readonly nextEntryParanoid: boolean;
  readonly nextEntryOrdinary: boolean;
  /** Whether a poolmsize before the free hides it. */
  readonly hiddenByMsize: boolean;
}

const A = 65;

export const oneByteOverrun = trial<OverrunNumbers>({
  claim: claim({
    name: 'one-byte-overrun',
    statement:
      '"If even a single byte is written past the end" of a block, the pool notices when it is next used in a call to poolrealloc or free, or at the next entry with PARANOIA.',
    experiment:
      'One byte written behind blocks of 1 to 128 bytes; all 256 values behind one of 100; then free, realloc, another allocation, poolmsize.',
    expected: 'Every overrun is noticed at free and realloc, and at the next entry only with PARANOIA.',
  }),
  measure: async (laboratory) => {
    let sizesCaught = 0;
    for (let size = 1; size <= 128; size++) {
      sizesCaught += (await caught(laboratory, size, A, ['free,1,0,0'])) ? 1 : 0;
    }
    let valuesCaught = 0;
    for (let value = 0; value < 256; value++) {
      valuesCaught += (await caught(laboratory, 100, value, ['free,1,0,0'])) ? 1 : 0;
    }
    return {
      sizes: 128,
      sizesCaught,
      valuesCaught,
      caughtByRealloc: await caught(laboratory, 100, A, ['realloc,1,200,0']),
      nextEntryParanoid: await caught(laboratory, 100, A, ['alloc,3,10,0'], FLAG.paranoia),
      nextEntryOrdinary: await caught(laboratory, 100, A, ['alloc,3,10,0']),
      hiddenByMsize: !(await caught(laboratory, 100, A, ['msize,1,0,0', 'free,1,0,0'])),
    };
  },
  judge: (numbers) => {
    const { sizes, sizesCaught, valuesCaught, caughtByRealloc } = numbers;
    const { nextEntryParanoid, nextEntryOrdinary, hiddenByMsize } = numbers;
    const corrections = [
      ...(valuesCaught === 256 ? [] : ['A byte that equals the red zone’s own leaves no trace.']),
      ...(hiddenByMsize ? ['A poolmsize in between redraws the red zone and hides the overrun.'] : []),
    ];
    return confirmedWith(
      sizesCaught === sizes &&
        valuesCaught >= 255 &&
        caughtByRealloc &&
        nextEntryParanoid &&
        !nextEntryOrdinary,
      `free notices it at ${sizesCaught} of ${sizes} sizes and ${valuesCaught} of 256 values; realloc ` +
        `${yes(caughtByRealloc)}; the next entry ${yes(nextEntryParanoid)} with PARANOIA, ${yes(nextEntryOrdinary)} without.`,
      corrections.length === 0 ? undefined : corrections.join(' '),
    );
  },
});

const yes = (notices: boolean): string => (notices ? 'notices it' : 'does not');

/** Whether the pool panics when, after a one-byte overrun of an object, the program goes on with `rest`. */
async function caught(
  laboratory: Laboratory,
  sizeBytes: number,
  value: number,
  rest: readonly string[],
  flags = '0',
): Promise<boolean> {
  const trace = [`alloc,1,${sizeBytes},0`, 'alloc,2,16,0', overrun(1, 1, value), ...rest];
  return (
    stoppedBy(await laboratory.watch({ engine: POOL, options: { flags }, heapPages: 64, trace })) !==
    undefined
  );
}

export interface ToleranceNumbers {
  readonly oneNulTolerated: boolean;
  readonly oneNulStrict: boolean;
  readonly otherByteTolerated: boolean;
  /** Two NULs behind data that fill their block, and behind data with slack. */
  readonly twoNulsFullBlock: boolean;
  readonly twoNulsWithSlack: boolean;
}

/** Data of 112 bytes fill a block of 128 to its tail. */
const FULL_BYTES = 112;

export const tolerance = trial<ToleranceNumbers>({
  claim: claim({
    name: 'tolerance-of-one-nul',
    statement:
      'With TOLERANCE "a single NUL … written past the end of a block" is reported, but panic is not called.',
    experiment:
      'One NUL, one other byte and two NULs behind a block, then free, with TOLERANCE; one NUL without.',
    expected: 'With TOLERANCE exactly the single NUL passes.',
  }),
  measure: async (laboratory) => {
    const passes = async (size: number, count: number, value: number, flags: string): Promise<boolean> => {
      const trace = [`alloc,1,${size},0`, 'alloc,2,16,0', overrun(1, count, value), 'free,1,0,0'];
      return stoppedBy(await laboratory.watch({ engine: POOL, options: { flags }, trace })) === undefined;
    };
    return {
      oneNulTolerated: await passes(FULL_BYTES, 1, 0, FLAG.tolerance),
      oneNulStrict: await passes(FULL_BYTES, 1, 0, '0'),
      otherByteTolerated: await passes(FULL_BYTES, 1, A, FLAG.tolerance),
      twoNulsFullBlock: await passes(FULL_BYTES, 2, 0, FLAG.tolerance),
      twoNulsWithSlack: await passes(100, 2, 0, FLAG.tolerance),
    };
  },
  judge: ({ oneNulTolerated, oneNulStrict, otherByteTolerated, twoNulsFullBlock, twoNulsWithSlack }) => {
    const word = (passes: boolean): string => (passes ? 'passes' : 'panics');
    const full = twoNulsFullBlock ? ['behind data that fill their block'] : [];
    const slack = twoNulsWithSlack ? ['behind data with slack'] : [];
    const places = [...full, ...slack];
    return confirmedWith(
      oneNulTolerated && !oneNulStrict && !otherByteTolerated,
      `One NUL ${word(oneNulTolerated)} with TOLERANCE and ${word(oneNulStrict)} without; another byte ` +
        `${word(otherByteTolerated)}; two NULs: full block ${word(twoNulsFullBlock)}, with slack ${word(twoNulsWithSlack)}.`,
      places.length === 0 ? undefined : `Two NULs pass as well ${places.join(' and ')}.`,
    );
  },
});

export interface ParanoiaPoint {
  readonly live: number;
  readonly ordinaryCycles: number;
  readonly paranoidCycles: number;
}

/** "A few orders of magnitude": at least two. */
const FEW_ORDERS = 100;

export const paranoia = trial<readonly ParanoiaPoint[]>({
  claim: claim({
    name: 'paranoia-slowdown',
    statement: 'PARANOIA "slows runtime by a few orders of magnitude when many blocks are in use".',
    experiment:
      'As many blocks of 64 bytes allocated, then 50 freed and allocated again, with PARANOIA and without.',
    expected: 'With many blocks the 100 calls cost at least a hundred times as much.',
  }),
  measure: async (laboratory) => {
    const points: ParanoiaPoint[] = [];
    for (const live of [10, 100, 400, 800]) {
      points.push({
        live,
        ordinaryCycles: await steadyCycles(laboratory, live, '0'),
        paranoidCycles: await steadyCycles(laboratory, live, FLAG.paranoia),
      });
    }
    return points;
  },
  judge: (points) => {
    const factor = ({ ordinaryCycles, paranoidCycles }: ParanoiaPoint): number =>
      ordinaryCycles === 0 ? 0 : paranoidCycles / ordinaryCycles;
    return confirmedIf(
      points.some((point) => factor(point) >= FEW_ORDERS),
      `${points
        .map(
          (point) =>
            `${grouped(point.live)} blocks: ${decimalRatio(point.paranoidCycles, Math.max(1, point.ordinaryCycles), 1)} times the cycles`,
        )
        .join('; ')}.`,
    );
  },
});

const STEADY_PAIRS = 50;

/** Cycles of the pairs of free and alloc alone. */
async function steadyCycles(laboratory: Laboratory, live: number, flags: string): Promise<number> {
  const { operations } = await laboratory.watch({
    engine: POOL,
    options: { flags },
    trace: [
      ...Array.from({ length: live }, (_, id) => `alloc,${id},64,0`),
      ...Array.from({ length: STEADY_PAIRS }, (_, pair) => [
        `free,${pair % live},0,0`,
        `alloc,${pair % live},64,0`,
      ]).flat(),
    ],
  });
  return operations.slice(-2 * STEADY_PAIRS).reduce((sum, { cycles }) => sum + cycles, 0);
}

export interface NoreuseNumbers {
  readonly frees: number;
  readonly distinctPlacements: number;
  readonly distinctOrdinary: number;
  /** Bytes of a freed object of 104 bytes that are as its owner left them. */
  readonly bytesLeft: number;
}

const OBJECT_BYTES = 104;

export const noreuse = trial<NoreuseNumbers>({
  claim: claim({
    name: 'noreuse',
    statement:
      'With NOREUSE "poolfree fills the passed block with garbage rather than return it to the free pool".',
    experiment: 'An object of 104 bytes allocated, filled and freed twenty times, with NOREUSE and without.',
    expected: 'No two lie at the same place, and no byte is as its owner left it.',
  }),
  measure: async (laboratory) => {
    const trace = Array.from({ length: 20 }, (_, id) => [
      `alloc,${id},${OBJECT_BYTES},0`,
      fill(id, A),
      `free,${id},0,0`,
    ]).flat();
    const run = (flags: string) => laboratory.watch({ engine: POOL, options: { flags }, trace });
    const { operations, stack } = await run(FLAG.noreuse);
    const places = (all: typeof operations): number =>
      new Set(all.filter(({ sizeBytes }) => sizeBytes > 0).map(({ placement }) => placement)).size;
    const start = operations[0]?.placement ?? 0;
    const words = Array.from({ length: OBJECT_BYTES / 4 }, (_, word) => stack.machine.peek(start + 4 * word));
    return {
      frees: 20,
      distinctPlacements: places(operations),
      distinctOrdinary: places((await run('0')).operations),
      bytesLeft: 4 * words.filter((word) => word >>> 0 === 0x4141_4141).length,
    };
  },
  judge: ({ frees, distinctPlacements, distinctOrdinary, bytesLeft }) =>
    confirmedWith(
      distinctPlacements === frees && distinctOrdinary < frees && bytesLeft < OBJECT_BYTES,
      `${distinctPlacements} places for ${frees} objects (${distinctOrdinary} without the flag); ${bytesLeft} of ` +
        `${OBJECT_BYTES} bytes are as their owner left them.`,
      bytesLeft === 0 ? undefined : `The first ${bytesLeft} bytes of the block are not filled.`,
    ),
});

export interface PatternNumbers {
  /** A word of a freed block and one of a block just allocated, with what the manual page says they hold. */
  readonly freedWord: number;
  readonly freedClaimed: number;
  readonly allocatedWord: number;
  readonly allocatedClaimed: number;
  /** A word of the program's own, had it not been marked. */
  readonly unmarkedWord: number;
}

export const antagonism = trial<PatternNumbers>({
  claim: claim({
    name: 'antagonism-patterns',
    statement:
      'With ANTAGONISM each 32-bit word of a block is its address exclusive-or 0xF7000000 when freed, 0xF9000000 when newly allocated.',
    experiment: 'An object of 400 bytes filled and freed, another allocated; a word in the middle of each.',
    expected: 'The words are the address of the block, exclusive-or the constants.',
  }),
  measure: async (laboratory) => {
    const { operations, stack } = await laboratory.watch({
      engine: POOL,
      options: { flags: FLAG.antagonism },
      trace: ['alloc,1,400,0', 'alloc,2,400,0', fill(1, A), 'free,1,0,0'],
    });
    const freed = operations[0]?.placement ?? 0;
    const allocated = operations[1]?.placement ?? 0;
    return {
      freedWord: stack.machine.peek(freed + 200) >>> 0,
      freedClaimed: (freed ^ 0xf700_0000) >>> 0,
      allocatedWord: stack.machine.peek(allocated + 200) >>> 0,
      allocatedClaimed: (allocated ^ 0xf900_0000) >>> 0,
      unmarkedWord: 0x4141_4141,
    };
  },
  judge: ({ freedWord, freedClaimed, allocatedWord, allocatedClaimed, unmarkedWord }) => {
    const because =
      `A word of the freed block holds ${hex(freedWord)}, by the page ${hex(freedClaimed)}; of the new one ` +
      `${hex(allocatedWord)}, by the page ${hex(allocatedClaimed)}.`;
    if (freedWord === unmarkedWord || allocatedWord === 0) {
      return { verdict: 'refuted', because };
    }
    return freedWord === freedClaimed && allocatedWord === allocatedClaimed
      ? { verdict: 'confirmed', because }
      : {
          verdict: 'confirmed with a correction',
          because: `${because} Blocks are marked with non-zero garbage, but not with their address: what varies is the distance from the block's start, and users see other constants.`,
        };
  },
});

const hex = (word: number): string => `0x${word.toString(16).padStart(8, '0')}`;

export const doubleFree = trial<{ readonly caught: boolean; readonly foreignCaught: boolean }>({
  claim: claim({
    name: 'double-free-is-an-error',
    statement: 'It is an error to free a block more than once, or a pointer not returned by poolalloc.',
    experiment: 'A block freed twice; a pointer into the middle of a block freed.',
    expected: 'Both end in a panic.',
  }),
  measure: async (laboratory) => {
    const run = async (freed: number, offset: number): Promise<boolean> => {
      const { operations, stack } = await laboratory.watch({
        engine: POOL,
        trace: ['alloc,1,200,0', 'alloc,2,200,0', ...(freed === 0 ? ['free,1,0,0'] : [])],
      });
      const pointer = operations[freed]!.placement + offset;
      try {
        stack.engine.free(pointer as (typeof operations)[number]['placement'], 200, 0);
        return false;
      } catch (error) {
        return error instanceof HeapCorruption;
      }
    };
    return { caught: await run(0, 0), foreignCaught: await run(1, 64) };
  },
  judge: ({ caught: again, foreignCaught }) =>
    confirmedIf(
      again && foreignCaught,
      `The second free ${again ? 'panics' : 'passes'}, the foreign one ${foreignCaught ? 'panics' : 'passes'}.`,
    ),
});
