import { isBlock, NULL } from '../../../../traces/trace';
import { groupedInteger as grouped } from '../../../text/numbers';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, POOL } from './document';

/** Sizes, arenas and compaction. */

const QUANTUM = 32;

export interface RoundingNumbers {
  readonly blocks: number;
  readonly onQuantum: number;
  /** Blocks smaller than what was asked for. */
  readonly tooSmall: number;
}

export const quantumRounding = trial<RoundingNumbers>({
  claim: claim({
    name: 'quantum-rounding',
    statement:
      'Sizes are rounded up to a multiple of quantum, which allocated blocks "should be multiple of".',
    experiment: 'One block of every size from 1 to 300 bytes with a quantum of 32.',
    expected: 'Every block’s size is a multiple of 32.',
  }),
  measure: async (laboratory) => {
    const { operations, stack } = await laboratory.watch({
      engine: POOL,
      trace: Array.from({ length: 300 }, (_, index) => `alloc,${index},${index + 1},0`),
    });
    const blocks = operations.map(({ placement, sizeBytes }) => ({
      sizeBytes,
      bytes: stack.engine.blockAt(placement, sizeBytes, 0)?.bytes ?? 0,
    }));
    return {
      blocks: blocks.length,
      onQuantum: blocks.filter(({ bytes }) => bytes % QUANTUM === 0).length,
      tooSmall: blocks.filter(({ bytes, sizeBytes }) => bytes < sizeBytes).length,
    };
  },
  judge: ({ blocks, onQuantum, tooSmall }) =>
    confirmedWith(
      tooSmall === 0 && 2 * onQuantum > blocks,
      `${onQuantum} of ${blocks} blocks are multiples of ${QUANTUM} bytes.`,
      onQuantum === blocks
        ? undefined
        : 'Where arenas merge, the bytes between them join a block: sizes drift from the quantum.',
    ),
});

export interface MinblockNumbers {
  readonly minblock: number;
  readonly smallestBlock: number;
}

export const minblock = trial<MinblockNumbers>({
  claim: claim({
    name: 'minblock',
    statement: 'A block size still less than minblock after rounding becomes minblock.',
    experiment: 'Blocks of 1 to 100 bytes with minblock=256.',
    expected: 'No block is smaller than 256 bytes.',
  }),
  measure: async (laboratory) => {
    const { operations, stack } = await laboratory.watch({
      engine: POOL,
      options: { minblock: '256' },
      trace: Array.from({ length: 100 }, (_, index) => `alloc,${index},${index + 1},0`),
    });
    const sizes = operations.map(
      ({ placement, sizeBytes }) => stack.engine.blockAt(placement, sizeBytes, 0)?.bytes ?? 0,
    );
    return { minblock: 256, smallestBlock: Math.min(...sizes) };
  },
  judge: (numbers) =>
    confirmedIf(
      numbers.smallestBlock >= numbers.minblock,
      `The smallest block has ${numbers.smallestBlock} bytes with minblock=${numbers.minblock}.`,
    ),
});

export interface ReuseNumbers {
  readonly quantum: number;
  /** Tree nodes visited in all. */
  readonly searchSteps: number;
  readonly heldBytesPeak: number;
}

export const quantumReuse = trial<readonly ReuseNumbers[]>({
  claim: claim({
    name: 'quantum-eases-reuse',
    statement: 'Rounding to the quantum is there "to ease fragmentation and make block reuse easier".',
    experiment: 'Churn of 500 objects of 16 to 1,000 bytes with a quantum of 8, 32 and 128.',
    expected: 'A larger quantum makes searches for a block shorter and the pool no larger.',
  }),
  measure: async (laboratory) => {
    const rows: ReuseNumbers[] = [];
    for (const quantum of [8, 32, 128]) {
      const { events, metrics } = await laboratory.measure({
        trace: { specification: 'synth:churn?live=500&ops=3000&largest=1000' },
        engine: POOL,
        options: { quantum: String(quantum) },
      });
      rows.push({
        quantum,
        searchSteps: events.searchSteps ?? 0,
        heldBytesPeak: metrics['held.bytes.peak']?.value ?? 0,
      });
    }
    return rows;
  },
  judge: (rows) => {
    const first = rows[0];
    const last = rows.at(-1);
    const shorter = first !== undefined && last !== undefined && last.searchSteps < first.searchSteps;
    const larger = first !== undefined && last !== undefined && last.heldBytesPeak > first.heldBytesPeak;
    return confirmedWith(
      shorter,
      rows
        .map(
          ({ quantum, searchSteps, heldBytesPeak }) =>
            `Quantum ${quantum}: ${grouped(searchSteps)} nodes visited, ${grouped(heldBytesPeak)} bytes held at most`,
        )
        .join('; ') + '.',
      larger ? 'Reuse is easier, but what rounding adds outweighs it: the pool grows.' : undefined,
    );
  },
});

export interface RescueNumbers {
  /** Whether the request succeeds at maxsize, with a move routine and without. */
  readonly atMaxsizeMoving: boolean;
  readonly atMaxsizeFixed: boolean;
  /** And where the source of arenas is dry, with a move routine. */
  readonly sourceDryMoving: boolean;
}

const FRAGMENTED = [
  ...Array.from({ length: 30 }, (_, id) => `alloc,${id},1000,0`),
  ...Array.from({ length: 15 }, (_, index) => `free,${2 * index},0,0`),
];
const RESCUED = 'alloc,99,6000,0';

export const compactionRescue = trial<RescueNumbers>({
  claim: claim({
    name: 'compaction-rescues',
    statement:
      'When a new arena cannot be had, "either because alloc has returned nil or because doing so would use more than maxsize bytes, poolcompact is called once" and the request retried.',
    experiment:
      'Thirty objects of 1,000 bytes, every second freed, then a request of 6,000: with maxsize reached with and without a move routine, and with a dry source.',
    expected: 'With a move routine the request succeeds in both cases, without one it fails.',
  }),
  measure: async (laboratory) => {
    const succeeds = async (options: Record<string, string>): Promise<boolean> => {
      const { operations } = await laboratory.watch({
        engine: POOL,
        options,
        trace: [...FRAGMENTED, RESCUED],
      });
      const request = operations.find(({ id }) => id === 99);
      return request !== undefined && isBlock(request.placement);
    };
    return {
      atMaxsizeMoving: await succeeds({ maxsize: '36864', move: 'on' }),
      atMaxsizeFixed: await succeeds({ maxsize: '36864', move: 'off' }),
      sourceDryMoving: await succeeds({ srclimit: '36864', move: 'on' }),
    };
  },
  judge: ({ atMaxsizeMoving, atMaxsizeFixed, sourceDryMoving }) => {
    const word = (succeeds: boolean): string => (succeeds ? 'succeeds' : 'fails');
    return confirmedWith(
      atMaxsizeMoving && !atMaxsizeFixed,
      `At maxsize the request ${word(atMaxsizeMoving)} with a move routine and ${word(atMaxsizeFixed)} without; where the ` +
        `source is dry it ${word(sourceDryMoving)} with one.`,
      sourceDryMoving ? undefined : 'The pool compacts at maxsize only, not when alloc has returned nil.',
    );
  },
});

export const compactNeedsMove = trial<{ readonly movesWith: number; readonly movesWithout: number }>({
  claim: claim({
    name: 'compact-without-move-is-no-op',
    statement: 'If no move routine is supplied, calling poolcompact is a no-op.',
    experiment: 'poolcompact on a fragmented pool with move=on and move=off.',
    expected: 'Blocks move with it, none without.',
  }),
  measure: async (laboratory) => {
    const moves = async (move: string): Promise<number> => {
      const trace = [...FRAGMENTED, 'compact,0,0,0'];
      const { stack, operations } = await laboratory.watch({ engine: POOL, options: { move }, trace });
      // A block has moved where its old placement is no longer that of an allocated block.
      return operations
        .filter(({ id, sizeBytes }) => id % 2 === 1 && sizeBytes > 0)
        .filter(({ placement }) => stack.engine.blockAt(placement, 1000, 0)?.bytes === undefined).length;
    };
    return { movesWith: await moves('on'), movesWithout: await moves('off') };
  },
  judge: ({ movesWith, movesWithout }) =>
    confirmedIf(
      movesWith > 0 && movesWithout === 0,
      `With a move routine ${movesWith} of 15 blocks have left their place, without one ${movesWithout}.`,
    ),
});

export const arenasMerge = trial<{ readonly grownMerged: number; readonly grownApart: number }>({
  claim: claim({
    name: 'arenas-merge',
    statement: 'New arenas are merged with the surrounding ones, "in an attempt to combat fragmentation".',
    experiment:
      'Eight objects of 4,000 bytes freed, then one of 30,000: bytes taken for it with merge=on and off.',
    expected: 'None where arenas merge, a new arena where they do not.',
  }),
  measure: async (laboratory) => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8];
    const grown = async (merge: string): Promise<number> => {
      const { operations } = await laboratory.watch({
        engine: POOL,
        options: { merge },
        trace: [
          ...ids.map((id) => `alloc,${id},4000,0`),
          ...ids.map((id) => `free,${id},0,0`),
          'alloc,9,30000,0',
        ],
      });
      return (operations.at(-1)?.heldBytes ?? 0) - (operations[7]?.heldBytes ?? 0);
    };
    return { grownMerged: await grown('on'), grownApart: await grown('off') };
  },
  judge: ({ grownMerged, grownApart }) =>
    confirmedIf(
      grownMerged === 0 && grownApart > 0,
      `Merged arenas serve it with ${grouped(grownMerged)} new bytes, separate ones with ${grouped(grownApart)}.`,
    ),
});

export const limits = trial<{
  readonly firstArena: number;
  readonly minarena: number;
  readonly heldPeak: number;
  readonly maxsize: number;
}>({
  claim: claim({
    name: 'minarena-and-maxsize',
    statement: 'Each arena requested has at least minarena bytes; all together do not exceed maxsize.',
    experiment:
      'One object of 16 bytes with minarena=8192; then objects of 1,000 bytes until maxsize=65536 stops them.',
    expected: 'The first arena has 8,192 bytes or more; what is held never exceeds 65,536.',
  }),
  measure: async (laboratory) => {
    const one = await laboratory.watch({
      engine: POOL,
      options: { minarena: '8192' },
      trace: ['alloc,1,16,0'],
    });
    const many = await laboratory.watch({
      engine: POOL,
      options: { maxsize: '65536' },
      trace: Array.from({ length: 80 }, (_, id) => `alloc,${id},1000,0`),
    });
    return {
      firstArena: one.operations[0]?.heldBytes ?? 0,
      minarena: 8192,
      heldPeak: many.operations.reduce((most, { heldBytes }) => Math.max(most, heldBytes), 0),
      maxsize: 65_536,
    };
  },
  judge: ({ firstArena, minarena, heldPeak, maxsize }) =>
    confirmedWith(
      firstArena >= minarena && heldPeak <= maxsize,
      `The first arena holds ${grouped(firstArena)} bytes, the full pool ${grouped(heldPeak)}.`,
      firstArena > minarena ? 'An arena gains up to a quantum and the source’s words.' : undefined,
    ),
});

export const zeroSize = trial<{ readonly nonNil: boolean }>({
  claim: claim({
    name: 'zero-size-is-non-nil',
    statement: '"The call poolalloc(0) returns a non-nil pointer."',
    experiment: 'One request of 0 bytes.',
    expected: 'It returns a block.',
  }),
  measure: async (laboratory) => {
    const { operations } = await laboratory.watch({ engine: POOL, trace: ['alloc,1,0,0'] });
    return { nonNil: operations[0] !== undefined && isBlock(operations[0].placement) };
  },
  judge: ({ nonNil }) => confirmedIf(nonNil, nonNil ? 'It returns a block.' : 'It returns nil.'),
});

export const failedRealloc = trial<{ readonly failed: boolean; readonly bytesIntact: number }>({
  claim: claim({
    name: 'failed-realloc-keeps-the-old',
    statement:
      'If poolrealloc cannot satisfy the request, it returns nil, "and the old pointer remains valid".',
    experiment:
      'A filled object of 100 bytes resized to 1,000,000 in a pool of 65,536; its bytes and its free afterwards.',
    expected: 'Nil, and all 100 bytes as they were.',
  }),
  measure: async (laboratory) => {
    const { operations, stack } = await laboratory.watch({
      engine: POOL,
      options: { maxsize: '65536' },
      trace: ['alloc,1,100,0', 'fill,1,0,0,0,0,,,,65', 'realloc,1,1000000,0'],
    });
    const start = operations[0]?.placement ?? NULL;
    const bytes = Array.from({ length: 25 }, (_, word) => stack.machine.peek(start + 4 * word));
    return {
      failed: operations.at(-1)?.placement === NULL,
      bytesIntact: 4 * bytes.filter((word) => word >>> 0 === 0x4141_4141).length,
    };
  },
  judge: ({ failed, bytesIntact }) =>
    confirmedIf(
      failed && bytesIntact === 100,
      `It ${failed ? 'returns nil' : 'succeeds'}, and ${bytesIntact} of 100 bytes are as they were.`,
    ),
});

export interface AlignNumbers {
  readonly requests: number;
  readonly aligned: number;
  readonly withinSpan: number;
}

export const alignedAllocation = trial<AlignNumbers>({
  claim: claim({
    name: 'align-offset-span',
    statement:
      'poolallocalign returns pointers "equal to offset modulo align", of blocks that do not "span a span-byte boundary".',
    experiment: 'Requests of 100 bytes with alignments 16 to 1,024, offset 8, span 4,096.',
    expected: 'Every pointer is congruent, no block crosses a multiple of 4,096.',
  }),
  measure: async (laboratory) => {
    const aligns = [16, 32, 64, 128, 256, 512, 1024];
    const { operations } = await laboratory.watch({
      engine: POOL,
      trace: Array.from(
        { length: 70 },
        (_, id) => `alignedalloc,${id},100,${aligns[id % aligns.length]},8,4096`,
      ),
    });
    return {
      requests: operations.length,
      aligned: operations.filter(({ placement, id }) => placement % aligns[id % aligns.length]! === 8).length,
      withinSpan: operations.filter(
        ({ placement }) => Math.floor(placement / 4096) === Math.floor((placement + 99) / 4096),
      ).length,
    };
  },
  judge: ({ requests, aligned, withinSpan }) =>
    confirmedIf(
      requests > 0 && aligned === requests && withinSpan === requests,
      `${aligned} of ${requests} pointers are congruent, ${withinSpan} blocks stay within their span.`,
    ),
});
