import * as fc from 'fast-check';
import type { Operation } from '../xen/witnesses/witness';

/** Random traces that go where allocators have their corners, and that shrink to few operations and small numbers. */

/** Many operations told as one, so that heaps fill up and come apart and it still shrinks. */
type Step =
  | {
      readonly kind: 'alloc' | 'realloc';
      readonly pick: number;
      readonly size: number;
      readonly align: number;
    }
  | { readonly kind: 'free'; readonly pick: number }
  | { readonly kind: 'burst'; readonly count: number; readonly size: number; readonly stride: number }
  | { readonly kind: 'sweep'; readonly every: number; readonly backwards: boolean };

const PAGE = 4096;

const around = (borders: fc.Arbitrary<number>, most: number): fc.Arbitrary<number> =>
  fc.tuple(borders, fc.integer({ min: -most, max: most })).map(([border, off]) => Math.max(0, border + off));

const powers = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max }).map((exponent) => 2 ** exponent);

/** Small sizes, sizes about classes and pages, and about the limits of words. */
export const SIZES: fc.Arbitrary<number> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: PAGE + 300 }) },
  { weight: 3, arbitrary: around(powers(3, 14), 17) },
  { weight: 3, arbitrary: fc.integer({ min: PAGE - 400, max: PAGE + 100 }) },
  {
    weight: 3,
    arbitrary: around(
      fc.integer({ min: 1, max: 40 }).map((pages) => pages * PAGE),
      300,
    ),
  },
  { weight: 1, arbitrary: around(powers(14, 26), 1) },
  {
    weight: 1,
    arbitrary: fc.oneof(around(powers(27, 52), 160), fc.constant(Number.MAX_SAFE_INTEGER)),
  },
);

const ALIGNS: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: powers(0, 12) },
  { weight: 1, arbitrary: powers(13, 33) },
);

const STRIDES = fc.constantFrom(0, 0, 1, -1, 16, -16, 128, -64, 1000);

function steps({ sizes, resizes }: TraceSettings): fc.Arbitrary<Step> {
  const pick = fc.nat(1000);
  const sized = { pick, size: sizes, align: ALIGNS };
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('alloc' as const), ...sized }) },
    { weight: 7, arbitrary: fc.record({ kind: fc.constant('free' as const), pick }) },
    {
      weight: resizes ? 4 : 0,
      arbitrary: fc.record({ kind: fc.constant('realloc' as const), ...sized }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('burst' as const),
        count: fc.integer({ min: 1, max: 40 }),
        size: sizes,
        stride: STRIDES,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('sweep' as const),
        every: fc.integer({ min: 1, max: 4 }),
        backwards: fc.boolean(),
      }),
    },
  );
}

export interface TraceSettings {
  readonly sizes: fc.Arbitrary<number>;
  readonly resizes: boolean;
  readonly stepsMax: number;
}

/** Traces that a program could have made. */
export function traces(settings: TraceSettings): fc.Arbitrary<Operation[]> {
  return fc.array(steps(settings), { maxLength: settings.stepsMax, size: 'max' }).map(operationsOf);
}

function operationsOf(told: readonly Step[]): Operation[] {
  const operations: Operation[] = [];
  const live: number[] = [];
  let nextId = 0;
  const allocate = (size: number, align: number): void => {
    live.push(nextId);
    operations.push({ op: 'alloc', id: nextId++, size: Math.max(0, size), align });
  };
  const free = (index: number): void => {
    operations.push({ op: 'free', id: live.splice(index, 1)[0]!, size: 0, align: 0 });
  };
  for (const step of told) {
    if (step.kind === 'alloc') {
      allocate(step.size, step.align);
    } else if (step.kind === 'burst') {
      for (let each = 0; each < step.count; each++) {
        allocate(step.size + each * step.stride, 0);
      }
    } else if (step.kind === 'sweep') {
      const swept = [...live.keys()].filter((index) => index % step.every === 0).reverse();
      const ids = swept.map((index) => live[index]!);
      for (const id of step.backwards ? ids : ids.reverse()) {
        free(live.indexOf(id));
      }
    } else if (live.length > 0) {
      const index = step.pick % live.length;
      if (step.kind === 'free') {
        free(index);
      } else {
        operations.push({ op: 'realloc', id: live[index]!, size: step.size, align: step.align });
      }
    }
  }
  return operations;
}

/** As a canonical trace, to be replayed by `alloc-replay run`. */
export function csvOf(operations: readonly Operation[]): string {
  return [
    'op,id,size,align',
    ...operations.map(({ op, id, size, align }) => `${op},${id},${size},${align}`),
    '',
  ].join('\n');
}
