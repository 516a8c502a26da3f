import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importText } from './importing';

const raw = `v 10400 3
x 5 probe
X ./probe x y
I 1000 5e298d
m 1 x 559c9829f000 0 cb0
t 559c9829f000 0
+ 11c00 4 564ed592e530
c a
+ a 8 564ed59451f0
- 564ed59451f0
R 1b
- 564ed5945555
+ 14 9 564ed59451f0
# a comment
`;

const interpreted = `v 10400 3
X ./probe
s 5 probe
i 559c9829f000 1
t 1 0
a 64 1
a 64 2
+ 0
+ 1
+ 0
+ 0
- 0
c 1f
- 0
- 1
# strings: 1
`;

test('the raw file has pointers', async () => {
  const { events, counts, format } = await importText(raw);
  assert.is(format, 'heaptrack');
  assert.equal(events, ['alloc 0 72704', 'alloc 1 10', 'free 1', 'alloc 2 20']);
  assert.equal(counts, { orphanFrees: 1 });
});

test('the interpreted file has classes; the block is the newest or the oldest', async () => {
  const start = ['alloc 0 100', 'alloc 1 100', 'alloc 2 100', 'alloc 3 100'];
  assert.equal((await importText(interpreted)).events, [...start, 'free 3', 'free 2', 'free 1']);
  assert.equal((await importText(interpreted, { match: 'oldest' })).events, [
    ...start,
    'free 0',
    'free 2',
    'free 1',
  ]);
});

test('a free of a class without a live block is an orphan', async () => {
  const { events, counts } = await importText('v 10400 3\na 64 1\n+ 0\n- 0\n- 0\n- 7');
  assert.equal(events, ['alloc 0 100', 'free 0']);
  assert.equal(counts, { orphanFrees: 2 });
});

test('the backtrace is the site if sites are wanted', async () => {
  const [first] = (await importText(raw, { sites: true })).events;
  assert.is(first, 'alloc 0 72704 site=trace:4');
  const classes = (await importText(interpreted, { sites: true })).events.slice(0, 2);
  assert.equal(classes, ['alloc 0 100 site=trace:1', 'alloc 1 100 site=trace:2']);
});

test('functions are named where the file names them, the allocator and the program’s start left out', async () => {
  const named = `v 10400 3
s 10 /usr/bin/program
s 1b operator new(unsigned long)
s 6 load a
s 7 /src/a.c
s 4 main
s 6 _start
i 1000 1 2 0 0
i 2000 1 3 4 14 5 4 1e
i 3000 1 6 0 0
i 4000 1
t 3 0
t 2 1
t 1 2
t 4 2
a 64 3
a 64 4
+ 0
+ 1
`;
  assert.equal((await importText(named, { sites: true })).events, [
    'alloc 0 100 site=load a (a.c:20) < main',
    'alloc 1 100 site=program@4000 < load a < main',
  ]);
});

test('of a raw file the site is where in its module the caller stands', async () => {
  const inModule = raw.replace(
    't 559c9829f000 0',
    't 559c9829f000 0\nt 559c9829f0a0 1\nt 1 1\nt 559c9829f0b0 2',
  );
  const [first] = (await importText(inModule, { sites: true })).events;
  assert.is(first, 'alloc 0 72704 site=probe+0xb0 < probe+0xa0 < probe+0x0');
});

for (const damaged of [
  '+ 11c00 4',
  '+ xyz',
  '+ 1 2 3 4',
  '- ',
  '- 564ed592e530 1',
  'a 64',
  '%%',
  'hello world',
]) {
  test(`${damaged} is no line of the grammar`, async () => {
    const { counts } = await importText(`v 10400 3\n+ 1 2 3\n${damaged}\n- 3`);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test('a class that was not announced is refused', async () => {
  assert.equal((await importText('v 10400 3\na 64 1\n+ 1')).counts, { unparsedLines: 1 });
});

test.run();
