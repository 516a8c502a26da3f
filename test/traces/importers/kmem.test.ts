import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText, type GivenOptions } from './importing';

const imported = (text: string, options: GivenOptions = {}) => importText(text, options, 'kmem');

test('an event is found whatever its tool and kernel put before it', async () => {
  const fields = (size: number) =>
    `call_site=c104deff ptr=ffff88005ee${size} bytes_req=${size} bytes_alloc=4096 gfp_flags=GFP_KERNEL`;
  const before = [
    '            perf-2204  [000]   147.376774: kmalloc: ',
    '               init-1     [000] .N..     0.170000: kmalloc: ',
    'perf 2204 [003] 4582.696629: kmem:kmalloc_node: ',
    '[002] ....   808.188913: kmem_cache_alloc: ',
    '    test: kmalloc:.sh-1299    (  1299) [004] .....  2886.040608: kmem_cache_alloc_node: ',
    '  4582.696629: kmalloc:  ',
    ' 1287587.105144 |   1)               |  /* kmalloc: ',
  ];
  const { events, counts, format } = await importText(
    before.map((text, index) => text + fields(100 + index)).join('\n'),
  );
  assert.is(format, 'kmem');
  assert.equal(events, before.map((_, index) => `alloc ${index} ${100 + index}`)); // prettier-ignore
  assert.equal(counts, {});
});

test('fields are taken by name, in any base and any order', async () => {
  const { events, counts } = await imported(`
 kmalloc: call_site=0xffffffff92d10d97 (-1831793257) ptr=0xffff9e0e8571e000 (-107689771147264) bytes_req=0x1000 (4096) bytes_alloc=0x1000 (4096) accounted=(0)
 kmalloc: call_site=foo+0x1/0x2 ptr=00000000cef40c80 new_field=3 bytes_req=24 bytes_alloc=32
 kfree: call_site=foo+0x1/0x2 ptr=ffff9e0e8571e000
 kmem_cache_free: call_site=foo+0x1/0x2 ptr=00000000cef40c80 name=names_cache`);
  assert.equal(events, ['alloc 0 4096', 'alloc 1 24', 'free 0', 'free 1']);
  assert.equal(counts, {});
});

test('null is padded with blanks, and a null result is a failure', async () => {
  const { events, counts } = await imported(` x: kfree: call_site=c059c2d8 ptr=          (null)
 x: kmalloc: call_site=c0 ptr=(null) bytes_req=24 bytes_alloc=0
 x: kmalloc: call_site=c0 ptr=0000000000000000 bytes_req=24 bytes_alloc=0`);
  assert.equal(events, []);
  assert.equal(counts, { nullFrees: 1, failed: 2 });
});

test('a page allocation failed if the page or its frame number is null', async () => {
  const { events, counts } =
    await imported(` x: mm_page_alloc: page=(null) pfn=18446744073709551615 order=9 migratetype=1
 x: mm_page_alloc: page=00000000d2be5665 pfn=0 order=9 migratetype=1
 x: mm_page_alloc: page=00000000d2be5665 order=0 migratetype=1`);
  assert.equal(events, ['alloc 0 4096 align=4096']);
  assert.equal(counts, { failed: 2 });
});

const both = `a-1 [000] .... 1.0: mm_page_alloc: page=ffffea0003db9f40 pfn=0x10 order=2 migratetype=0 nr_free=3 gfp_flags=GFP_KERNEL
a-1 [000] .... 1.1: kmalloc: call_site=c0 ptr=c1 bytes_req=24 bytes_alloc=32
a-1 [000] .... 1.2: mm_page_alloc: page=00000000d2be5665 pfn=17 order=0 migratetype=0 gfp_flags=0x140cca
a-1 [000] .... 1.3: mm_page_alloc: page=0000000000000000 pfn=0 order=9 migratetype=1
a-1 [000] .... 1.4: mm_page_alloc_extfrag: page=00000000d2be5665 pfn=17 alloc_order=0
a-1 [000] .... 1.5: mm_page_free_batched: page=00000000d2be5665 pfn=17 order=0 cold=0
a-1 [000] .... 1.6: mm_pagevec_free: page=ffffea0003db9f40 pfn=16 order=0 cold=0
a-1 [000] .... 1.7: kfree: call_site=c0 ptr=c1`;

test('pages are a selection of their own, keyed by frame number and aligned to their size', async () => {
  const pages = await imported(both, { kmem: 'pages' });
  assert.equal(pages.events, ['alloc 0 16384 align=16384', 'alloc 1 4096 align=4096', 'free 1', 'free 0']);
  assert.equal(pages.counts, { failed: 1, otherSelectionLines: 2 });
  const bytes = await imported(both, { kmem: 'kmalloc' });
  assert.equal(bytes.events, ['alloc 0 24', 'free 0']);
  assert.equal(bytes.counts, { otherSelectionLines: 5 });
});

test('without a selection it is kmalloc, unless the recording begins with pages only', async () => {
  assert.equal((await imported(both)).events, ['alloc 0 24', 'free 0']);
  const pagesOnly = both.split('\n').filter((line) => line.includes('mm_page')).join('\n'); // prettier-ignore
  assert.is((await imported(pagesOnly)).events.length, 4);
});

test('who calls, and what was granted, are recorded if sites are wanted', async () => {
  const { events } = await imported(both, { sites: true });
  assert.is(events[0], 'alloc 0 24 site=c0 value=bytes_alloc=32');
});

test('a process may be taken alone; others free on its behalf', async () => {
  const text = ` a b-1  [000] 1.0: kmalloc: call_site=c0 ptr=c1 bytes_req=1 bytes_alloc=8
 perf 2 [001] 1.0: kmem:kmalloc: call_site=c0 ptr=c2 bytes_req=2 bytes_alloc=8
 kworker/0:1-9 ( 9) [001] 1.0: kfree: call_site=c0 ptr=c1
 kworker/0:1-9 ( 9) [001] 1.0: kfree: call_site=c0 ptr=c2`;
  const one = await imported(text, { pid: 1 });
  assert.equal(one.events, ['alloc 0 1', 'free 0']);
  assert.equal(one.counts, { otherPidLines: 2 });
  assert.equal((await imported(text, { pid: 2 })).events, ['alloc 0 2', 'free 0']);
});

test('comments and other events are no lines of ours', async () => {
  const { counts } = await imported(`# tracer: nop
#   e.g. perf-2204  [000]   147.376774: kmalloc: call_site=c0529d2d ...
 a-1 [000] 1.0: sched_switch: prev_comm=kmalloc: prev_pid=1
 a-1 [000] 1.0: mm_page_pcpu_drain: page=x pfn=1 order=0
CPU:2 [LOST 123 EVENTS]`);
  assert.equal(counts, {});
});

for (const damaged of [
  'x: kmalloc: call_site=c0 bytes_req=24',
  'x: kmalloc: call_site=c0 ptr=zz bytes_req=24',
  'x: kmalloc: call_site=c0 ptr=c1',
  'x: kmalloc: call_site=c0 ptr=c1 bytes_req=-5',
  'x: kfree: call_site=c0',
]) {
  test(`${damaged} is no line of the grammar`, async () => {
    const { events, counts } = await imported(`${damaged}\nx: kmalloc: call_site=c0 ptr=c1 bytes_req=24`);
    assert.equal(events, ['alloc 0 24']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test('an order is a power of two as long as it is one of the signed words', async () => {
  const { events, counts } = await imported(
    [30, 31].map((order) => `x: mm_page_alloc: page=c1 pfn=${order} order=${order}`).join('\n'),
  );
  assert.equal(events, [`alloc 0 ${2 ** 42} align=${2 ** 42}`]);
  assert.equal(counts, { unparsedLines: 1 });
});

test('a process is known by the number before the processor’s, whatever its name ends with', async () => {
  const line = (before: string, ptr: string) => `${before} 1.0: kmalloc: call_site=c0 ptr=${ptr} bytes_req=1`;
  const text = [
    line('a-1 ( 3) [001]', 'c1'),
    line('worker7 [001]', 'c2'),
    line('a-11 [001]', 'c3'),
    // Another process gets a block whose free was lost: that one is not of the chosen process.
    line('b-2 [001]', 'c1'),
  ].join('\n');
  assert.equal((await imported(text, { pid: 1 })).counts, { otherPidLines: 3 });
  assert.equal((await imported(text, { pid: 7 })).events, []);
  assert.equal((await imported(text, { pid: 11 })).events, ['alloc 0 1']);
});

test('orders that no kernel has are refused', async () => {
  for (const order of ['99', '-1', 'x']) {
    const { counts } = await imported(`x: mm_page_alloc: page=c1 pfn=5 order=${order}`);
    assert.equal(counts, { unparsedLines: 1 });
  }
});

test.run();
