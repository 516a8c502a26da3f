import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { PageAccount } from '../../../allocators/xen/page-account';
import {
  giveAccessesMax2008,
  giveAccessesMaxHead,
  takeAccessesMax2008,
  takeAccessesMaxHead,
} from '../../../allocators/xen/page-bounds';
import { subpageAllocAccessesMax, subpageFreeAccessesMax } from '../../../allocators/xen/tlsf-bounds';
import { END_OF_OPERATION, type AccessStream } from '../../../harness/machine/access-stream';
import { Machine } from '../../../harness/machine/machine';
import { OP } from '../../../traces/trace';
import { Churn } from './churn';

/** The stated worst cases: nothing exceeds them, and where it can be arranged they are reached. */

const pages = suite('page allocator');

const HEAP_ORDER = 10;
/**
 * By how much the last give, which joins the whole heap, differs from its bound: in 2008 the bitmap is asked for a
 * buddy beyond the end of a heap below 2^20 pages; today an empty list saves the load that this costs.
 */
const VERSIONS = [
  ['2008', takeAccessesMax2008, giveAccessesMax2008, 1],
  ['head', takeAccessesMaxHead, giveAccessesMaxHead, 0],
] as const;

for (const [version, takeMax, giveMax, lastGive] of VERSIONS) {
  pages(
    `${version}: a page cut out of the whole heap, and joined to it again, cost just their bounds`,
    () => {
      const { account, accessesOf } = pageAllocator(version);
      account.give(account.take(0), 0);
      let page = 0;
      const taken = accessesOf(() => {
        page = account.take(0);
      });
      assert.is(taken, takeMax(0, HEAP_ORDER));
      assert.is(
        accessesOf(() => account.give(page, 0)),
        giveMax(0, HEAP_ORDER) + lastGive,
      );
    },
  );

  for (const order of [1, 3, 7]) {
    pages(`${version}: blocks of order ${order} stay within their bounds`, () => {
      const { account, accessesOf } = pageAllocator(version);
      for (let round = 0; round < 3; round++) {
        let block = 0;
        const taken = accessesOf(() => {
          block = account.take(order);
        });
        assert.ok(taken <= takeMax(order, HEAP_ORDER));
        assert.ok(accessesOf(() => account.give(block, order)) <= giveMax(order, HEAP_ORDER) + 1);
      }
    });
  }
}

pages.run();

const tlsf = suite('TLSF');

for (const engine of ['xmalloc-tlsf-2008', 'xmalloc-tlsf']) {
  tlsf(`${engine}: below a page nothing exceeds the bound, and it is not far away`, () => {
    const heapOrder = 8;
    const allocMost = subpageAllocAccessesMax(takeAccessesMax2008(0, heapOrder));
    const freeMost = subpageFreeAccessesMax(giveAccessesMax2008(0, heapOrder) + 1);
    const worst = new WorstAccesses();
    for (let seed = 1; seed <= 10; seed++) {
      const churn = new Churn(engine, seed, {
        heapPages: 1 << heapOrder,
        largestBytes: 4000,
        drain: (batch) => worst.add(batch),
      });
      // The first call, which makes the pool, is not counted here.
      churn.run(1, 1000);
      churn.stack.machine.stream.flush();
      worst.forget();
      churn.run(1500, 20 * seed);
      churn.freeAll();
      churn.stack.machine.stream.flush();
    }
    assert.ok(worst.alloc <= allocMost && worst.alloc > 0.7 * allocMost, `${worst.alloc} of ${allocMost}`);
    assert.ok(worst.free <= freeMost && worst.free > 0.7 * freeMost, `${worst.free} of ${freeMost}`);
  });
}

for (const [engine, options] of [
  ['xenheap-pages', {}],
  ['xenheap-pages', { version: 'head', side: 'domheap' }],
  ['xmalloc-tlsf-2008', {}],
  ['xmalloc-tlsf', { 'page-version': 'head' }],
] as const) {
  tlsf(`${engine} ${Object.values(options).join(' ')}: no operation exceeds the stated bounds`, () => {
    const worst = new WorstAccesses();
    const churn = new Churn(engine, 5, {
      options,
      largestBytes: 40_000,
      drain: (batch) => worst.add(batch),
    });
    churn.run(2000, 30);
    churn.stack.machine.stream.flush();
    for (const { verb, most } of engineNamed(engine).bounds) {
      assert.ok(most !== undefined && (verb === 'free' ? worst.free : worst.alloc) <= most, verb);
    }
  });
}

tlsf.run();

class WorstAccesses {
  alloc = 0;
  free = 0;
  private current = 0;

  add(batch: AccessStream): void {
    let start = 0;
    let row = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const end = batch.segmentEnds[segment]!;
      this.current += end - start;
      start = end;
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) === 0) {
        continue;
      }
      if (batch.operationCodes[row++] === OP.free) {
        this.free = Math.max(this.free, this.current);
      } else {
        this.alloc = Math.max(this.alloc, this.current);
      }
      this.current = 0;
    }
  }

  forget(): void {
    this.alloc = 0;
    this.free = 0;
  }
}

/** A page allocator with nothing on it, and a way to count what it touches. */
function pageAllocator(version: string) {
  let accesses = 0;
  const machine = new Machine({
    heapPages: 1 << HEAP_ORDER,
    virtualPages: 1 << 15,
    drain: (batch) => {
      accesses += batch.entryCount;
    },
  });
  const account = PageAccount.open(machine, { 'page-version': version, 'idle-scrub': 0 });
  machine.boot();
  const accessesOf = (action: () => void) => {
    machine.stream.flush();
    accesses = 0;
    machine.stream.beginOperation(0, 0, 0, 0, 0);
    action();
    machine.stream.endOperation(0);
    machine.stream.flush();
    return accesses;
  };
  return { account, accessesOf };
}
