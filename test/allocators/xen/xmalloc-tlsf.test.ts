import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, HeapCorruption } from '../../../harness/machine/failures';
import type { Stack } from '../../../harness/replay/stack';
import { booted } from '../booted';
import { isBlock, NULL, ZERO, type Placement } from '../../../traces/trace';

/** Today's xmalloc beyond what the goldens reach: reallocs that fail, zeroing forms, whole pages, double frees. */

test('whole pages go back in pieces, and nothing is lost', () => {
  const { engine, machine } = stackOf();
  engine.free(engine.allocate(16, 0), 16, 0);
  const idle = machine.ledger.heldBytes;
  for (let pages = 1; pages <= 40; pages++) {
    const object = engine.allocate(pages * 4096, 0);
    assert.is(machine.ledger.heldBytes - idle, pages * 4096);
    assert.is(object % 4096, 0);
    engine.check();
    engine.free(object, 0, 0);
    assert.is(machine.ledger.heldBytes, idle);
    engine.check();
  }
});

test('a realloc that fails leaves the object as it was', () => {
  const { engine, machine } = stackOf(8);
  for (const bytes of [100, 5000]) {
    const object = engine.allocate(bytes, 0);
    machine.poke(object, 77);
    assert.is(engine.reallocate!(object, 100_000, 0, bytes), NULL);
    assert.is(machine.peek(object), 77);
    engine.free(object, bytes, 0);
    engine.check();
  }
});

test('a realloc keeps the contents where it moves, and the place where it does not', () => {
  const { engine, machine } = stackOf();
  let object = engine.allocate(100, 0);
  machine.poke(object + 108, 1234);
  assert.is(engine.reallocate!(object, 112, 0, 100), object, 'within the block');
  assert.is(engine.reallocate!(object, 10, 0, 112), object, 'never shrinks');
  object = engine.reallocate!(object, 3000, 0, 10);
  assert.is(machine.peek(object + 108), 1234, 'the last word of the block');
  machine.poke(object + 3004, 4321);
  object = engine.reallocate!(object, 9000, 0, 3000);
  assert.is(object % 4096, 0);
  assert.is(machine.peek(object + 108), 1234);
  assert.is(machine.peek(object + 3004), 4321);
  assert.is(engine.reallocate!(object, 12_288, 0, 9000), object, 'three pages hold 12288 bytes');
  assert.is(engine.reallocate!(object, 200, 0, 12_288), object, 'pages never shrink either');
  assert.is(engine.reallocate!(object, 0, 0, 200), ZERO);
  engine.check();
});

test('size 0 is a constant that may be freed and resized', () => {
  const { engine, machine } = stackOf();
  assert.is(engine.allocate(0, 0), ZERO);
  engine.free(ZERO, 0, 0);
  assert.is(machine.ledger.heldBytes, 0, 'nothing was taken for it, not even the pool');
  assert.ok(isBlock(engine.reallocate!(ZERO, 40, 0, 0)));
  assert.ok(isBlock(engine.reallocate!(NULL, 40, 0, 0)));
});

test('the zeroing forms clear what was asked for and nothing else does', () => {
  for (const [call, bytes, clears] of [
    ['xzalloc', 100, true],
    ['_xzalloc_array', 5000, true],
    ['xmalloc', 100, false],
    ['', 100, false],
  ] as const) {
    const { engine, machine } = stackOf();
    const object = engine.allocate(bytes, 0);
    for (let word = 0; word < bytes; word += 4) {
      machine.poke(object + word, 0xffff_ffff);
    }
    engine.free(object, bytes, 0);
    engine.callSite!('somewhere.c:1', call);
    const again = engine.allocate(bytes, 0);
    assert.is(again, object);
    const dirty = Array.from({ length: bytes / 4 }, (_, word) => machine.peek(again + 4 * word)).filter(
      Boolean,
    );
    assert.is(dirty.length === 0, clears, call);
  }
});

test('an aligned object lies as asked and gives its block back', () => {
  const { engine, machine } = stackOf(1024);
  const objects: Placement[] = [];
  for (let align = 1; align <= 1 << 15; align *= 2) {
    const object = engine.allocate(24, align);
    assert.is(object % align, 0);
    objects.push(object);
  }
  engine.check();
  for (const object of objects) {
    engine.free(object, 24, 0);
  }
  engine.check();
  assert.is(machine.ledger.heldBytes, 8192, 'the pool object alone remains');
});

test('freeing pages twice stops today’s system, and leads that of 2008 into a page fault', () => {
  for (const [version, failure] of [
    ['head', HeapCorruption],
    ['2008', Fault],
  ] as const) {
    const { engine } = stackOf(256, { 'page-version': version });
    const object = engine.allocate(10_000, 0);
    engine.free(object, 0, 0);
    assert.throws(
      () => engine.free(object, 0, 0),
      (error: unknown) => error instanceof failure,
    );
  }
});

test('an emptied page goes back at once, and the pool object never', () => {
  const { engine, machine } = stackOf();
  const first = engine.allocate(3000, 0);
  const second = engine.allocate(3000, 0);
  assert.is(machine.ledger.heldBytes, 4 * 4096);
  engine.free(first, 0, 0);
  assert.is(machine.ledger.heldBytes, 3 * 4096);
  engine.free(second, 0, 0);
  assert.is(machine.ledger.heldBytes, 2 * 4096);
});

test.run();

function stackOf(heapPages = 256, options: Readonly<Record<string, string>> = {}): Stack {
  return booted('xmalloc-tlsf', options, heapPages);
}
