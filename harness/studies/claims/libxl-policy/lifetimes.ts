import type { Laboratory, Watched } from '../laboratory';
import { confirmedIf, trial } from '../trial';
import { claim, GC_2010, GC_HEAD, GENERATION_0 } from './document';

/** What lives how long, by the categories of the policy. */

export const TEMPORARIES = Array.from({ length: 20 }, (_, id) => `temp,${id + 100},64,0`);

/** Blocks of the heap below that are allocated when the trace ends. */
export async function blocksLeft(
  laboratory: Laboratory,
  engine: string,
  trace: readonly string[],
  options: Readonly<Record<string, string>> = {},
): Promise<number> {
  return blocksOf(await laboratory.watch({ engine, options, trace }));
}

function blocksOf({ stack }: Watched): number {
  let blocks = 0;
  stack.engine.walk((_start, _bytes, state) => {
    blocks += state === 'allocated' ? 1 : 0;
  });
  return blocks;
}

export interface DeathNumbers {
  readonly temporaries: number;
  /** Blocks that outlive the call, by generation; what the context itself takes is not counted. */
  readonly left2010: number;
  readonly leftToday: number;
  readonly leftBefore: number;
}

export const temporariesDie = trial<DeathNumbers>({
  claim: claim({
    name: 'temporaries-die-with-the-call',
    statement:
      'Temporary allocations (categories a and d) "will be automatically freed before the function returns to its caller".',
    experiment:
      'A public call that makes twenty temporaries and frees none, on the bookkeeping of August 2010, of 2012, and of before.',
    expected: 'Nothing outlives the call.',
  }),
  measure: async (laboratory) => {
    const call = ['enter,1,0,0', ...TEMPORARIES, 'leave,1,0,0'];
    const context = await blocksLeft(laboratory, GC_2010, ['enter,1,0,0', 'leave,1,0,0'], GENERATION_0);
    return {
      temporaries: TEMPORARIES.length,
      left2010: await blocksLeft(laboratory, GC_2010, call),
      leftToday: await blocksLeft(laboratory, GC_HEAD, call),
      leftBefore: (await blocksLeft(laboratory, GC_2010, call, GENERATION_0)) - context,
    };
  },
  judge: ({ temporaries, left2010, leftToday, leftBefore }) =>
    confirmedIf(
      left2010 === 0 && leftToday === 0,
      `Of ${temporaries} temporaries ${left2010} outlive the call (2012: ${leftToday}); before the gc moved from the ` +
        `context to the call it was ${leftBefore}.`,
    ),
});

export interface SurvivalNumbers {
  readonly leftAfterCall: number;
  readonly leftAfterFree: number;
}

export const categoryB = trial<SurvivalNumbers>({
  claim: claim({
    name: 'category-b-returned-to-the-application',
    statement:
      'Objects returned to the application (category b) come from malloc and are freed by the application.',
    experiment:
      'A public call that makes an object for return among twenty temporaries; the application frees it later.',
    expected: 'The object alone outlives the call, and nothing its free.',
  }),
  measure: async (laboratory) => {
    const call = ['enter,1,0,0', 'heap,2,96,0', ...TEMPORARIES, 'leave,1,0,0'];
    return {
      leftAfterCall: await blocksLeft(laboratory, GC_2010, call),
      leftAfterFree: await blocksLeft(laboratory, GC_2010, [...call, 'free,2,0,0']),
    };
  },
  judge: ({ leftAfterCall, leftAfterFree }) =>
    confirmedIf(
      leftAfterCall === 1 && leftAfterFree === 0,
      `${leftAfterCall} block outlives the call, ${leftAfterFree} its free.`,
    ),
});

export interface ExplicitNumbers {
  readonly leftFreed: number;
  readonly leftForgotten: number;
}

export const categoryC = trial<ExplicitNumbers>({
  claim: claim({
    name: 'category-c-explicit',
    statement:
      'Internal objects that outlive their entry point (category c) are "freed explicitly at the appropriate point".',
    experiment: 'An internal object made in one call and freed in the next, or forgotten.',
    expected: 'Freed, nothing is left; forgotten, it is: no gc knows it.',
  }),
  measure: async (laboratory) => {
    const first = ['enter,1,0,0', 'heap,2,4000,0', ...TEMPORARIES, 'leave,1,0,0', 'enter,3,0,0'];
    return {
      leftFreed: await blocksLeft(laboratory, GC_2010, [...first, 'free,2,0,0', 'leave,3,0,0']),
      leftForgotten: await blocksLeft(laboratory, GC_2010, [...first, 'leave,3,0,0']),
    };
  },
  judge: ({ leftFreed, leftForgotten }) =>
    confirmedIf(
      leftFreed === 0 && leftForgotten === 1,
      `Freed, ${leftFreed} blocks are left; forgotten, ${leftForgotten}.`,
    ),
});

export interface NestingNumbers {
  /** Blocks after the inner call: as the code does, and as the policy says. */
  readonly afterInnerCode: number;
  readonly afterInnerPolicy: number;
}

export const nestedReuse = trial<NestingNumbers>({
  claim: claim({
    name: 'nested-call-reuses-the-context',
    statement:
      'A public function may be called from within libxl, and "the internal caller’s context is reused".',
    experiment:
      'A public call within a public call: blocks that live when the inner one has returned, on the engine as the code is and under nested=reuse.',
    expected: 'The same number: the inner call’s temporaries live on in its caller’s context.',
  }),
  measure: async (laboratory) => {
    const trace = ['enter,1,0,0', 'temp,2,64,0', 'enter,3,0,0', ...TEMPORARIES, 'leave,3,0,0'];
    return {
      afterInnerCode: await blocksLeft(laboratory, GC_2010, trace),
      afterInnerPolicy: await blocksLeft(laboratory, GC_2010, trace, { nested: 'reuse' }),
    };
  },
  judge: ({ afterInnerCode, afterInnerPolicy }) =>
    confirmedIf(
      afterInnerCode === afterInnerPolicy,
      `Blocks that live when the inner call has returned: ${afterInnerCode} as the code of 2010 and of today does it, ` +
        `${afterInnerPolicy} if the context were reused${
          afterInnerCode < afterInnerPolicy ? ': the code makes a fresh gc and frees it at once' : ''
        }.`,
    ),
});
