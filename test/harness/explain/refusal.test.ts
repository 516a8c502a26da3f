import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Refusal } from '../../../harness/explain/explanation';
import { runCli } from '../cli/command';
import { openTrace } from '../../../traces/open';
import { writeFileSync } from 'node:fs';
import { inFolder } from '../cli/command';
import { explainedOperation } from './explained';

const test = suite('explain: why an allocation failed');

const CASES = join(__dirname, '../../recordings/cases');
const explain = ['--against', 'none', '-p', 'flat'];

test('a page heap that is free in single pages is told with the figures of the report', async () => {
  const { code, stdout } = await runCli(
    ...['explain', join(CASES, 'explain-failed-although-free.frag.csv'), '-a', 'xenheap-pages'],
    ...['--heap-pages', '1000', '--op', '1500', ...explain],
  );
  assert.is(code, 0);
  assert.match(stdout, /\nWhy it failed:\n {2}For fragmentation: [^\n]+ a block of order 1 of pages\.\n/);
  assert.match(
    stdout,
    /had 500 of 1,000 pages \(2,000 KiB\) free, [^\n]+ none of order 1: unusable 1,000, fragmentation 498 per mille/,
  );
  assert.match(stdout, /would have served 4,096 B, the most below; each was tried/);
});

test('a quirk is named, with what would have been served on both sides of it', async () => {
  const { stdout } = await runCli(
    ...['explain', join(CASES, 'explain-failed-although-free.near.csv'), '-a', 'xmalloc-tlsf-2008'],
    ...['--op', '2', ...explain],
  );
  assert.match(stdout, /\nWhy it failed:\n {2}For xmalloc-tlsf-2008's quirk null-near-page\. /);
  assert.match(stdout, /had 65,532 of 65,536 pages \(262,128 KiB\) free/);
  assert.match(stdout, /would have served 4,032 B, the most below, and 4,064 B, the least above/);
});

/** Why the last operation of some failed. */
function refusal(engine: string, rows: readonly string[], heapPages = 4096): Promise<Refusal> {
  return inFolder(async (folder) => {
    const file = join(folder, 't.csv');
    writeFileSync(file, `op,id,size,align\n${rows.join('\n')}\n`);
    const trace = await openTrace(file);
    const { refusal } = await explainedOperation({
      engine,
      trace,
      heapPages,
      choice: { kind: 'operation', operation: rows.length - 1 },
    });
    assert.ok(refusal !== null);
    return refusal;
  });
}

const filled = (count: number, sizeBytes: number): string[] =>
  Array.from({ length: count }, (_, id) => `alloc,${id},${sizeBytes},0`);

test('lack of memory, limits, alignments and rounding are told apart', async () => {
  const memory = await refusal('xenheap-pages', [...filled(62, 4096), 'alloc,99,4096,0'].slice(-63), 62);
  assert.is(memory.rule, 'memory');
  assert.is(memory.pages!.freePages, 0);
  assert.is(memory.nearest.smallerBytes, 0);

  const limit = await refusal('xenheap-pages', ['alloc,1,100,0', 'alloc,2,99999999999,0']);
  assert.is(limit.rule, 'limit');
  assert.is(limit.nearest.smallerBytes, 8 * 1024 * 1024);

  const rows = [
    ...filled(70, 4064),
    ...Array.from({ length: 30 }, (_, index) => `free,${2 * index},0,0`),
    'alloc,99,9000,0',
  ];
  const inside = await refusal('textbook-first-fit', rows, 64);
  assert.is(inside.rule, 'fragmentation');
});

test('an operation that is served has nothing to tell', async () =>
  inFolder(async (folder) => {
    const file = join(folder, 't.csv');
    writeFileSync(file, 'op,id,size,align\nalloc,1,100,0\n');
    const trace = await openTrace(file);
    assert.is((await explainedOperation({ engine: 'xmalloc-tlsf', trace })).refusal, null);
  }));

test.run();
