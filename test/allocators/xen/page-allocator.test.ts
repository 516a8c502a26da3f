import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PageAccount } from '../../../allocators/xen/page-account';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { SpareArrays } from '../../../harness/machine/memory';
import { NOTED } from '../../../harness/machine/domain-events';

/** The page allocator itself: what both versions share, and what today's does differently. */

const VERSIONS = ['2008', 'head'];

const both = suite('both versions');

for (const version of VERSIONS) {
  both(`${version}: hands out the highest piece of the smallest block that fits`, () => {
    const { take } = allocator(version, 64);
    assert.equal([take(0), take(0), take(1), take(3)], [63, 62, 60, 48]);
  });

  both(`${version}: a freed block goes to the back of its list`, () => {
    const { take, give } = allocator(version, 64);
    const pages = [take(0), take(0), take(0), take(0), take(0), take(0)];
    give(pages[1]!, 0);
    give(pages[3]!, 0);
    give(pages[5]!, 0);
    assert.equal([take(0), take(0), take(0)], [pages[1], pages[3], pages[5]]);
  });

  both(`${version}: joins buddies and serves the whole heap again`, () => {
    const { take, give, account } = allocator(version, 64);
    const pages = Array.from({ length: 64 }, () => take(0));
    assert.is(take(0), undefined);
    for (let index = 0; index < 64; index++) {
      give(pages[(index * 37) % 64]!, 0);
    }
    account.allocator.check();
    assert.is(take(6), 0);
  });

  both(`${version}: takes a naturally aligned piece of a larger block back`, () => {
    const { take, give, account } = allocator(version, 64);
    const block = take(3)!;
    give(block + 5, 0);
    give(block + 6, 1);
    assert.is(account.heldPages, 5);
    account.allocator.check();
    assert.equal([take(0), take(1)], [block + 5, block + 6]);
  });

  both(`${version}: a heap of any size falls into its binary decomposition`, () => {
    const { account } = allocator(version, 45);
    const blocks: number[][] = [];
    account.allocator.visitFree((address, order) => blocks.push([(address - HEAP_BASE) / 4096, order]));
    assert.equal(blocks, [[44, 0], [40, 2], [32, 3], [0, 5]]); // prettier-ignore
    account.allocator.check();
  });

  both(`${version}: a heap in memory that another machine left starts like one in fresh memory`, () => {
    const spare = new SpareArrays();
    const used = allocator(version, 45, 0, spare);
    const pages = Array.from({ length: 45 }, () => used.take(0)!);
    pages.slice(0, 30).forEach((page) => used.give(page, 0));
    used.machine.retire();
    assert.equal(dump(allocator(version, 45, 0, spare).machine), dump(allocator(version, 45).machine));
  });

  both(`${version}: the domheap side zeroes old pages, and only those; the xenheap side never does`, () => {
    const { account, machine, cleared } = allocator(version, 64);
    const first = account.takeZeroed(0);
    assert.is(cleared(), 0);
    machine.poke(first + 100, 7);
    account.giveZeroed(first, 0);
    assert.is(account.takeZeroed(0), first);
    assert.is(machine.peek(first + 100), 0);
    assert.is(cleared(), 64);
    machine.poke(first + 100, 7);
    account.giveZeroed(first, 0);
    assert.is(account.take(0), first);
    assert.is(machine.peek(first + 100), 7);
    assert.is(cleared(), 64);
    account.allocator.check();
  });

  both(`${version}: accounts tell whose pages are whose`, () => {
    const { account, machine } = allocator(version, 64);
    const other = PageAccount.open(machine, { 'page-version': version, 'idle-scrub': 0 });
    const mine = account.take(1);
    const theirs = other.take(0);
    assert.is(account.allocator, other.allocator);
    assert.ok(account.holds(mine, 8192) && !account.holds(theirs, 1));
    assert.is(machine.ledger.heldBytes, 4096 * (account.heldPages + other.heldPages));
  });
}

both('2008: no page of a fresh heap has an owner, old data, or types that a CPU may have cached', () => {
  const { account, machine } = allocator('2008', 45);
  for (let page = 0; page < 45; page++) {
    const owner = account.allocator.ownerWordAt(HEAP_BASE + page * 4096);
    const [count, types] = [machine.peek(owner - 4), machine.peek(owner + 4)];
    assert.equal([count, types], [0, 0], `page ${page}`);
  }
});

both.run();

const head = suite('today’s version');

head('serves orders to 18, that of 2008 to 20', () => {
  const pages = (1 << 18) + (1 << 19);
  assert.is(allocator('2008', pages).take(19), 0);
  assert.is(allocator('head', pages).take(19), undefined);
  assert.ok(allocator('head', pages).take(18) !== undefined);
});

head('idle CPUs move what they have scrubbed to the front', () => {
  const order = (idleScrub: number) => {
    const { take, give } = allocator('head', 64, idleScrub);
    const pages = Array.from({ length: 8 }, () => take(0)!);
    for (const index of [1, 3, 5]) {
      give(pages[index]!, 0);
    }
    return [take(0), take(0), take(0)].map((page) => pages.indexOf(page!));
  };
  assert.equal(order(0), [1, 3, 5]);
  assert.equal(order(1), [5, 3, 1]);
});

head('idle CPUs scrub as many pages as they may, the largest blocks first', () => {
  const { account, machine, cleared } = allocator('head', 64, 4);
  const large = account.take(2);
  const keep = account.take(2);
  const small = account.take(0);
  for (const page of [large, small]) {
    machine.poke(page + 8, 5);
  }
  account.give(large, 2);
  account.give(small, 0);
  account.takeZeroed(0);
  assert.is(machine.peek(large + 8), 0);
  assert.is(machine.peek(small + 8), 0, 'the small one was handed out, and zeroed on the way');
  assert.is(cleared(), 64);
  account.give(keep, 2);
  account.allocator.check();
});

head('who wants clean pages takes scrubbed blocks first, single pages excepted', () => {
  const { account } = allocator('head', 64);
  const pair = account.takeZeroed(1);
  const single = account.takeZeroed(0);
  account.takeZeroed(0);
  account.giveZeroed(pair, 1);
  account.giveZeroed(single, 0);
  assert.is.not(
    account.takeZeroed(1),
    pair,
    'an unscrubbed pair is passed over while a larger block is clean',
  );
  assert.is(account.takeZeroed(0), single, 'a single page is taken as it is');
  account.allocator.check();
  while (account.takeZeroed(1) !== 0) {
    continue;
  }
  assert.ok(account.holds(pair, 8192), 'unscrubbed blocks are taken when there is nothing else');
});

head('scrubbing in idle time needs today’s version', () => {
  const machine = new Machine({ heapPages: 64, virtualPages: 1 << 15 });
  assert.throws(
    () => PageAccount.open(machine, { 'page-version': '2008', 'idle-scrub': 4 }),
    /idle-scrub=4 with the page allocator of 2008/,
  );
});

head.run();

/** Every word of the frame table and of all that the allocator keeps beside it. */
function dump(machine: Machine): number[] {
  const [first, last] = [HEAP_BASE + machine.heapPages * 4096, machine.layout.limit];
  return Array.from({ length: (last - first) / 4 }, (_, word) => machine.peek(first + word * 4));
}

/** A page allocator with nothing on it; pages by number, undefined where none could be had. */
function allocator(version: string, heapPages: number, idleScrub = 0, spare = new SpareArrays()) {
  let clearedLines = 0;
  const machine = new Machine({
    heapPages,
    virtualPages: 1 << 15,
    spare,
    drain: (batch) => {
      for (let row = 0; row < batch.operationCount; row++) {
        clearedLines += batch.operationNoted[NOTED.linesCleared]![row]!;
      }
    },
  });
  const account = PageAccount.open(machine, { 'page-version': version, 'idle-scrub': idleScrub });
  machine.boot();
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  return {
    account,
    machine,
    take: (order: number) => {
      const address = account.take(order);
      return address === 0 ? undefined : (address - HEAP_BASE) / 4096;
    },
    give: (page: number, order: number) => account.give(HEAP_BASE + page * 4096, order),
    /** Lines cleared so far. */
    cleared: () => {
      machine.stream.endOperation(0);
      machine.stream.flush();
      machine.stream.beginOperation(0, 0, 0, 0, 0);
      return clearedLines;
    },
  };
}
