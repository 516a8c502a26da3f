import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { writeAtr } from '../../traces/formats/atr-writer';
import { openTrace, type OpenOptions } from '../../traces/open';
import { traceName } from '../../traces/open-file';
import { eventsOf } from './formats/events';
import { inTemporaryFolder } from './formats/temporary-folder';

const csv = 'op,id,size,align\nalloc,1,100,0\nrealloc,1,200,0\nfree,1,0,0\n';
const valgrind = '--7-- malloc(5) = 0x4A41040\n--7-- malloc(9) = 0x4A41080\n--7-- free(0x4A41040)\n';

/** Opens a file with this content. */
function opened<T>(
  name: string,
  content: string | Buffer,
  use: (trace: Awaited<ReturnType<typeof openTrace>>, file: string) => Promise<T>,
  options: Partial<OpenOptions> = {},
): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content);
    return use(await openTrace(file, { ...options }), file);
  });
}

/** The message with which opening and reading a file of this content fails, without the folder's name. */
function failureOf(
  name: string,
  content: string | Buffer,
  options: Partial<OpenOptions> = {},
): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content);
    try {
      const trace = await openTrace(file, { ...options });
      await eventsOf(await trace.open());
    } catch (error) {
      if (!['InputError', 'UsageError'].includes((error as Error).name)) {
        throw error;
      }
      return (error as Error).message.replaceAll(`${folder}${path.sep}`, '');
    }
    return 'no failure';
  });
}

test('a format is told by content, whatever the file is called', async () => {
  const atr = await opened('t.csv', csv, async (trace, file) => {
    await writeAtr(await trace.open(), `${file}.atr`);
    return fs.readFileSync(`${file}.atr`);
  });
  for (const [name, content, format, events] of [
    ['t.csv', csv, 'csv', 3],
    ['t.csv.gz', gzipSync(csv), 'csv', 3],
    ['t.log', gzipSync(csv), 'csv', 3],
    ['t.csv', valgrind, 'valgrind', 3],
    ['t', gzipSync(valgrind), 'valgrind', 3],
    ['t.atr', atr, 'atr', 3],
    ['t.atr.gz', gzipSync(atr), 'atr', 3],
    ['t.csv', atr, 'atr', 3],
  ] as const) {
    await opened(name, content, async (trace) => {
      assert.is(trace.format, format);
      assert.is(trace.header.name, 't');
      assert.is((await eventsOf(await trace.open())).length, events);
    });
  }
});

test('a trace can be passed over again and again, held or read anew', async () => {
  for (const eventsHeldMax of [100, 2]) {
    await opened(
      't.csv',
      csv,
      async (trace) => {
        assert.is(trace.held !== undefined, eventsHeldMax === 100);
        const [one, two] = [await trace.open(), await trace.open()];
        assert.equal(await eventsOf(one), await eventsOf(two));
        assert.is(one.identity(), two.identity());
        assert.match(one.identity(), /^[0-9a-f]{64}$/);
      },
      { eventsHeldMax },
    );
  }
});

test('one pass is read as it is asked for', async () => {
  await opened(
    't.csv',
    csv,
    async (trace) => {
      assert.is(trace.held, undefined);
      assert.is((await eventsOf(await trace.open())).length, 3);
    },
    { passes: 'one' },
  );
});

test('standard input is held, or passed over once', async () => {
  const trace = await openTrace('-', { stdin: Readable.from([csv]) });
  assert.is(trace.header.name, 'stdin');
  assert.equal(await eventsOf(await trace.open()), await eventsOf(await trace.open()));
  const once = await openTrace('-', {
    stdin: Readable.from([gzipSync(valgrind)]),
    passes: 'one',
  });
  assert.is((await eventsOf(await once.open())).length, 3);
  assert.is(once.accounting!.lines, 3);
  await openTrace('-', { stdin: Readable.from([csv]), eventsHeldMax: 2 }).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, '<stdin>: more than 2 events'),
  );
  await openTrace('-').then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, 'standard input is not at hand'),
  );
});

test('a synthesizer is opened by its specification', async () => {
  const trace = await openTrace('synth:half-page-storm?live=10&ops=40');
  assert.is(trace.format, 'synth');
  assert.ok((await eventsOf(await trace.open())).length > 10);
  await openTrace('synth:half-page-strom').then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, 'did you mean "half-page-storm"'),
  );
});

test('a format may be forced', async () => {
  assert.match(await failureOf('t.csv', valgrind, { format: 'csv' }), /^t\.csv:1:1: unknown column/);
  assert.is(await opened('t.csv', csv, async (trace) => trace.format, { format: 'csv' }), 'csv');
  assert.match(await failureOf('t.atr', csv, { format: 'atr' }), /^t\.atr:byte 0: this is no \.atr file/);
  assert.match(
    await failureOf('t.csv', csv, { format: 'valgrnd' }),
    /^--format: unknown format .*csv, atr, .*did you mean "valgrind"/,
  );
});

test('a format that is forced on a file of another is refused, not read as a recording of nothing', async () => {
  const banner = '==7== Memcheck, a memory error detector\n';
  for (const [content, lines] of [
    [csv, 4],
    [banner, 1],
    ['', 0],
  ] as const) {
    assert.is(
      await failureOf('t.txt', content, { format: 'valgrind' }),
      `t.txt${lines === 0 ? '' : ':1:1'}: nothing in its ${lines} lines is of the format valgrind; ` +
        'expected valgrind --trace-malloc=yes (memcheck, massif, dhat)',
    );
  }
  const orphan = `${banner}--7-- free(0x4A41040)\n`;
  assert.is(await opened('t.txt', orphan, async ({ accounting }) => accounting?.orphanFrees), 1);
});

test('a process or an allocator that a recording knows nothing of is no recording of nothing', async () => {
  const threads = '[pid 12] a->malloc(5) = 0x555500010\n[pid 13] a->malloc(6) = 0x555500020\n';
  const kmem =
    'a-7 [000] 1.0: kmalloc: call_site=f ptr=00000000deadbeef bytes_req=8 bytes_alloc=8 gfp_flags=0\n';
  for (const [name, content, importOptions, says] of [
    ['ltrace', threads, { pid: 1 }, 'none of its lines is of process 1; expected --pid with one of 12, 13'],
    [
      'ltrace',
      'a->malloc(5) = 0x10\n',
      { pid: 1 },
      'none of its lines is of process 1; expected no --pid: they name none',
    ],
    ['valgrind', valgrind, { pid: 1 }, 'none of its lines is of process 1; expected --pid with one of 7'],
    ['kmem', kmem, { pid: 8 }, 'none of its lines is of process 8; expected --pid with one of 7'],
    [
      'kmem',
      kmem,
      { kmem: 'pages' },
      'none of its events is of the allocator that was chosen; expected the other one (--kmem), or no choice',
    ],
  ] as const) {
    assert.is(await failureOf('t.txt', content, { format: name, importOptions }), `t.txt: ${says}`);
  }
  assert.is(
    await opened('t.txt', threads, async (trace) => (await eventsOf(await trace.open())).length, {
      importOptions: { pid: 13 },
    }),
    1,
  );
});

test('the rules between events are held unless that is not wanted', async () => {
  const doubleFree = `${csv}free,1,0,0\n`;
  assert.is(
    await failureOf('t.csv', doubleFree),
    't.csv:5:1: event 3: free of id 1, which is not live; expected an id that was allocated and not freed since',
  );
  assert.match(await failureOf('t.csv', doubleFree, { passes: 'one' }), /^t\.csv:5:1: event 3: free of id 1/);
  assert.match(
    await failureOf('t.csv', doubleFree, { eventsHeldMax: 2 }),
    /^t\.csv:5:1: event 3: free of id 1/,
  );
  assert.is(await failureOf('t.csv', doubleFree, { validate: false }), 'no failure');
});

test('what ships is opened by its name', async () => {
  const recorded = await openTrace('recorded:git-status');
  assert.is(recorded.format, 'valgrind');
  assert.is(recorded.header.name, 'git-status');
  const annotated = await openTrace('policy:disk-list');
  assert.is(annotated.format, 'csv');
  assert.is(annotated.header.name, 'disk-list');
  // By the bare name as well, as reports call it.
  assert.is((await openTrace('git-status')).header.name, 'git-status');
  await openTrace('git-statos').then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^git-statos: cannot be read \(no such file\)/),
  );
  for (const [specification, message] of [
    [
      'recorded:git-statos',
      /^unknown recorded trace "git-statos"; did you mean "git-status"\?; expected one of /,
    ],
    ['policy:disk-lits', /^unknown policy trace "disk-lits"; did you mean "disk-list"\?; expected one of /],
  ] as const) {
    await openTrace(specification).then(
      () => assert.unreachable(),
      (error) => assert.match(error.message, message),
    );
  }
});

test('what cannot be opened is said in one line', async () => {
  assert.is(await failureOf('t.csv', ''), 't.csv: the file is empty; expected a trace or a recording');
  assert.match(
    await failureOf('t.log', 'hello\nworld\n'),
    /^t\.log: is of no known format; expected canonical CSV/,
  );
  assert.match(await failureOf('t.csv', 'hello\nworld\n'), /^t\.csv:1:1: unknown column "hello"/);
  assert.match(await failureOf('t.csv', 'id,size,align\n'), /^t\.csv:1:14: column op is missing/);
  assert.match(
    await failureOf('t.csv', Buffer.from([0, 200, 1, 2])),
    /^t\.csv:1:1: byte 0xc8 is no text|0x00 is no text/,
  );
  assert.match(
    await failureOf('t.csv.gz', gzipSync(csv).subarray(0, 40)),
    /^t\.csv\.gz: the gzip data ends too early/,
  );
  await inTemporaryFolder(async (folder) => {
    for (const [target, problem] of [
      [path.join(folder, 'none.csv'), 'cannot be read (no such file)'],
      [folder, 'cannot be read (is a folder)'],
    ]) {
      await openTrace(target!).then(
        () => assert.unreachable(),
        (error) => assert.match(error.message, `${target}: ${problem}`),
      );
    }
  });
});

test('a trace is called after its file', () => {
  assert.is(traceName('a/b/random.trace.csv.gz'), 'random');
  assert.is(traceName('sqlite3-2000.vg.txt.gz'), 'sqlite3-2000');
  assert.is(traceName('A.1048576.csv'), 'A.1048576');
  assert.is(traceName('x.atr'), 'x');
  assert.is(traceName('x.csv.atr.gz'), 'x');
  assert.is(traceName('trace.csv'), 'trace');
});

test.run();
