import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText, type GivenOptions } from './importing';

const imported = (text: string, options: GivenOptions = {}) => importText(text, options, 'ltrace');

test('every function of the grammar', async () => {
  const { events, counts, format } =
    await importText(`perl->malloc(3536)                         = 0x562a2ff63e40
perl->calloc(1, 3768)                            = 0x5581261652a0
perl->realloc(0x562a2ff63e40, 20)                = 0x562a2ff63e40
perl->realloc(0, 33)                             = 0x55f2f73bfed0
perl->memalign(64, 100)                          = 0x55f2f73bff40
perl->aligned_alloc(128, 256)                    = 0x55f2f73c0000
perl->valloc(10)                                 = 0x55f2f73c1000
perl->pvalloc(4097)                              = 0x55f2f73c3000
perl->reallocarray(0x562a2ff63e40, 3, 7)         = 0x55f2f73c9000
perl->strlen("malloc(5)")                        = 9
perl->free(0x55f2f73c9000)                       = <void>
perl->realloc(0x55f2f73bfed0, 0)                 = 0
perl->malloc(0)                                  = 0x55f2f73c9000
perl->free(0)                                    = <void>
+++ exited (status 0) +++
`);
  assert.is(format, 'ltrace');
  assert.equal(events, [
    'alloc 0 3536',
    'alloc 1 3768',
    'realloc 0 20',
    'alloc 2 33',
    'alloc 3 100 align=64',
    'alloc 4 256 align=128',
    'alloc 5 10 align=4096',
    'alloc 6 8192 align=4096',
    'realloc 0 21',
    'free 0',
    'free 2',
    'alloc 7 0',
  ]);
  assert.equal(counts, { nullFrees: 1 });
});

test('processes and times before the call, in every form', async () => {
  const { events, counts } = await imported(`8718 probe->malloc(1)  = 0x11000
[pid 8718] probe->malloc(2)  = 0x12000
12819 00:08:04.501158 bc->malloc(3)   = 0x13000
12819 1700000000.501158 bc->malloc(4)   = 0x14000
00:08:04 bc->malloc(5)   = 0x15000
  0.000123 bc->malloc(6)   = 0x16000 <0.000050>
malloc(7)   = 0x17000
12819 00:08:04.501158 SYS_brk(0)                 = 0x560585cc6000
7z->malloc(8) = 0x18000`);
  assert.equal(
    events,
    ['1', '2', '3', '4', '5', '6', '7', '8'].map((size, id) => `alloc ${id} ${size}`),
  );
  assert.equal(counts, {});
});

test('calls of several threads are put together by thread', async () => {
  const { events, counts } = await imported(`1 p->malloc(100 <unfinished ...>
2 p->malloc(200 <unfinished ...>
1 <... malloc resumed> )     = 0x11000
1 p->calloc(3, 5 <unfinished ...>
2 <... malloc resumed> )     = 0x12000
2 p->realloc(0x12000, 300 <unfinished ...>
1 <... calloc resumed> )     = 0x13000
2 <... realloc resumed> )    = 0x14000
2 p->free(0x14000 <unfinished ...>
2 <... free resumed> )       = <void>`);
  assert.equal(events, ['alloc 0 100', 'alloc 1 200', 'alloc 2 15', 'realloc 1 300', 'free 1']);
  assert.equal(counts, {});
});

test('calls within calls are kept apart, also those of other functions', async () => {
  const { events, counts } = await imported(`1 p->malloc(16 <unfinished ...>
1 SYS_brk(0 <unfinished ...>
1 <... SYS_brk resumed> )  = 0
1 lib.so->calloc(1, 2)     = 0x12000
1 <... malloc resumed> )   = 0x11000
1 <... puts resumed> )     = 5`);
  assert.equal(events, ['alloc 0 2', 'alloc 1 16']);
  assert.equal(counts, {});
});

test('what a thread is freeing may be given to another before the free is recorded to its end', async () => {
  const { events, counts } = await imported(`1 p->malloc(1) = 0x11000
1 p->free(0x11000 <unfinished ...>
2 p->malloc(2) = 0x11000
1 <... free resumed> ) = <void>
1 p->realloc(0x11000, 9 <unfinished ...>
2 p->malloc(3) = 0x11000
1 <... realloc resumed> ) = 0x12000
2 p->free(0x11000) = <void>`);
  assert.equal(events, ['alloc 0 1', 'free 0', 'alloc 1 2', 'alloc 2 3', 'realloc 1 9', 'free 2']);
  assert.equal(counts, {});
});

test('a reallocation that fails or never ends leaves the block where it is', async () => {
  const { events, counts } = await imported(`1 p->malloc(1) = 0x11000
1 p->realloc(0x11000, 9 <unfinished ...>
1 <... realloc resumed> ) = 0
1 p->free(0x11000) = <void>
1 p->malloc(2) = 0x12000
1 p->realloc(0x12000, 9 <unfinished ...>`);
  assert.equal(events, ['alloc 0 1', 'free 0', 'alloc 1 2']);
  assert.equal(counts, { failed: 1, unfinishedCalls: 1 });
  const closed = await imported('p->malloc(2) = 0x12000\np->realloc(0x12000, 9 <unfinished ...>', { closeLeaks: 'newest' }); // prettier-ignore
  assert.equal(closed.events, ['alloc 0 2', 'free 0']);
});

test('functions taken for allocators are dropped', async () => {
  const { events, counts } = await imported(`p->malloc(40) = 0x7fd0543b51b4
libc.so.6->realloc(0x7fd0543b51b4, 5)      = 0x5
libc.so.6->malloc(5)                       = 0xfff
libc.so.6->calloc(94588493048576, 2048)    = 0x55812616a000
libc.so.6->calloc(1099511627776, 1099511627776) = 0
libc.so.6->malloc(1099511627777)           = 0x55812616a000
p->malloc(1099511627776)                   = 0x55812616a000
p->free(0x7fd0543b51b4)                    = <void>`);
  assert.equal(events, ['alloc 0 40', 'alloc 1 1099511627776', 'free 0']);
  assert.equal(counts, { implausibleCalls: 5 });
});

test('failures are failures, whatever was asked for', async () => {
  const { events, counts } = await imported(`p->malloc(40) = 0x55f2f73bfed0
p->malloc(18446744073709551615)        = 0
p->realloc(0x55f2f73bfed0, 18446744073709551552) = 0
p->malloc(10) = nil
p->free(0x55f2f73bfed0) = <void>`);
  assert.equal(events, ['alloc 0 40', 'free 0']);
  assert.equal(counts, { failed: 3 });
});

test('one thread may be taken alone', async () => {
  const { events, counts } = await imported('1 p->malloc(1) = 0x11000\n2 p->malloc(2) = 0x12000', { pid: 2 });
  assert.equal(events, ['alloc 0 2']);
  assert.equal(counts, { otherPidLines: 1 });
});

for (const damaged of [
  'p->malloc(5',
  'p->malloc(5)   = ',
  'p->malloc() = 0x11000',
  'p->malloc(5, 6) = 0x11000',
  'p->realloc(0x11000) = 0x12000',
  'p->malloc("5") = 0x12000',
  '1 p->malloc(77 <no return ...>',
  '1 <... malloc resumed> ) = 0x55f2f73c0a20',
  '\x90a\x05->free(0x11000) = <void>',
]) {
  test(`${JSON.stringify(damaged)} is no line of the grammar`, async () => {
    const { events, counts } = await imported(
      `p->malloc(1) = 0x11000\n${damaged}\np->free(0x11000) = <void>`,
    );
    assert.equal(events, ['alloc 0 1', 'free 0']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test('more calls under way than any program has are not kept', async () => {
  const lines = Array.from({ length: 70_000 }, (_, pid) => `${pid + 1} p->malloc(1 <unfinished ...>`);
  const { counts } = await imported(lines.join('\n'));
  assert.equal(counts, { unparsedLines: 70_000 - 65_536, unfinishedCalls: 65_536 });
});

test.run();
