import { decimalRatio, groupedInteger as grouped } from '../../../text/numbers';
import type { Laboratory } from '../laboratory';
import { growthPerDoubling, type Point } from '../growth';
import { confirmedIf, confirmedWith, trial } from '../trial';
import { claim, GC_2010, GC_HEAD, GENERATION_0 } from './document';

/** Who releases what, and what the gc costs. */

const APPLICATION = 'synth:libxl-calls?calls=60';

export interface DoubleFreeNumbers {
  /** Outcomes of an application that keeps to the policy. */
  readonly kept2010: string;
  readonly keptToday: string;
  /** A temporary freed by free() in the call that made it, and by libxl_free(). */
  readonly freedBehindTheGc: string;
  readonly freedThroughTheGc: string;
}

export const noDoubleFree = trial<DoubleFreeNumbers>({
  claim: claim({
    name: 'no-explicit-free-no-double-free',
    statement:
      'No temporary should be freed explicitly, libxl_free_all does it: "almost all calls to libxl_free() are erroneous".',
    experiment: `An application that keeps to the policy (${APPLICATION}); a call that frees a temporary with free() or libxl_free().`,
    expected: 'Who keeps to the policy frees nothing twice; a temporary freed by hand is freed twice.',
  }),
  measure: async (laboratory) => {
    const outcome = async (engine: string, trace: string | readonly string[]): Promise<string> =>
      (await laboratory.watch({ engine, trace })).outcome.kind;
    const broken = (routine: string): string[] => [
      'enter,1,0,0',
      'temp,2,64,0',
      'temp,3,64,0',
      `free,2,0,0,,,,,${routine}`,
      'leave,1,0,0',
    ];
    return {
      kept2010: await outcome(GC_2010, APPLICATION),
      keptToday: await outcome(GC_HEAD, APPLICATION),
      freedBehindTheGc: await outcome(GC_2010, broken('free')),
      freedThroughTheGc: await outcome(GC_2010, broken('libxl_free')),
    };
  },
  judge: ({ kept2010, keptToday, freedBehindTheGc, freedThroughTheGc }) =>
    confirmedWith(
      kept2010 === 'ok' && keptToday === 'ok' && freedBehindTheGc !== 'ok',
      `Keeping to it ends ${kept2010} (2010) and ${keptToday} (today); a temporary freed by free() ends ` +
        `${freedBehindTheGc}, by libxl_free() ${freedThroughTheGc}.`,
      freedThroughTheGc === 'ok'
        ? 'In 2010 libxl_free() was useless, not fatal: it also empties the slot.'
        : undefined,
    ),
});

export interface MoveNumbers {
  readonly objectBytes: number;
  /** Cycles of a public call that returns such an object: duplicated from the pool, or plain malloc. */
  readonly duplicatingCycles: number;
  readonly adoptingCycles: number;
  /** Cycles of an internal use: from the pool, or adopted. */
  readonly internalPoolCycles: number;
  readonly internalAdoptedCycles: number;
}

export const adoptingCheaper = trial<readonly MoveNumbers[]>({
  claim: claim({
    name: 'adopting-cheaper-than-duplicating',
    statement:
      'To make an internal object public (category d to b), malloc it and let an internal wrapper add it to the gc, rather than duplicate it in a public wrapper: "preferred for obvious performance reasons".',
    experiment:
      'A public call that returns an object of 32, 512 and 8,000 bytes, and its internal use, both ways; the copy itself is not even charged.',
    expected: 'The public call is cheaper, the internal use not much dearer.',
  }),
  measure: async (laboratory) => {
    const rows: MoveNumbers[] = [];
    for (const objectBytes of [32, 512, 8000]) {
      const cost = (body: readonly string[]): Promise<number> => secondCallCycles(laboratory, body);
      rows.push({
        objectBytes,
        duplicatingCycles: await cost([`temp,@1,${objectBytes},0`, `heap,@2,${objectBytes},0`]),
        adoptingCycles: await cost([`heap,@2,${objectBytes},0`]),
        internalPoolCycles: await cost([`temp,@1,${objectBytes},0`]),
        internalAdoptedCycles: await cost([`heap,@1,${objectBytes},0`, 'adopt,@1,0,0']),
      });
    }
    return rows;
  },
  judge: (rows) => {
    const cheaper = rows.every(({ duplicatingCycles, adoptingCycles }) => adoptingCycles < duplicatingCycles);
    const dearer = rows.some(
      ({ internalPoolCycles, internalAdoptedCycles }) => internalAdoptedCycles > 2 * internalPoolCycles,
    );
    return confirmedWith(
      rows.length > 0 && cheaper,
      rows
        .map(
          (row) =>
            `${grouped(row.objectBytes)} bytes: ${grouped(row.duplicatingCycles)} cycles duplicating, ` +
            `${grouped(row.adoptingCycles)} adopting (internal use ${grouped(row.internalPoolCycles)} and ${grouped(row.internalAdoptedCycles)})`,
        )
        .join('; ') + '.',
      dearer ? 'Internal callers pay for it.' : undefined,
    );
  },
});

/** The second of two equal calls, so that the first one's cold caches do not count; `@n` are its objects. */
async function secondCallCycles(laboratory: Laboratory, body: readonly string[]): Promise<number> {
  const call = (number: number): string[] => [
    `enter,${number},0,0`,
    ...body.map((row) => row.replace('@', String(10 * number))),
    `leave,${number},0,0`,
  ];
  const { operations } = await laboratory.watch({ engine: GC_2010, trace: [...call(1), ...call(2)] });
  return operations.slice(-(body.length + 2)).reduce((sum, { cycles }) => sum + cycles, 0);
}

export interface NumerousNumbers {
  /** Instructions for each temporary of a call that makes so many, and for each malloc and free. */
  readonly temporaries: readonly Point[];
  readonly mallocs: readonly Point[];
}

export const numerousObjects = trial<NumerousNumbers>({
  claim: claim({
    name: 'numerous-objects-need-malloc',
    statement:
      'Objects "so large or numerous that explicit memory management is required" (category c) come from malloc, not from the pool.',
    experiment:
      'A call that makes 200 to 1,600 objects of 32 bytes as temporaries, and one that mallocs and frees them.',
    expected: 'The cost of one temporary grows with their number, that of a malloc does not.',
  }),
  measure: async (laboratory) => {
    const counts = [200, 400, 800, 1600];
    const each = async (rows: (id: number) => readonly string[], live: number): Promise<Point> => {
      const ids = Array.from({ length: live }, (_, id) => id + 10);
      const trace = ['enter,1,0,0', ...ids.flatMap(rows), 'leave,1,0,0'];
      const { operations } = await laboratory.watch({ engine: GC_HEAD, trace });
      const total = operations.reduce((sum, { instructions }) => sum + instructions, 0);
      return { live, cost: Math.round(total / live) };
    };
    const temporaries: Point[] = [];
    const mallocs: Point[] = [];
    for (const live of counts) {
      temporaries.push(await each((id) => [`temp,${id},32,0`], live));
      mallocs.push(await each((id) => [`heap,${id},32,0`, `free,${id},0,0`], live));
    }
    return { temporaries, mallocs };
  },
  judge: ({ temporaries, mallocs }) => {
    const growth = growthPerDoubling(temporaries) ?? 0;
    const plain = growthPerDoubling(mallocs) ?? 0;
    const text = (points: readonly Point[]): string =>
      points.map(({ live, cost }) => `${grouped(cost)} at ${grouped(live)}`).join(', ');
    return confirmedIf(
      growth >= 1300 && plain <= 1050,
      `Instructions for each temporary: ${text(temporaries)} (${decimalRatio(growth, 1000, 2)} times a doubling: every add ` +
        `searches the table from its start); for each malloc and free: ${text(mallocs)}.`,
    );
  },
});

export interface LeakNumbers {
  readonly heldBefore: number;
  readonly heldAfter: number;
}

export const leakCured = trial<LeakNumbers>({
  claim: claim({
    name: 'leak-cured',
    statement: 'The policy "is mostly implemented": temporaries no longer live as long as the context.',
    experiment: `An application of sixty calls (${APPLICATION}) on the bookkeeping before August 2010 and after.`,
    expected: 'Less memory is held at the peak.',
  }),
  measure: async (laboratory) => {
    const held = async (options: Readonly<Record<string, string>>): Promise<number> => {
      const trace = { specification: APPLICATION };
      const { metrics } = await laboratory.measure({ trace, engine: GC_2010, options });
      return metrics['held.bytes.peak']?.value ?? 0;
    };
    return { heldBefore: await held(GENERATION_0), heldAfter: await held({}) };
  },
  judge: ({ heldBefore, heldAfter }) =>
    confirmedIf(
      heldAfter < heldBefore,
      `Held at most: ${grouped(heldBefore)} bytes before, ${grouped(heldAfter)} after.`,
    ),
});
