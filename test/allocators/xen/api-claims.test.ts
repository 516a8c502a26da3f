import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AccessStream } from '../../../harness/machine/access-stream';
import { PRICED } from '../../../harness/machine/domain-events';
import { engineNamed } from '../../../allocators/registry';
import { createStack } from '../../../harness/replay/stack';
import { isBlock, NULL } from '../../../traces/trace';
import { booted } from '../booted';
import type { PhaseFigures } from '../../fidelity/phase-figures';
import { countStorm } from '../../fidelity/storm-replay';

/** What the RFC of 2008 claims of Xen's allocators, and the rubric of 2021 of today's, in the models. */

const rfc = suite('RFC 2008');

rfc('first-fit works in proportion to what is live, TLSF does not', async () => {
  for (const [engine, grows] of [
    ['xmalloc-first-fit', true],
    ['xmalloc-tlsf-2008', false],
    ['xmalloc-tlsf', false],
  ] as const) {
    const [few, many] = [await halfPageStorm(engine, 250), await halfPageStorm(engine, 1000)];
    for (const phase of ['steady alloc', 'steady free']) {
      const growth = instructions(many.get(phase)!) / instructions(few.get(phase)!);
      assert.ok(grows ? growth > 3.5 && growth < 4.2 : Math.abs(growth - 1) < 0.01, `${engine} ${growth}`);
    }
  }
});

rfc('a storm of near-page sizes does not show it', async () => {
  const storm = { engine: 'xmalloc-first-fit', storm: 'near', pairs: 500, drain: false } as const;
  const few = await countStorm({ ...storm, live: 250 });
  const many = await countStorm({ ...storm, live: 1000 });
  const growth = instructions(many.get('steady free')!) / instructions(few.get('steady free')!);
  assert.ok(Math.abs(growth - 1) < 0.05, `${growth}`);
});

rfc('a page costs two, two cost four, slightly less than a page costs two; today one, two and one', () => {
  const expected = [
    ['xmalloc-first-fit', [1, 2, 2, 2, 4]],
    ['xmalloc-tlsf-2008', [1, 1, 2, 2, 4]],
    ['xmalloc-tlsf', [1, 1, 1, 1, 2]],
  ] as const;
  for (const [engine, pages] of expected) {
    const sizes = [3968, 4064, 4081, 4096, 8192];
    assert.equal(sizes.map((bytes) => pagesOf(engine, bytes)), pages, engine); // prettier-ignore
  }
});

rfc.run();

const rubric = suite('rubric 2021');

rubric('what 1 to 8 pages, and a byte more, cost in pages', () => {
  const sizes = Array.from({ length: 8 }, (_, index) => (index + 1) * 4096);
  const expected = [
    ['xenheap-pages', [1, 2, 4, 4, 8, 8, 8, 8], [2, 4, 4, 8, 8, 8, 8, 16]],
    ['xmalloc-tlsf', [1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9]],
    ['vmalloc', [1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9]],
    ['xvmalloc', [1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8, 9]],
  ] as const;
  for (const [engine, even, odd] of expected) {
    assert.equal(sizes.map((bytes) => pagesOf(engine, bytes)), even, engine); // prettier-ignore
    assert.equal(sizes.map((bytes) => pagesOf(engine, bytes + 1)), odd, engine); // prettier-ignore
  }
});

rubric('in a heap of which every second page is taken only what maps pages gets eight', () => {
  for (const [engine, succeeds] of [
    ['xenheap-pages', false],
    ['xmalloc-tlsf', false],
    ['vmalloc', true],
    ['xvmalloc', true],
  ] as const) {
    const stack = booted(engine, {}, 256);
    const { engine: xen, machine } = stack;
    xen.free(xen.allocate(64, 0), 64, 0);
    const combed = machine.pageSource!;
    const taken: number[] = [];
    for (let page = combed.take(0); page !== 0; page = combed.take(0)) {
      taken.push(page);
    }
    for (const page of taken.filter((each) => (each / 4096) % 2 === 0)) {
      combed.give(page, 0);
    }
    assert.is(isBlock(xen.allocate(8 * 4096, 0)), succeeds, engine);
    assert.is(isBlock(xen.allocate(4096, 0)), true, engine);
  }
});

rubric('contiguous memory needs no mapping, vmalloc maps every page and flushes every page', () => {
  for (const [engine, maps] of [
    ['xenheap-pages', 0],
    ['xmalloc-tlsf', 0],
    ['vmalloc', 3],
    ['xvmalloc', 3],
  ] as const) {
    const counts = [0, 0, 0];
    const stack = stackOf(engine, (batch) => {
      for (let segment = 0; segment < batch.segmentCount; segment++) {
        [PRICED.maps, PRICED.unmaps, PRICED.tlbFlushes].forEach((event, index) => {
          counts[index]! += batch.segmentPriced[event]![segment]!;
        });
      }
    });
    const { stream } = stack.machine;
    stream.beginOperation(0, 0, 1, 12_000, 0);
    const object = stack.engine.allocate(12_000, 0);
    stream.endOperation(object);
    stream.beginOperation(1, 1, 1, 0, 0);
    stack.engine.free(object, 12_000, 0);
    stream.endOperation(NULL);
    stream.flush();
    assert.equal(counts, [maps, maps, maps], engine);
  }
});

rubric.run();

function halfPageStorm(engine: string, live: number): Promise<ReadonlyMap<string, PhaseFigures>> {
  return countStorm({ engine, storm: 'half', live, pairs: 500, drain: false });
}

function instructions(counts: PhaseFigures): number {
  return counts.instructions / counts.operations;
}

function stackOf(engine: string, drain: (batch: AccessStream) => void) {
  const machine = { heapPages: 64, virtualPages: 1 << 15, drain };
  return createStack(engineNamed(engine), {}, machine, engineNamed);
}

/** Pages that one object of that size holds, the pool object and what the array of page numbers took set aside. */
function pagesOf(engine: string, bytes: number): number {
  const { engine: xen, machine } = booted(engine, {}, 256);
  xen.free(xen.allocate(64, 0), 64, 0);
  const before = machine.ledger.heldBytes;
  assert.ok(isBlock(xen.allocate(bytes, 0)), `${engine} ${bytes}`);
  return (machine.ledger.heldBytes - before) / 4096;
}
