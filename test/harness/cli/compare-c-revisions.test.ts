import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCli } from './command';
import { inRepository } from './engine-repository';

const test = suite('cli: compare revisions of an engine in C');

const OURS = join(__dirname, '../../../allocators/c');
const ENGINE = 'first-fit.engine.yaml';

/** Blocks of different sizes, some freed and taken again. */
const ROWS = [
  ...Array.from({ length: 12 }, (_, id) => `alloc,${id},${200 + 150 * id},0`),
  ...[1, 4, 7].map((id) => `free,${id},0,0`),
  ...Array.from({ length: 8 }, (_, id) => `alloc,${100 + id},${90 + 100 * id},0`),
];

/** Compares first-fit as it is with a change of it. */
function inChanged(change: (source: string) => string, action: (stdout: string) => void): Promise<void> {
  return inRepository(
    async (folder) => {
      const source = readFileSync(join(OURS, 'first-fit.c'), 'utf8');
      rmSync(join(folder, 'engine.js'));
      writeFileSync(join(folder, ENGINE), readFileSync(join(OURS, ENGINE)));
      writeFileSync(join(folder, 'first-fit.c'), change(source));
      writeFileSync(join(folder, 'trace.csv'), `op,id,size,align\n${ROWS.join('\n')}\n`);
      const run = await runCli(
        'compare',
        '--base-ref',
        'HEAD',
        '-a',
        `./${ENGINE}`,
        'trace.csv',
        '-p',
        'zen4-2022',
      );
      assert.ok(run.code === 0 || run.code === 3, run.stderr);
      action(run.stdout);
    },
    { [ENGINE]: join(OURS, ENGINE), 'first-fit.c': join(OURS, 'first-fit.c') },
  );
}

function replaced(pattern: string, by: string): (source: string) => string {
  return (source) => {
    assert.ok(source.includes(pattern), pattern);
    return source.replaceAll(pattern, by);
  };
}

test('a store that is left out: costs changed, placements identical, said in which function and line', () =>
  inChanged(replaced('    link->next = POISON_NEXT;\n', ''), (stdout) => {
    assert.match(stdout, /costs changed/);
    assert.match(stdout, /Where in its source first-fit-c differs on trace, .*; placements are identical:/);
    assert.match(stdout, /^ +- +block_unlink first-fit\.c:83 +link->next = POISON_NEXT; +\d+ +\d+ +\d+$/m);
    assert.match(stdout, /^ +block_unlink first-fit\.c +(\d+) +-> \d+/m);
    assert.not.match(stdout, /^ +\+ /m);
  }));

test('another limit: placements differ from an operation on, in the function that was changed', () =>
  inChanged(replaced('left >= LEFTOVER_BYTES_MIN', 'left >= 8 * LEFTOVER_BYTES_MIN'), (stdout) => {
    assert.match(stdout, /placements differ first at #\d+:/);
    assert.match(stdout, /^ +- +block_split first-fit\.c:90 +if \(left >= LEFTOVER_BYTES_MIN\) \{ /m);
    assert.match(stdout, /^ +\+ +block_split first-fit\.c:90 +if \(left >= 8 \* LEFTOVER_BYTES_MIN\) \{ /m);
  }));

test('another name for a variable: identical, and nothing to say', () =>
  inChanged(
    (source) => source.replace(/\bleft\b/g, 'remains'),
    (stdout) => {
      assert.match(stdout, /identical/);
      assert.not.match(stdout, /Where in its source/);
      assert.not.match(stdout, /changed,|both changed/);
    },
  ));

test.run();
