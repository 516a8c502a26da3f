import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli, type CommandRun } from './command';

const test = suite('cli: - is standard input and output');

const TRACE = 'op,id,size,align\nalloc,1,10,0\nalloc,2,5000,0\nfree,1,0,0\nfree,2,0,0\n';
const ADDRESSES = '> push\nL 1000,8\nS 1040,8\n';

/** Runs a command line whose standard input holds a text. */
async function runCliOn(input: string, ...argv: string[]): Promise<CommandRun> {
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', {
    value: Readable.from([Buffer.from(input)]),
    configurable: true,
  });
  try {
    return await runCli(...argv);
  } finally {
    Object.defineProperty(process, 'stdin', stdin);
  }
}

const READERS: readonly { argv: readonly string[]; input?: string; says: RegExp }[] = [
  { argv: ['run', '-', '-a', 'xmalloc-tlsf', '-p', 'flat'], says: /^stdin {2}\(4 events/ },
  { argv: ['explain', '-', '-a', 'xmalloc-tlsf', '--against', 'none'], says: /^xmalloc-tlsf on stdin/ },
  { argv: ['minheap', '-', '-a', 'textbook-first-fit'], says: /^textbook-first-fit +\d+ KiB/m },
  { argv: ['advise', '-', '-p', 'flat', '--no-fragmented'], says: /^stdin: 2 call sites/ },
  { argv: ['audit', '-'], says: /^stdin: no findings/ },
  { argv: ['price', '-', '-p', 'zen4-2022'], input: ADDRESSES, says: /zen4-2022 +push +1 / },
  { argv: ['trace', 'info', '-'], says: /^stdin: 4 events/ },
  { argv: ['trace', 'validate', '-'], says: /^4 legal events/ },
];

for (const { argv, input = TRACE, says } of READERS) {
  test(`of ${argv.slice(0, argv.indexOf('-')).join(' ')}`, async () => {
    const { stdout, stderr } = await runCliOn(input, ...argv);
    assert.is(stderr, '');
    assert.match(stdout, says);
  });
}

test('of --expect, which replays it twice where a placement differs', () =>
  inFolder(async (folder) => {
    const expected = join(folder, 'expected.csv');
    writeFileSync(expected, 'index,op,id,offset\n0,alloc,1,0x10\n');
    const run = ['run', '-', '-a', 'xmalloc-first-fit', '--expect', expected];
    const { code, stdout, stderr } = await runCliOn(TRACE, ...run);
    assert.is(code, 3, stderr);
    assert.match(stdout, /^operation 0: .*[^]*heap around the placed place:\n> /);
  }));

test('a trace goes from the one to the other', () => {
  const main = [
    '-r',
    join(__dirname, '../../../.ci/register.cjs'),
    join(__dirname, '../../../harness/cli/main.ts'),
  ];
  const command = ['trace', 'slice', '-', '--from', '1', '--output', '-'];
  const { stdout, stderr } = spawnSync(process.execPath, [...main, ...command], {
    input: TRACE,
    encoding: 'utf8',
  });
  assert.is(stdout, 'op,id,size,align,offset,span,cpu,site,call,value\nalloc,2,5000,0\nfree,2,0,0\n');
  assert.match(stderr, /^stdin: 2 events to stdout/);
});

test('of several engines on workers, which have none of their own', async () => {
  const engines = ['-a', 'textbook-first-fit,textbook-best-fit', '-p', 'flat'];
  const { code, stdout } = await runCliOn(TRACE, 'run', '-', ...engines, '--workers', '2');
  assert.is(code, 0);
  assert.match(stdout, /^textbook-best-fit/m);
});

test('a dash that means nothing is named as it was typed', async () => {
  const { code, stderr } = await runCli('list', '-');
  assert.is(code, 2);
  assert.match(stderr, 'what: "-"');
  assert.match((await runCli('trace', 'head', '-', '-n', '-')).stderr, '--events: "-"');
  assert.match((await runCli('list', 'formats', '-')).stderr, 'unknown command or argument "-"');
});

test.run();
