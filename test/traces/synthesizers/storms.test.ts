import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { OP } from '../../../traces/trace';
import { synthesizerNamed } from '../../../traces/synthesizers/registry';
import { passOver } from './legal-trace';

const halfPage = synthesizerNamed('half-page-storm');
const nearPage = synthesizerNamed('near-page-storm');

test('a storm is a build, pairs of a free and an allocation, and a drain', () => {
  const operations: number[] = [];
  const pass = passOver(halfPage.open({ live: 3, ops: 2 }, 1), (event) => operations.push(event.op));
  assert.is(pass.problem, undefined);
  assert.equal(operations.map((op) => (op === OP.alloc ? 'a' : 'f')).join(''), 'aaa' + 'fafa' + 'fff');
});

test('sizes fill the whole range: 3796…4095 near a page, 1984…3712 from half a page on', () => {
  for (const [storm, smallest, largest] of [
    [nearPage, 3796, 4095],
    [halfPage, 1984, 3712],
  ] as const) {
    const sizes = new Set<number>();
    passOver(storm.open({ live: 1000, ops: 20_000 }, 7), (event) => {
      if (event.op === OP.alloc) {
        sizes.add(event.size);
      }
    });
    assert.is(Math.min(...sizes), smallest);
    assert.is(Math.max(...sizes), largest);
    assert.ok(sizes.size > (largest - smallest) * 0.99, `${sizes.size} sizes`);
  }
});

test('one fixed size is a range of one', () => {
  passOver(halfPage.open({ smallest: 3000, largest: 3000, live: 10, ops: 10 }, 1), (event) => {
    if (event.op === OP.alloc) {
      assert.is(event.size, 3000);
    }
  });
});

test('fifo frees the oldest, lifo the youngest, also in the drain', () => {
  const freed = (order: string) => {
    const ids: number[] = [];
    passOver(halfPage.open({ live: 4, ops: 6, order }, 1), (event) => {
      if (event.op === OP.free) {
        ids.push(event.id);
      }
    });
    return ids;
  };
  assert.equal(freed('fifo'), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(freed('lifo'), [3, 4, 5, 6, 7, 8, 9, 2, 1, 0]);
  assert.not.equal(freed('random'), freed('fifo'));
});

test('random victims are any of the living, each as likely', () => {
  const ages = new Array<number>(8).fill(0);
  passOver(halfPage.open({ live: 8, ops: 80_000, order: 'random' }, 3), (event, live) => {
    if (event.op === OP.free && live.size === 8) {
      ages[[...live.keys()].indexOf(event.id)]!++;
    }
  });
  // Twelve standard deviations of the chi-square distribution with 7 degrees of freedom: 7 + 12·√14.
  const chiSquare = ages.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquare < 52, `chi-square ${chiSquare} of ${ages}`);
});

test('the order of deaths does not change the sizes', () => {
  const sizes = (order: string) => {
    const drawn: number[] = [];
    passOver(halfPage.open({ order, live: 50, ops: 100 }, 5), (event) => {
      if (event.op === OP.alloc) {
        drawn.push(event.size);
      }
    });
    return drawn;
  };
  assert.equal(sizes('fifo'), sizes('random'));
});

test('any storm is a legal trace with the counts asked for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 150 }),
      fc.constantFrom('fifo', 'lifo', 'random'),
      fc.constantFrom('yes', 'no'),
      fc.nat(),
      (live, ops, order, drain, seed) => {
        const open = () => halfPage.open({ live, ops, order, drain, align: 8 }, seed);
        const pass = passOver(open());
        assert.is(pass.problem, undefined);
        assert.is(pass.livePeak, live);
        assert.is(pass.allocations, live + ops);
        assert.is(pass.liveAtEnd, drain === 'yes' ? 0 : live);
        assert.is(passOver(open()).identity, pass.identity);
      },
    ),
    { seed: 20081121, numRuns: 200 },
  );
});

test('seed and parameters change the identity', () => {
  const identity = (given: Record<string, number | string>, seed: number) =>
    passOver(halfPage.open({ live: 20, ops: 20, ...given }, seed)).identity;
  assert.is.not(identity({}, 1), identity({}, 2));
  assert.is.not(identity({}, 1), identity({ largest: 3711 }, 1));
});

test.run();
