import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError, UsageError } from '../../../traces/input-error';
import { recordingName } from '../../../traces/importers/import-source';
import { importText, type GivenOptions } from './importing';

/** The rules that all formats share, shown in mtrace's lines: the barest of them. */

const imported = (lines: string, options: GivenOptions = {}) =>
  importText(lines.trim().replace(/^ +/gm, ''), options, 'mtrace');

test('every allocation is a new object, wherever it lies', async () => {
  const { events, counts, accounting } = await imported(`
    + 0x10 0x64
    + 0x20 0xc8
    - 0x10
    + 0x10 0x12c
    - 0x20`);
  assert.equal(events, ['alloc 0 100', 'alloc 1 200', 'free 0', 'alloc 2 300', 'free 1']);
  assert.equal(counts, {});
  assert.equal([accounting.lines, accounting.events], [5, 5]);
  assert.equal([accounting.allocs, accounting.frees], [3, 2]);
  assert.equal([accounting.liveAtEnd, accounting.liveBytesAtEnd], [1, 300]);
  assert.equal([accounting.peakLiveObjects, accounting.peakLiveBytes], [2, 500]);
});

test('a free of what is not live is an orphan and no event', async () => {
  const { events, counts } = await imported('+ 0x10 0x1\n- 0x20\n- 0x10\n- 0x10');
  assert.equal(events, ['alloc 0 1', 'free 0']);
  assert.equal(counts, { orphanFrees: 2 });
});

test('an allocation where something is live means that its free was missed', async () => {
  const { events, counts } = await imported('+ 0x10 0x1\n+ 0x10 0x2\n- 0x10');
  assert.equal(events, ['alloc 0 1', 'free 0', 'alloc 1 2', 'free 1']);
  assert.equal(counts, { missedFrees: 1 });
});

test('a reallocation keeps the object and moves its address', async () => {
  const { events, counts } = await imported(
    '+ 0x10 0x1\n< 0x10\n> 0x20 0x2\n- 0x10\n< 0x20\n> 0x20 0x3\n- 0x20',
  );
  assert.equal(events, ['alloc 0 1', 'realloc 0 2', 'realloc 0 3', 'free 0']);
  assert.equal(counts, { orphanFrees: 1 });
});

test('a reallocation onto something live means that a free was missed', async () => {
  const { events, counts } = await imported('+ 0x10 0x1\n+ 0x20 0x2\n< 0x10\n> 0x20 0x3\n- 0x20');
  assert.equal(events, ['alloc 0 1', 'alloc 1 2', 'free 1', 'realloc 0 3', 'free 0']);
  assert.equal(counts, { missedFrees: 1 });
});

test('a reallocation of what is not live makes a new object', async () => {
  const { events, counts } = await imported('< 0x10\n> 0x20 0x2\n- 0x20');
  assert.equal(events, ['alloc 0 2', 'free 0']);
  assert.equal(counts, { orphanReallocs: 1 });
});

test('a failure leaves everything as it was', async () => {
  const { events, counts } = await imported('+ 0x10 0x1\n! 0x10 0xffff\n+ (nil) 0xffff\n- 0x10');
  assert.equal(events, ['alloc 0 1', 'free 0']);
  assert.equal(counts, { failed: 2 });
});

test('a free of null is counted and no event', async () => {
  assert.equal((await imported('- (nil)\n- 0x0')).counts, { nullFrees: 2 });
});

test('the peak is that of requested bytes, with reallocations', async () => {
  const { accounting } = await imported('+ 0x10 0x64\n< 0x10\n> 0x10 0x3e8\n< 0x10\n> 0x10 0x1\n+ 0x20 0x2');
  assert.equal([accounting.peakLiveBytes, accounting.liveBytesAtEnd, accounting.liveAtEnd], [1000, 3, 2]);
});

const mixed = `
  + 0x10 0x64
  + 0x20 0xc8
  + 0x30 0x12c
  - 0x20
  < 0x10
  > 0x40 0x65
  + 0x20 0x190
  - 0x30
  - 0x40`;

test('leaks are closed newest or oldest first', async () => {
  const leaky = '+ 0x10 0x1\n+ 0x20 0x2\n+ 0x30 0x3\n< 0x10\n> 0x50 0x4\n- 0x20';
  const start = ['alloc 0 1', 'alloc 1 2', 'alloc 2 3', 'realloc 0 4', 'free 1'];
  const newest = await imported(leaky, { closeLeaks: 'newest' });
  assert.equal(newest.events, [...start, 'free 2', 'free 0']);
  assert.equal(newest.counts, { closedLeaks: 2 });
  assert.equal([newest.accounting.liveAtEnd, newest.accounting.events], [2, 7]);
  assert.equal((await imported(leaky, { closeLeaks: 'oldest' })).events, [...start, 'free 0', 'free 2']);
});

test('skipped events leave no half of an object behind', async () => {
  const { events, counts, accounting } = await imported(mixed, { skipEvents: 4 });
  // Object 0x10 was allocated in the skipped part: its reallocation is the first that is known of it.
  assert.equal(events, ['alloc 0 101', 'alloc 1 400', 'free 0']);
  assert.equal(counts, { skippedEvents: 4, skippedObjectFrees: 1 });
  assert.is(accounting.liveAtEnd, 1);
  assert.equal((await imported(mixed, { skipEvents: 1000 })).events, []);
  assert.equal((await imported(mixed, { skipEvents: 1000 })).counts, { skippedEvents: 8 });
});

test('a limit stops the import; leaks may still be closed', async () => {
  assert.equal((await imported(mixed, { limitEvents: 2 })).events, ['alloc 0 100', 'alloc 1 200']);
  const closed = await imported(mixed, { limitEvents: 5, closeLeaks: 'newest' });
  assert.equal(closed.events, ['alloc 0 100', 'alloc 1 200', 'alloc 2 300', 'free 1', 'realloc 0 101', 'free 2', 'free 0']); // prettier-ignore
  assert.is(closed.accounting.lines, 6);
  const skipped = await imported(mixed, { skipEvents: 4, limitEvents: 1 });
  assert.equal(skipped.events, ['alloc 0 101']);
  assert.equal((await imported(mixed, { limitEvents: 0 })).events, []);
});

test('a missed free at the limit does not pass it', async () => {
  const { events, counts } = await imported('+ 0x10 0x1\n+ 0x10 0x2', { limitEvents: 2 });
  assert.equal(events, ['alloc 0 1', 'free 0']);
  assert.equal(counts, { missedFrees: 1 });
});

test('objects are in the trace while they are large enough', async () => {
  const { events, counts } = await imported(
    '+ 0x10 0x63\n+ 0x20 0x64\n- 0x10\n< 0x20\n> 0x20 0x10\n< 0x20\n> 0x30 0x200\n< 0x30\n> 0x30 0x201\n- 0x30',
    { minSizeBytes: 100 },
  );
  assert.equal(events, ['alloc 0 100', 'free 0', 'alloc 1 512', 'realloc 1 513', 'free 1']);
  assert.equal(counts, { smallAllocs: 1 });
});

for (const [what, text, place] of [
  [
    'an unparsed line',
    '+ 0x10 0x1\ngarbage',
    'log:2:1: the line is not of this format; expected "+ ADDRESS SIZE"',
  ],
  ['an orphan', '- 0x10', 'log:1:1: free of an address that is not live; expected a recording that saw'],
  ['a missed free', '+ 0x10 0x1\n+ 0x10 0x1', 'log:2:1: allocation at an address that is still live'],
  ['an orphan reallocation', '< 0x10\n> 0x20 0x1', 'log:2:1: reallocation of an address that is not live'],
] as const) {
  test(`strict refuses ${what}`, async () => {
    assert.ok((await imported(text)).events, 'is forgiven otherwise');
    try {
      await imported(text, { strict: true });
    } catch (error) {
      assert.instance(error, InputError);
      assert.match((error as Error).message, place);
      return;
    }
    assert.unreachable('was not refused');
  });
}

test('strict forgives what is no fault of the recording', async () => {
  const { counts } = await imported('= Start\n+ (nil) 0x10\n- (nil)\n+ 0x10 0x1\n= End', { strict: true });
  assert.equal(counts, { failed: 1, nullFrees: 1 });
});

test('options that do not fit are refused', async () => {
  const refusal = async (options: GivenOptions) => {
    try {
      await imported('+ 0x10 0x1', options);
    } catch (error) {
      assert.instance(error, UsageError);
      return (error as Error).message;
    }
    return 'was accepted';
  };
  assert.match(await refusal({ pid: 7 }), 'pid: the format mtrace has no use for this option; expected of the options that depend on the format, only sites'); // prettier-ignore
  assert.match(await refusal({ skipEvents: -1 }), 'skipEvents: -1; expected a whole number');
  assert.match(await refusal({ limitEvents: 1.5 }), 'limitEvents: 1.5; expected a whole number');
  assert.match(await refusal({ minSizeBytes: NaN }), 'minSizeBytes: NaN');
});

test('a line of more than 1 MiB is not parsed', async () => {
  const { events, counts } = await imported(`+ 0x10 0x1\n@ ${'x'.repeat(1 << 20)} + 0x20 0x1\n- 0x10`);
  assert.equal(events, ['alloc 0 1', 'free 0']);
  assert.equal(counts, { unparsedLines: 1 });
});

test('alignments become powers of two, the next one up', async () => {
  const lines = [0, 1, 2, 3, 64, 65, 4096].map(
    (align, i) => `--7-- memalign(al ${align}, size 5) = 0x${i + 1}0`,
  );
  const { events, counts } = await importText(lines.join('\n'), {}, 'valgrind');
  assert.equal(
    events.map((event) => event.split(' ')[3] ?? 'align=0'),
    ['align=0', 'align=0', 'align=2', 'align=4', 'align=64', 'align=128', 'align=4096'],
  );
  assert.equal(counts, { roundedAligns: 2 });
  const absurd = await importText('--7-- memalign(al 9007199254740991, size 5) = 0x10', {}, 'valgrind');
  assert.equal(absurd.counts, { unparsedLines: 1 });
});

test('the identity does not depend on the file, only on the events', async () => {
  const one = await imported('= Start\n+ 0x10 0x1\n- 0x10');
  assert.is(one.identity, (await imported('+ 0x20 0x1\n- 0x99\n- 0x20')).identity);
  assert.is.not(one.identity, (await imported('+ 0x20 0x2\n- 0x20')).identity);
});

test('a recording gives the trace its name', () => {
  assert.is(recordingName('some/where/sqlite3-2000.vg.txt.gz'), 'sqlite3-2000');
  assert.is(recordingName('C:\\logs\\a.b.heaptrack.zst'), 'a.b');
  assert.is(recordingName('.gz'), 'recording');
  assert.is(recordingName('<stdin>'), '<stdin>');
});

test.run();
