import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError } from '../../../traces/input-error';
import { importText } from './importing';

/** Self-made traces; those of the courses may not be shipped. */

const body = 'a 0 512\na 1 128\nr 0 640\nf 1\nf 0\n';

for (const [header, kind] of [
  ['20000\n2\n5\n1\n', 'of 2002'],
  ['1\n2\n5\n768\n', 'of 2016'],
  ['0\n2\n5\n0\n', 'of the third set'],
] as const) {
  test(`the header ${kind} is known`, async () => {
    const { events, counts, format, accounting } = await importText(header + body);
    assert.is(format, 'malloclab');
    assert.equal(events, ['alloc 0 512', 'alloc 1 128', 'realloc 0 640', 'free 1', 'free 0']);
    assert.equal(counts, {});
    assert.equal(accounting.notes, []);
    assert.is(accounting.peakLiveBytes, 768);
  });
}

test('a header of no known kind, or that miscounts, is remarked on', async () => {
  const { accounting } = await importText('2\n1\n7\n2\n' + body);
  assert.match(accounting.notes[0]!, 'the header 2/1/7/2 is of no known kind');
  assert.match(accounting.notes[1]!, 'the header says 7 operations, there are 5');
  assert.match(accounting.notes[2]!, 'the header says 1 ids, the highest is 1');
  try {
    await importText('1\n2\n7\n768\n' + body, { strict: true });
    assert.unreachable('was accepted');
  } catch (error) {
    assert.is((error as Error).message, 'log: the header says 7 operations, there are 5');
  }
});

test('a reallocation of an id that was never or is no longer allocated is an allocation', async () => {
  const { events, counts } = await importText('0\n2\n6\n0\nr 0 16\nr 0 32\nf 0\nr 0 48\nr 0 0\nr 1 0\n\n');
  assert.equal(events, ['alloc 0 16', 'realloc 0 32', 'free 0', 'alloc 1 48', 'free 1', 'alloc 2 0']);
  assert.equal(counts, {});
});

test('-1 is null, ids may be freed twice, and blank lines end the file', async () => {
  const { events, counts } = await importText('0\n1\n4\n0\na 0 1\nf 0\nf -1\nf 0\n\n');
  assert.equal(events, ['alloc 0 1', 'free 0']);
  assert.equal(counts, { nullFrees: 1, orphanFrees: 1 });
});

test('another header is refused', async () => {
  try {
    await importText('0\nx\n4\n0\na 0 1\n', {}, 'malloclab');
    assert.unreachable('was accepted');
  } catch (error) {
    assert.instance(error, InputError);
    assert.match((error as Error).message, 'log:2:1: the header is not that of a malloc lab trace');
  }
});

for (const damaged of ['a 1', 'f', 'f 1 2', 'x 1 2', 'a -1 5', 'a1 5', 'r 1 -5']) {
  test(`${damaged} is no line of the grammar`, async () => {
    const { events, counts } = await importText(`0\n1\n2\n0\na 0 1\n${damaged}\nf 0\n`);
    assert.equal(events, ['alloc 0 1', 'free 0']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test.run();
