import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText } from './importing';

const genuine = `= Start
@ ./mt:[0x12c6] + 0x5641f3f294a0 0x9df
@ ./mt:[0x12c6] + 0x5641f3f2a790 0x10
@ ./mt:[0x12c6] < 0x5641f3f2a790
@ ./mt:[0x12c6] > 0x5641f3f2a7f0 0x344
@ ./mt:[0x1396] - 0x5641f3f294a0
@ /lib/x86_64-linux-gnu/libc.so.6:(__strdup+1a)[0x9e9aa] + 0x5641f3f74b80 0x4
= End
`;

test('the records of glibc', async () => {
  const { events, counts, format } = await importText(genuine);
  assert.is(format, 'mtrace');
  assert.equal(events, ['alloc 0 2527', 'alloc 1 16', 'realloc 1 836', 'free 0', 'alloc 2 4']);
  assert.equal(counts, {});
});

test('the caller is the site if sites are wanted', async () => {
  const { events } = await importText(genuine, { sites: true });
  assert.equal(events, [
    'alloc 0 2527 site=./mt:[0x12c6]',
    'alloc 1 16 site=./mt:[0x12c6]',
    'realloc 1 836 site=./mt:[0x12c6]',
    'free 0',
    'alloc 2 4 site=/lib/x86_64-linux-gnu/libc.so.6:(__strdup+1a)[0x9e9aa]',
  ]);
});

test('a path may look like a record; the end of the line counts', async () => {
  const { events } = await importText(
    '@ /a b/c - 0x10 + 0x20 0x7/mt:[0x1] + 0x30 0x5\n@ x - 0x30',
    {},
    'mtrace',
  );
  assert.equal(events, ['alloc 0 5', 'free 0']);
});

test('sizes of 0 and null results are printed otherwise than in hexadecimal', async () => {
  const { events, counts } = await importText(
    '+ 0x10 0\n+ (nil) 0x7fffffff\n! 0x10 0x7fffffff',
    {},
    'mtrace',
  );
  assert.equal(events, ['alloc 0 0']);
  assert.equal(counts, { failed: 2 });
});

test('addresses in the upper half are kept apart', async () => {
  const { events } = await importText('+ 0xfffffffffffffff0 0x1\n+ 0xfffffffffffffff8 0x2\n- 0xfffffffffffffff0', {}, 'mtrace'); // prettier-ignore
  assert.equal(events, ['alloc 0 1', 'alloc 1 2', 'free 0']);
});

test('half a reallocation is unfinished, and the old block stays', async () => {
  const { events, counts } = await importText('+ 0x10 0x1\n< 0x10\n+ 0x20 0x2\n- 0x10\n< 0x20', {}, 'mtrace');
  assert.equal(events, ['alloc 0 1', 'alloc 1 2', 'free 0']);
  assert.equal(counts, { unfinishedCalls: 2 });
});

for (const damaged of [
  '+ 0x20',
  '- 0x10 0x1',
  '< 0x10 0x1',
  '> 0x20 0x2',
  '+ 20 0x1',
  '@ ./mt:[0x1] ? 0x20',
  '@ ./mt:[0x1',
]) {
  test(`${damaged} is no line of the grammar`, async () => {
    const { events, counts } = await importText(`+ 0x10 0x1\n${damaged}\n- 0x10`, {}, 'mtrace');
    assert.equal(events, ['alloc 0 1', 'free 0']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test('a long line is matched in time that grows with its length only', async () => {
  const { counts } = await importText(
    `@ ${' + 0x1'.repeat(160_000)}\n+ 0x${'1'.repeat(900_000)}`,
    {},
    'mtrace',
  );
  assert.equal(counts, { unparsedLines: 2 });
});

test.run();
