import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText } from './importing';

test('pointers are offsets or hexadecimal, and nil is 0', async () => {
  const { events, counts, format } = await importText(`newarena 4128
poolalloc 0x2040 100 = 0x40a3b8
poolalloc 2040 100 = 40a400
poolalignspanalloc 0x2040 64 128 0 -8 = 0x40a500
poolalloc POOL 10 = @0
poolmsize 0x2040 0x40a3b8 = 104
poolfree 0x2040 0x40a3b8
poolfree 0x2040 nil
poolfree POOL @0
poolrealloc 0x2040 0 33 = 0x40a3b8
poolrealloc 0x2040 0x40a3b8 2147483648 = 0
poolrealloc 0x2040 0x40a3b8 0 = 0
poolcompact 0x2040
`);
  assert.is(format, 'plan9-log');
  assert.equal(events, [
    'alloc 0 100',
    'alloc 1 100',
    'alignedalloc 2 64 align=128 offset=-8',
    'alloc 3 10',
    'msize 0',
    'free 0',
    'free 3',
    'alloc 4 33',
    'free 4',
    'compact 0',
  ]);
  assert.equal(counts, { nullFrees: 1, failed: 1 });
});

test('the pool is the site if sites are wanted', async () => {
  const { events } = await importText('poolalloc mainmem 100 = @40\npoolalloc imagmem 5 = @80', {
    sites: true,
  });
  assert.equal(events, ['alloc 0 100 site=mainmem', 'alloc 1 5 site=imagmem']);
});

for (const damaged of [
  'poolalloc POOL 100',
  'poolalloc POOL 100 = ',
  'poolalloc POOL 100 = @40 more',
  'poolalloc POOL = @40',
  'poolfree POOL',
  'poolfree POOL @40 = 5',
  'poolmsize POOL @40',
  'poolalignspanalloc POOL 64 128 = @40',
  'poolcompact POOL 5',
  'poolrealloc POOL @40 = @50',
]) {
  test(`${damaged} is no line of the grammar`, async () => {
    const { events, counts } = await importText(`${damaged}\npoolalloc POOL 1 = @40`, {}, 'plan9-log');
    assert.equal(events, ['alloc 0 1']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test('what else a pool prints is no line of ours', async () => {
  const text = 'pool too big: 5+6 > 7\npool 2040 ref\nnewarena 5088\n(10 0xa110c09 32)\npoolalloc\n';
  assert.equal((await importText(text, {}, 'plan9-log')).counts, {});
});

test.run();
