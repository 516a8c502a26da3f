import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { Fault } from '../../../harness/machine/failures';
import { Machine } from '../../../harness/machine/machine';
import { SpareArrays } from '../../../harness/machine/memory';
import { HEAP_BASE, MemoryLayout, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import { InputError } from '../../../traces/input-error';
import { StreamRecorder } from './stream-recorder';

const SEED = 20081121;

function machineOf(heapPages = 16): Machine {
  const machine = new Machine({ heapPages, virtualPages: 1 });
  machine.boot();
  return machine;
}

const isFault = (error: unknown) => error instanceof Fault;

const words = suite('words');

words('are little-endian whatever their width', () => {
  const machine = machineOf();
  machine.store64(HEAP_BASE, 0x1_2345_6789_abcd);
  assert.equal(
    Array.from({ length: 8 }, (_, byte) => machine.load8(HEAP_BASE + byte)),
    [0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01, 0],
  );
  assert.is(machine.load(HEAP_BASE), 0x6789_abcd);
  assert.is(machine.load16(HEAP_BASE + 4), 0x2345);
  assert.is(machine.chase64(HEAP_BASE), 0x1_2345_6789_abcd);
  machine.store16(HEAP_BASE + 2, 0x1_ffff);
  assert.is(machine.peek(HEAP_BASE), 0xffff_abcd);
  machine.storeHalves(HEAP_BASE, -1, 0x1f_ffff);
  assert.is(machine.load64(HEAP_BASE), Number.MAX_SAFE_INTEGER);
  machine.updateHalves(HEAP_BASE, 1, 2);
  assert.is(machine.peek64(HEAP_BASE), 0x2_0000_0001);
});

words('are unsigned, and stores keep their low bits', () => {
  const machine = machineOf();
  machine.store(HEAP_BASE, -1);
  assert.is(machine.load(HEAP_BASE), 0xffff_ffff);
  machine.store8(HEAP_BASE, 0x1fe);
  assert.is(machine.load(HEAP_BASE), 0xffff_fffe);
  machine.update(HEAP_BASE, 0x1_0000_0003);
  assert.is(machine.chase(HEAP_BASE), 3);
});

words('may lie at any address, in one access of its aligned word', () => {
  const recorder = new StreamRecorder();
  const machine = new Machine({ heapPages: 1, virtualPages: 1, drain: recorder.drain });
  machine.boot();
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  machine.store(HEAP_BASE + 5, 0x8765_4321);
  assert.is(machine.load(HEAP_BASE + 5), 0x8765_4321);
  assert.is(machine.load8(HEAP_BASE + 4), 0);
  assert.is(machine.load8(HEAP_BASE + 8), 0x87);
  machine.stream.endOperation(0);
  machine.stream.flush();
  const addresses = recorder.operations[0]!.accesses.map((access) => Number(access.split(' ')[1]));
  assert.equal(
    addresses,
    [4, 4, 4, 8].map((offset) => HEAP_BASE + offset),
  );
});

words('agree with an array of bytes', () => {
  const bytes = 64;
  const action = fc.record({
    width: fc.constantFrom(1, 2, 4, 8),
    address: fc.nat(bytes - 8),
    value: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
      const machine = machineOf(1);
      const model = new DataView(new ArrayBuffer(bytes));
      for (const { width, address, value } of actions) {
        const at = HEAP_BASE + address;
        const wide = BigInt(value);
        if (width === 1) {
          machine.store8(at, value % 256);
        }
        if (width === 2) {
          machine.store16(at, value % 65_536);
        }
        if (width === 4) {
          machine.store(at, value % 2 ** 32);
        }
        if (width === 8) {
          machine.store64(at, value);
        }
        if (width === 1) {
          model.setUint8(address, Number(wide & 0xffn));
        }
        if (width === 2) {
          model.setUint16(address, Number(wide & 0xffffn), true);
        }
        if (width === 4) {
          model.setUint32(address, Number(wide & 0xffff_ffffn), true);
        }
        if (width === 8) {
          model.setBigUint64(address, wide, true);
        }
      }
      for (let address = 0; address <= bytes - 8; address++) {
        const at = HEAP_BASE + address;
        assert.is(machine.load8(at), model.getUint8(address));
        assert.is(machine.load16(at), model.getUint16(address, true));
        assert.is(machine.load(at), model.getUint32(address, true));
        assert.is(BigInt(machine.peek(at)), model.getBigUint64(address, true) & 0xffff_ffffn);
      }
    }),
    { seed: SEED, numRuns: 50 },
  );
});

words('are all zero on a machine that uses what another has left', () => {
  const spare = new SpareArrays();
  const first = new Machine({ heapPages: 16, virtualPages: 1, spare });
  first.boot();
  first.fill(HEAP_BASE, 16 * PAGE_BYTES, 0xff);
  first.retire();
  assert.throws(() => first.peek(HEAP_BASE), isFault);
  const second = new Machine({ heapPages: 16, virtualPages: 1, spare });
  second.boot();
  for (let address = HEAP_BASE; address < HEAP_BASE + 16 * PAGE_BYTES; address += 4) {
    assert.is(second.peek(address), 0);
  }
});

words.run();

const bulk = suite('bulk verbs');

bulk('move and set bytes like a plain array, overlapping or not', () => {
  const bytes = 300;
  const action = fc.record({
    verb: fc.constantFrom('copy', 'fill', 'clear'),
    to: fc.nat(bytes - 1),
    from: fc.nat(bytes - 1),
    length: fc.nat(bytes),
    value: fc.nat(255),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30, size: 'max' }), (actions) => {
      const machine = machineOf(1);
      const model = Uint8Array.from({ length: bytes }, (_, index) => index);
      model.forEach((value, index) => machine.poke8(HEAP_BASE + index, value));
      for (const { verb, to, from, length, value } of actions) {
        const count = Math.min(length, bytes - to, verb === 'copy' ? bytes - from : bytes);
        if (verb === 'copy') {
          machine.copy(HEAP_BASE + to, HEAP_BASE + from, count);
        }
        if (verb === 'fill') {
          machine.fill(HEAP_BASE + to, count, value);
        }
        if (verb === 'clear') {
          machine.clear(HEAP_BASE + to, count);
        }
        if (verb === 'copy') {
          model.copyWithin(to, from, from + count);
        } else {
          model.fill(verb === 'fill' ? value : 0, to, to + count);
        }
      }
      assert.equal(
        Uint8Array.from({ length: bytes }, (_, index) => machine.peek8(HEAP_BASE + index)),
        model,
      );
    }),
    { seed: SEED, numRuns: 50 },
  );
});

bulk('touch every line of their range once, and count it', () => {
  for (const [start, bytes, lines] of [
    [0, 64, 1],
    [0, 65, 2],
    [63, 2, 2],
    [10, 54, 1],
    [10, 55, 2],
    [32, 0, 0],
    [1, 640, 11],
  ] as const) {
    const recorder = new StreamRecorder();
    const machine = new Machine({ heapPages: 4, virtualPages: 1, drain: recorder.drain });
    machine.boot();
    const source = HEAP_BASE + 4096 + start;
    machine.stream.beginOperation(0, 0, 0, 0, 0);
    machine.clear(HEAP_BASE + start, bytes);
    machine.copy(HEAP_BASE + start, source, bytes);
    machine.stream.endOperation(0);
    machine.stream.flush();
    const { accesses, noted } = recorder.operations[0]!;
    const kinds = accesses.map((access) => access.slice(0, 1)).join('');
    assert.is(kinds, '2'.repeat(lines) + '0'.repeat(lines) + '2'.repeat(lines));
    assert.equal(noted, lines === 0 ? {} : { linesCleared: lines, linesCopied: lines });
    const touched = accesses.slice(0, lines).map((access) => Math.floor(Number(access.split(' ')[1]) / 64));
    assert.equal(
      touched,
      Array.from({ length: lines }, (_, line) => (HEAP_BASE + start) / 64 - ((start / 64) % 1) + line),
    );
  }
});

bulk.run();

const bounds = suite('the bounds of memory');

bounds('fault on either side, for every verb', () => {
  const machine = machineOf(1);
  const end = machine.layout.limit;
  for (const address of [0, 8, HEAP_BASE - 1, end, end + 4096, 2 ** 32, 2 ** 53, -8, NaN]) {
    const verbs: (() => unknown)[] = [
      () => machine.load(address),
      () => machine.chase(address),
      () => machine.store(address, 1),
      () => machine.update(address, 1),
      () => machine.load8(address),
      () => machine.store8(address, 1),
      () => machine.load16(address),
      () => machine.store16(address, 1),
      () => machine.load64(address),
      () => machine.chase64(address),
      () => machine.store64(address, 1),
      () => machine.storeHalves(address, 1, 1),
      () => machine.updateHalves(address, 1, 1),
      () => machine.fill(address, 1, 1),
      () => machine.clear(address, 1),
      () => machine.copy(HEAP_BASE, address, 1),
      () => machine.copy(address, HEAP_BASE, 1),
      () => machine.peek(address),
      () => machine.peek8(address),
      () => machine.peek64(address),
      () => machine.poke(address, 1),
      () => machine.poke8(address, 1),
    ];
    for (const verb of verbs) {
      assert.throws(verb, isFault, `${verb} at ${address}`);
    }
  }
});

bounds('stop a word that only begins inside', () => {
  const machine = machineOf(1);
  const end = machine.layout.limit;
  assert.throws(() => machine.load(end - 2), isFault);
  assert.throws(() => machine.store(end - 2, 1), isFault);
  assert.throws(() => machine.load64(end - 4), isFault);
  assert.throws(() => machine.store16(end - 1, 1), isFault);
  assert.throws(() => machine.fill(end - 8, 9, 1), isFault);
  assert.throws(() => machine.copy(HEAP_BASE, end - 8, 9), isFault);
  machine.store64(end - 8, 1);
  assert.is(machine.load64(end - 8), 1);
});

bounds('a fault says where it was in the words of the layout', () => {
  const machine = new Machine({ heapPages: 1, virtualPages: 1 });
  const table = machine.reserve('frame table', 100);
  machine.boot();
  const problem = (address: number) => machine.layout.regionAt(address);
  assert.match(problem(8), 'null pointer');
  assert.is(problem(HEAP_BASE + 0x10), 'heap offset 0x10');
  assert.is(problem(table + 99), 'frame table+0x63');
  assert.is(problem(table + 100), 'unmapped memory');
  assert.throws(() => machine.load(8), /access to 0x8 outside mapped memory \(the null pointer/);
});

bounds.run();

const layout = suite('the layout');

layout('puts regions behind the heap, apart from each other and aligned', () => {
  const plan = new MemoryLayout(3);
  const asked = [
    ['a', 1, 64],
    ['b', 100, 4096],
    ['c', 8, 8],
    ['d', 0, 64],
    ['e', 40, 16],
  ] as const;
  const addresses = asked.map(([name, bytes, align]) => plan.reserve(name, bytes, align));
  let end = HEAP_BASE + 3 * PAGE_BYTES;
  asked.forEach(([, bytes, align], index) => {
    assert.is(addresses[index]! % align, 0);
    assert.ok(addresses[index]! >= end);
    end = addresses[index]! + bytes;
  });
  assert.is(plan.limit % PAGE_BYTES, 0);
  assert.ok(plan.limit >= end && plan.limit < end + PAGE_BYTES);
  assert.equal(
    plan.list().map(({ name }) => name),
    ['a', 'b', 'c', 'd', 'e'],
  );
});

layout('refuses in one line what 4 GiB do not hold', () => {
  const tooLarge = (error: unknown) => error instanceof InputError && !error.message.includes('\n');
  const pages = (0xffff_0000 - HEAP_BASE) / PAGE_BYTES;
  assert.is(new MemoryLayout(pages).limit, 0xffff_0000);
  assert.throws(() => new MemoryLayout(pages + 1), tooLarge);
  assert.throws(() => new MemoryLayout(2 ** 40), tooLarge);
  const plan = new MemoryLayout(pages);
  assert.throws(() => plan.reserve('frame table', 1, 64), /frame table does not fit/);
});

layout('of the default heap maps all of it', () => {
  const machine = machineOf(65_536);
  assert.ok(machine.isMapped(HEAP_BASE, 2 ** 28));
  machine.store(HEAP_BASE + 2 ** 28 - 4, 7);
  assert.is(machine.load(HEAP_BASE + 2 ** 28 - 4), 7);
});

layout.run();
