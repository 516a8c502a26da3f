import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import type { Vmalloc } from '../../../allocators/xen/vmalloc';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { HeapCorruption } from '../../../harness/machine/failures';
import { booted } from '../booted';
import { isBlock, isVirtual, NULL, VIRTUAL_BASE, ZERO, type Placement } from '../../../traces/trace';
import { RandomStream } from '../../../traces/random';

/** vmalloc and xvmalloc beyond what the goldens reach: contents, clean-up, options, the address search by an oracle. */

const vmalloc = suite('vmalloc');

vmalloc('keeps a guard page before and behind every mapping', () => {
  const { engine } = stackOf('vmalloc');
  const pages = [1, 3, 2].map((count) => pageOf(engine.allocate(count * 4096, 0)));
  assert.equal(pages, [2, 4, 8]);
  engine.free(at(4), 3 * 4096, 0);
  assert.is(pageOf(engine.allocate(4 * 4096, 0)), 11, 'four pages would touch their neighbours');
  assert.is(pageOf(engine.allocate(3 * 4096, 0)), 4);
  engine.check();
});

vmalloc('finds addresses as a plain search over an array of booleans does', () => {
  const { engine } = stackOf('vmalloc', 4096);
  const random = new RandomStream(7, 'mappings');
  const used = new Uint8Array(1 << 15);
  used[0] = 1;
  const live: { readonly page: number; readonly count: number }[] = [];
  for (let operation = 0; operation < 1500; operation++) {
    if (random.below(100) >= live.length) {
      const count = 1 + random.below(random.below(3) === 0 ? 40 : 4);
      const page = pageOf(engine.allocate(count * 4096, 0));
      assert.is(page, lowestHole(used, count));
      used.fill(1, page, page + count);
      live.push({ page, count });
    } else {
      const [{ page, count }] = live.splice(random.below(live.length), 1) as [
        { page: number; count: number },
      ];
      engine.free(at(page), count * 4096, 0);
      used.fill(0, page, page + count);
    }
  }
  engine.check();
});

vmalloc('gives everything back when there is no memory left, in either option', () => {
  for (const options of [{}, { 'page-tables': 'charged' }, { 'page-version': 'head' }]) {
    const { engine, machine } = stackOf('vmalloc', 64, options);
    engine.free(engine.allocate(4096, 0), 4096, 0);
    const idle = machine.pageSource!.freePages;
    assert.is(engine.allocate(64 * 4096, 0), NULL);
    assert.is(machine.pageSource!.freePages, idle);
    engine.check();
    const objects: Placement[] = [];
    for (let object = engine.allocate(9000, 0); isBlock(object); object = engine.allocate(9000, 0)) {
      objects.push(object);
    }
    engine.check();
    for (const object of objects) {
      engine.free(object, 9000, 0);
    }
    assert.is(machine.pageSource!.freePages, idle);
    engine.check();
  }
});

vmalloc('leaf page tables cost heap pages where they are charged', () => {
  const held = (options: Readonly<Record<string, string>>) => {
    const { engine, machine } = stackOf('vmalloc', 4096, options);
    for (let mapping = 0; mapping < 600; mapping++) {
      engine.allocate(4096, 0);
    }
    engine.check();
    return machine.ledger.heldBytes / 4096;
  };
  assert.is(
    held({ 'page-tables': 'charged' }) - held({}),
    2,
    '1200 pages of addresses, one table is there at boot',
  );
});

vmalloc('a table that cannot be had undoes the whole allocation', () => {
  const { engine, machine } = stackOf('vmalloc', 1024, { 'page-tables': 'charged' });
  const fillers = Array.from({ length: 254 }, () => engine.allocate(4096, 0));
  const source = machine.pageSource!;
  const drained: number[] = [];
  while (source.freePages > 5) {
    drained.push(source.take(0));
  }
  const before = source.freePages;
  assert.is(engine.allocate(4 * 4096, 0), NULL, 'the array, four pages, and no page for the second table');
  assert.is(source.freePages, before);
  for (const page of drained) {
    source.give(page, 0);
  }
  engine.check();
  for (const object of fillers) {
    engine.free(object, 4096, 0);
  }
  engine.check();
});

vmalloc('vzalloc clears every page, vmalloc only those that hold old data', () => {
  const { engine, machine } = stackOf('vmalloc');
  const dirty = (object: Placement) =>
    [0, 1].some((page) => machine.peek((engine as Vmalloc).frameAt(object + page * 4096) + 400) !== 0);
  for (const call of ['vmalloc', 'vzalloc']) {
    engine.callSite!('', call);
    const object = engine.allocate(8192, 0);
    assert.not(dirty(object), call);
    for (const page of [0, 1]) {
      machine.poke((engine as Vmalloc).frameAt(object + page * 4096) + 400, 9);
    }
    engine.free(object, 8192, 0);
  }
});

vmalloc('an address where no mapping starts cannot be freed', () => {
  const { engine } = stackOf('vmalloc');
  const object = engine.allocate(8192, 0);
  const inside = (object + 4096) as Placement;
  assert.throws(() => engine.free(inside, 0, 0), isCorruption);
});

vmalloc('an area too small for its bitmap is refused', () => {
  const machine = { heapPages: 64, virtualPages: 32_767 };
  assert.throws(
    () => createStack(engineNamed('vmalloc'), {}, machine, engineNamed),
    /a virtual area of 32767 pages/,
  );
});

vmalloc.run();

const xvmalloc = suite('xvmalloc');

xvmalloc('is xmalloc up to a page and vmalloc beyond', () => {
  const { engine } = stackOf('xvmalloc');
  assert.not(isVirtual(engine.allocate(4096, 0)));
  assert.ok(isVirtual(engine.allocate(4097, 0)));
  assert.is(engine.allocate(0, 0), ZERO);
});

xvmalloc('contents survive every kind of resize', () => {
  const { engine, machine } = stackOf('xvmalloc', 1024);
  const physical = (object: Placement, offset: number) =>
    isVirtual(object)
      ? (engine as unknown as { mappings: Vmalloc }).mappings.frameAt(object + offset) + (offset % 4096)
      : object + offset;
  const sizes = [100, 4000, 4096, 6000, 20_000, 9000, 3000, 40, 30_000];
  let object = engine.allocate(40, 0);
  let bytes = 40;
  for (const size of sizes) {
    for (let offset = 0; offset < bytes; offset += 4) {
      machine.poke(physical(object, offset), offset + bytes);
    }
    const resized = engine.reallocate!(object, size, 0, bytes);
    assert.ok(isBlock(resized));
    for (let offset = 0; offset + 4 <= Math.min(bytes, size); offset += 4) {
      assert.is(machine.peek(physical(resized, offset)), offset + bytes, `${bytes} to ${size} at ${offset}`);
    }
    object = resized;
    bytes = size;
    engine.check();
  }
  assert.is(engine.reallocate!(object, 0, 0, bytes), ZERO);
});

xvmalloc('a mapping that cannot shrink for lack of memory stays, one that cannot grow is refused', () => {
  const { engine, machine } = stackOf('xvmalloc', 64);
  const object = engine.allocate(5 * 4096, 0);
  while (machine.pageSource!.take(0) !== 0) {
    continue;
  }
  assert.is(engine.reallocate!(object, 2 * 4096, 0, 5 * 4096), object);
  assert.is(engine.reallocate!(object, 9 * 4096, 0, 5 * 4096), NULL);
  assert.is(engine.reallocate!(object, 5 * 4096 - 10, 0, 5 * 4096), object);
});

xvmalloc('xvzalloc clears heap objects and mappings, and not the arrays behind them', () => {
  const { engine, machine } = stackOf('xvmalloc');
  const first = engine.allocate(64, 0);
  for (let offset = 0; offset < 64; offset += 4) {
    machine.poke(first + offset, 3);
  }
  engine.free(first, 64, 0);
  engine.callSite!('', 'xvzalloc');
  const again = engine.allocate(64, 0);
  assert.is(again, first);
  assert.is(machine.peek(again + 60), 0);
});

xvmalloc.run();

function stackOf(engine: string, heapPages = 256, options: Readonly<Record<string, string>> = {}): Stack {
  return booted(engine, options, heapPages);
}

function isCorruption(error: unknown): boolean {
  return error instanceof HeapCorruption;
}

function pageOf(object: Placement): number {
  return (object - VIRTUAL_BASE) / 4096;
}

function at(page: number): Placement {
  return (VIRTUAL_BASE + page * 4096) as Placement;
}

/** The first page of the lowest run of `count` free pages with a free page on either side. */
function lowestHole(used: Uint8Array, count: number): number {
  for (let page = 1; ; page++) {
    if (!used.subarray(page - 1, page + count + 1).includes(1)) {
      return page;
    }
  }
}
