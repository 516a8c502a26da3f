import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { POOL_QUIRKS } from '../../../allocators/plan9/quirks';
import { UsageError } from '../../../traces/input-error';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { goldenText } from './vector-files';
import { NULL } from '../../../traces/trace';
import { HEAP_PAGES, replayed, stackOf } from './replayed';

/** The pool behind the engine port. */

for (const [layout, trace] of [
  ['ilp32', 'mixed20k'],
  ['ilp32', 'churn10k'],
  ['llp64', 'storm10k'],
  ['lp64', 'mixed20k'],
] as const) {
  test(`a replay of ${trace} under ${layout} yields the first four columns of the golden`, async () => {
    const rows = goldenText(`traces/${trace}.csv.gz`).trimEnd().split('\n').slice(1);
    const { report, text } = await replayed(rows, { layout });
    assert.is(report.outcome.kind, 'ok');
    const golden = goldenText(`${layout}-sbrkmem/${trace}.csv.gz`)
      .split('\n')
      .filter((line) => !line.includes(',state,'))
      .map((line) => line.split(',').slice(0, 4).join(','));
    assert.is(text === golden.join('\n'), true);
  });
}

for (const { name, demonstration } of POOL_QUIRKS) {
  if (demonstration === undefined) {
    continue;
  }
  test(`the quirk ${name} shows`, async () => {
    const { report, stack, placements, heldBytes } = await replayed(
      demonstration.operations,
      demonstration.options,
    );
    const stopped = 'problem' in report.outcome ? report.outcome.problem : undefined;
    const seen = { placements, heldBytes, accesses: [], stopped, machine: stack.machine };
    assert.is(demonstration.shows(seen), true, JSON.stringify({ placements, heldBytes, stopped }));
  });
}

test('malloc asks the pool for two words more and hides them', () => {
  const bare = stackOf().engine;
  const shimmed = stackOf({ shim: 'malloc' }).engine;
  for (const bytes of [0, 1, 24, 100, 5000]) {
    assert.is(shimmed.allocate(bytes, 0), bare.allocate(bytes + 8, 0) + 8);
  }
  const block = shimmed.allocate(100, 0);
  assert.is(shimmed.usableSize(block), 104);
  assert.is(shimmed.blockAt(block)?.headerBytes, 16);
  const aligned = shimmed.alignedAllocate(100, 256, 16, 0);
  assert.is(aligned % 256, 16);
  const grown = shimmed.reallocate(aligned, 4000, 0);
  shimmed.free(grown);
  shimmed.check();
});

test('the tags that malloc adds make the largest requests small ones', () => {
  const bare = stackOf().engine;
  const shimmed = stackOf({ shim: 'malloc' }).engine;
  assert.is(shimmed.allocate(0xffff_fffc, 0), bare.allocate(4, 0) + 8);
  assert.is(shimmed.allocate(0x1_0000_0000, 0), NULL);
  assert.is(stackOf({ shim: 'malloc', layout: 'lp64' }).engine.allocate(0xffff_fffc, 0), NULL);
});

test('an aligned realloc copies its object from where a compaction has moved it', () => {
  const { engine, machine } = stackOf({ move: 'on', maxsize: '29000' });
  const blocks = Array.from({ length: 24 }, () => engine.allocate(1000, 0));
  const last = blocks.at(-1)!;
  for (let byte = 0; byte < 1000; byte++) {
    machine.poke8(last + byte, byte & 0xff);
  }
  blocks.forEach((block, index) => index % 2 === 0 && engine.free(block));
  let moves = 0;
  engine.watchMoves(() => moves++);
  const moved = engine.reallocate(last, 4500, 64, 1000);
  assert.ok(moves > 0);
  assert.is(moved % 64, 0);
  const bytes = Array.from({ length: 1000 }, (_, byte) => machine.peek8(moved + byte));
  assert.equal(
    bytes,
    bytes.map((_, byte) => byte & 0xff),
  );
  engine.check();
});

test('the kernel’s malloc zeroes what it returns, the C library’s does not', () => {
  for (const [preset, expected] of [
    ['sbrkmem', 0x41],
    ['mainmem', 0],
  ] as const) {
    const { engine, machine } = stackOf({ preset, shim: 'malloc' });
    const first = engine.allocate(64, 0);
    machine.poke8(first + 40, 0x41);
    engine.free(first);
    const again = engine.allocate(64, 0);
    assert.is(again, first);
    assert.is(machine.peek8(again + 40), expected, preset);
  }
});

test('an aligned wish is honoured by allocate and, with a move, by reallocate', () => {
  const { engine, machine } = stackOf();
  const object = engine.allocate(100, 4096);
  assert.is(object % 4096, 0);
  machine.poke8(object + 99, 0x5a);
  const moved = engine.reallocate(object, 300, 1024, 100);
  assert.is(moved % 1024, 0);
  assert.is(machine.peek8(moved + 99), 0x5a);
  engine.check();
});

test('requests of 2 GiB and more fail, whatever their size', () => {
  const { engine } = stackOf();
  for (const bytes of [2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1]) {
    assert.is(engine.allocate(bytes, 0), 0);
    assert.is(engine.allocate(bytes, 64), 0);
  }
  engine.check();
});

test('a compaction tells moves of aligned objects by the pointers their users hold', () => {
  const { engine, machine } = stackOf({ move: 'on' });
  const hole = engine.allocate(1000, 0);
  const aligned = engine.alignedAllocate(100, 64, 0, 0);
  const odd = engine.alignedAllocate(100, 2, 1, 0);
  machine.poke8(aligned + 7, 0x77);
  machine.poke8(odd + 7, 0x78);
  engine.free(hole);
  const moves: [number, number][] = [];
  assert.is(
    engine.compact((from, to) => moves.push([from, to])),
    true,
  );
  for (const [object, value] of [
    [aligned, 0x77],
    [odd, 0x78],
  ] as const) {
    const move = moves.find(([from]) => from === object);
    assert.ok(move, JSON.stringify(moves));
    assert.is(machine.peek8(move[1] + 7), value);
  }
  engine.check();
});

test('without a move callback compaction does nothing', () => {
  const { engine } = stackOf();
  const hole = engine.allocate(1000, 0);
  engine.allocate(16, 0);
  engine.free(hole);
  assert.is(
    engine.compact(() => assert.unreachable()),
    false,
  );
});

test('an overrun ends a replay as corrupt, at the operation that notices', async () => {
  const rows = ['alloc,1,100', 'alloc,2,16', 'overrun,1,1,0,0,0,,,,65', 'alloc,3,5', 'free,1', 'free,2'];
  const { report } = await replayed(rows);
  assert.is(report.outcome.kind, 'corrupt');
  assert.match('problem' in report.outcome ? report.outcome.problem : '', 'mem user overflow');
  assert.is('index' in report.outcome ? report.outcome.index : -1, 4);
});

test('a size that leads to the control regions behind the heap faults, as it would in a process', () => {
  const { engine, machine } = stackOf();
  const object = engine.allocate(100, 0);
  const block = object - 8;
  const beyond = machine.layout.list()[0]!.address;
  machine.poke(block + 4, beyond + 64 - block);
  assert.throws(
    () => engine.free(object),
    (failure: Error) => failure.name === 'Fault' && failure.message.includes('outside the heap'),
  );
});

test('PARANOIA makes the next call notice, VERBOSITY and LOGGING change no placement', () => {
  const paranoid = stackOf({ flags: '2' });
  const victim = paranoid.engine.allocate(100, 0);
  paranoid.machine.poke8(victim + 100, 0x41);
  assert.throws(() => paranoid.engine.allocate(5, 0), /mem user overflow/);
  const [plain, wordy] = [stackOf().engine, stackOf({ flags: '28' }).engine];
  for (const bytes of [100, 5000, 3, 70]) {
    assert.is(wordy.allocate(bytes, 0), plain.allocate(bytes, 0));
  }
  wordy.dump();
  wordy.poolCheck();
});

test('arenas lie at the top of the heap under a descending source', () => {
  const { engine } = stackOf({ descending: 'on' });
  const object = engine.allocate(16, 0);
  assert.ok(object > HEAP_BASE + HEAP_PAGES * 4096 - 8192);
  engine.check();
});

test('options that cannot be followed are refused', () => {
  for (const options of [{ quantum: '12' }, { quantum: '0' }, { flags: '128' }, { layout: 'lp32' }]) {
    assert.throws(
      () => stackOf(options as unknown as Record<string, string>),
      (error: Error) => error instanceof UsageError,
    );
  }
});

test.run();
