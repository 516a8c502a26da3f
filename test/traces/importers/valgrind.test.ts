import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText, type GivenOptions } from './importing';

const imported = (text: string, options: GivenOptions = {}) => importText(text, options, 'valgrind');

test('every function of the grammar', async () => {
  const { events, counts, format } = await importText(`==7497== Memcheck, a memory error detector
--7497-- malloc(5) = 0x4A41040
--7497-- calloc(3,7) = 0x4A41080
--7497-- memalign(al 64, size 100) = 0x4A41100
--7497-- _Znwm(4) = 0x4D6EF30
--7497-- _ZnamRKSt9nothrow_t(40) = 0x4D6F170
--7497-- _ZnwmSt11align_val_t(size 128, al 64) = 0x4D6F4C0
--7497-- realloc(0x4A41040,2048) = 0x4A42DB0
--7497-- reallocarray(0x4A42DB0,10,20) = 0x4A42DB0
--7497-- malloc_usable_size(0x4D6F100) = 40
--7497-- free(0x4A42DB0)
--7497-- _ZdlPvm(0x4D6EF30)
--7497-- _ZdaPvmSt11align_val_t(0x4D6F170, size 4, align 8)
--7497-- free(0x0)
`);
  assert.is(format, 'valgrind');
  assert.equal(events, [
    'alloc 0 5',
    'alloc 1 21',
    'alloc 2 100 align=64',
    'alloc 3 4',
    'alloc 4 40',
    'alloc 5 128 align=64',
    'realloc 0 2048',
    'realloc 0 200',
    'free 0',
    'free 3',
    'free 4',
  ]);
  assert.equal(counts, { nullFrees: 1 });
});

test('the stack behind a call names its site, those of others and of valgrind’s remarks do not', async () => {
  const log = `==7== Memcheck, a memory error detector
--7-- malloc(5) = 0x10
**7** malloc
==7==    at 0x48531CF: VALGRIND_PRINTF_BACKTRACE (in /tmp/sites.so)
==7==    by 0x4853215: malloc (in /tmp/sites.so)
==7==    by 0x109199: parse(char const*) (json.c:20)
==7==    by 0x1091E8: load (json.c:9)
==7==    by 0x1091F0: main (json.c:2)
==7==    by 0x1091F8: start (in /bin/x)
--7-- realloc(0x10,50) = 0x20
**7** realloc   at 0x48531D6: TELL (in /tmp/sites.so)
==7==    by 0x4853224: realloc (in /tmp/sites.so)
==7==    by 0x109199: ??? (in /usr/lib/libx.so)
--7-- malloc(6) = 0x30
==7== 6 bytes in 1 blocks are definitely lost
==7==    at 0x4853215: malloc (vg_replace_malloc.c:381)
==7==    by 0x109199: wrong (json.c:20)
--7-- malloc(7) = 0x40
==8==    at 0x109199: other (json.c:20)
--7-- free(0x20)
--7-- malloc(8) = 0x50
`;
  assert.equal((await imported(log, { sites: true })).events, [
    'alloc 0 5 site=parse(char const*) (json.c:20) < load < main',
    'realloc 0 50 site=??? (libx.so)',
    'alloc 1 6',
    'alloc 2 7',
    'free 0',
    'alloc 3 8',
  ]);
  assert.equal((await imported(log)).events, ['alloc 0 5', 'realloc 0 50', 'alloc 1 6', 'alloc 2 7', 'free 0', 'alloc 3 8']); // prettier-ignore
});

test('a reallocation of null is the allocation that serves it, in the same line', async () => {
  const { events, counts } = await imported('--7-- realloc(0x0,1600)malloc(1600) = 0x4A422F0');
  assert.equal(events, ['alloc 0 1600']);
  assert.equal(counts, {});
});

test('a reallocation to nothing is the free that serves it, and its result is a line of its own', async () => {
  const { events, counts } = await imported(`--7-- malloc(9) = 0x10
--7-- realloc(0x10,0)free(0x10)
--7--  = 0
--7-- malloc(9) = 0x10`);
  assert.equal(events, ['alloc 0 9', 'free 0', 'alloc 1 9']);
  assert.equal(counts, {});
});

test('a reallocation without a result has failed, even if the next call frees the block', async () => {
  const { events, counts } = await imported('--7-- malloc(9) = 0x10\n--7-- realloc(0x10,99)free(0x10)');
  assert.equal(events, ['alloc 0 9', 'free 0']);
  assert.equal(counts, { failed: 1 });
});

test('a tool that frees without saying so says only the result', async () => {
  const { events } = await imported('--7-- malloc(9) = 0x10\n--7-- realloc(0x10,0) = 0x0');
  assert.equal(events, ['alloc 0 9', 'free 0']);
});

test('an overflowing calloc has neither result nor line end, so the next call follows at once', async () => {
  const { events, counts } = await imported(
    '--7-- calloc(1099511627776,1099511627776)malloc(40) = 0x4D6F100\n--7-- calloc(4611686018427387904,9)free(0x4D6F100)',
  );
  assert.equal(events, ['alloc 0 40', 'free 0']);
  assert.equal(counts, { failed: 2 });
});

test('several calls in a line are several calls', async () => {
  const { events, counts } = await imported('--7-- calloc(1,2)calloc(3,4)realloc(0x0,5)malloc(5) = 0x10');
  assert.equal(events, ['alloc 0 5']);
  assert.equal(counts, { failed: 2 });
});

test('a result that comes after a warning belongs to the call before it', async () => {
  const { events, counts } = await imported(`--8663-- malloc(40) = 0x4D6F100
--8663-- malloc(18446744073709551615)Argument 'size' of function malloc has a fishy (possibly negative) value: -1
==8663==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
==8663==
--8663--  = 0x0
--8663-- realloc(0x4D6F100,18446744073709551552)Argument 'size' of function realloc has a fishy (possibly negative) value: -64
==8663==
--8663--  = 0x0
--8663-- malloc(4294967296)Argument 'size' of function malloc has a fishy value
--8663--  = 0x5000000
--8663-- free(0x4D6F100)`);
  assert.equal(events, ['alloc 0 40', 'alloc 1 4294967296', 'free 0']);
  assert.equal(counts, { failed: 2 });
});

test('a child that logs into the same file is left out, or is the one to take', async () => {
  const text = `==1== Memcheck, a memory error detector
--1-- malloc(5) = 0x10
--2-- free(0x10)
--2-- malloc(77) = 0x20
--1-- malloc(18446744073709551615)Argument 'size' of function malloc has a fishy (possibly negative) value: -1
--2--  = 0x30
--1--  = 0x0`;
  const first = await imported(text);
  assert.equal(first.events, ['alloc 0 5']);
  assert.equal(first.counts, { failed: 1, otherPidLines: 3 });
  const child = await imported(text, { pid: 2 });
  assert.equal(child.events, ['alloc 0 77']);
  assert.equal(child.counts, { orphanFrees: 1, otherPidLines: 3 });
});

test('without a banner the first call says whose the recording is', async () => {
  assert.equal((await imported('--9-- malloc(1) = 0x10\n--8-- malloc(2) = 0x20')).events, ['alloc 0 1']);
});

test('banners and the output of the program are no lines of the recorder', async () => {
  const { events, counts } = await imported(`==7== Command: ./probe --7-- malloc(1) = 0x10
huge (nil)
--help--
-- 7 -- malloc(1) = 0x20
--7-- malloc(2) = 0x30
**7** hello
==7== HEAP SUMMARY: malloc(3) = 0x40`);
  assert.equal(events, ['alloc 0 2']);
  assert.equal(counts, {});
});

test('what valgrind says of itself is chatter, and no damage under strict', async () => {
  const { events, counts, accounting } = await imported(
    `--7-- Valgrind options:
--7--    --trace-malloc=yes
--7-- Reading syms from /bin/ls
--7-- REDIR: 0x48ed110 (libc.so.6:malloc) redirected to 0x4836740 (malloc)
--7-- malloc(5) = 0x10
--7-- free(0x10)`,
    { strict: true },
  );
  assert.equal(events, ['alloc 0 5', 'free 0']);
  assert.equal(counts, {});
  assert.is(accounting.chatterLines, 4);
});

test('output without a line end before a call does not hide the call', async () => {
  const { events } = await imported('==7== x\nprogress: 10%--7-- malloc(2) = 0x30\n--7-- free(0x30)');
  assert.equal(events, ['alloc 0 2', 'free 0']);
});

test('times before the process do not matter', async () => {
  const { events } = await imported('==00:00:00:00.000 7== x\n--00:00:00:01.234 7-- malloc(2) = 0x30');
  assert.equal(events, ['alloc 0 2']);
});

for (const damaged of [
  '--7-- malloc(5',
  '--7-- malloc(5) = ',
  '--7-- malloc(5) = 0x10 and more',
  '--7-- malloc(0x5) = 0x10',
  '--7-- frob(5) = 0x10',
  '--7-- realloc(0x10) = 0x20',
  '--7-- memalign(al 64) = 0x20',
  '--7-- free(10)',
  '--7-- malloc(5) = 0x123456789abcdef01',
]) {
  test(`${damaged} is no line of the grammar`, async () => {
    const { counts } = await imported(`--7-- malloc(1) = 0x1000\n${damaged}`);
    assert.is(counts.unparsedLines, 1);
    const [first] = (await imported(`--7-- malloc(1) = 0x1000\n${damaged}\n--7-- free(0x1000)`)).events.slice(
      -1,
    );
    assert.is(first, 'free 0', 'the next line is read again');
  });
}

test('a call whose result is missing at the end is unfinished', async () => {
  assert.equal((await imported('--7-- malloc(5)')).counts, { unfinishedCalls: 1 });
});

test('a size that no number holds is refused', async () => {
  assert.equal((await imported('--7-- malloc(9007199254740993) = 0x10')).counts, { unparsedLines: 1 });
});

test.run();
