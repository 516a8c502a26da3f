import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allEngines } from '../../../allocators/registry';
import { readResults } from '../../../harness/results/results-file';
import { CELL_LIST_ENGINE } from './cell-list-engine';
import { inFolder, runCli } from './command';

/** Worst cases beside what specifications allow: to see more than that is an error. */

const test = suite('bounds');

const TRACE = 'synth:near-page-storm?live=20&ops=40&smallest=100&largest=200';

/** Runs the engine of cells, of which the definition claims that a free takes at most `most` accesses. */
const runBounded = (folder: string, most: number) => {
  const engine = join(folder, 'cells.js');
  const bound = `{ verb: 'free', unit: 'accesses', most: ${most}, statement: 'a push', source: 'its manual' }`;
  writeFileSync(engine, CELL_LIST_ENGINE.replace('bounds: []', `bounds: [${bound}]`));
  return runCli('run', TRACE, '-a', engine, '-p', 'flat', '--out', join(folder, 'out'));
};

test('an operation that does more than its bound makes the run fail, and everything says so', () =>
  inFolder(async (folder) => {
    const { code, stdout } = await runBounded(folder, 2);
    assert.is(code, 1);
    const says =
      /exceeded at operation 20 \(free\): 3 accesses, where the specification allows 2 \(its manual\)/;
    assert.match(stdout, says);
    const [replay] = readResults(join(folder, 'out/results.json')).replays;
    assert.is(replay!.outcome.kind, 'exceeded');
    assert.match(readFileSync(join(folder, 'out/report.md'), 'utf8'), '**150 %: exceeded**');
  }));

test('one that does as much as its bound does not', () =>
  inFolder(async (folder) => {
    const { code } = await runBounded(folder, 3);
    assert.is(code, 0);
    const [replay] = readResults(join(folder, 'out/results.json')).replays;
    assert.is(replay!.outcome.kind, 'ok');
    const summary = readFileSync(join(folder, 'out/summary.csv'), 'utf8').split('\n');
    const cell = (name: string) => summary[1]!.split(',')[summary[0]!.split(',').indexOf(name)];
    assert.is(cell('bound.free.accesses'), '3');
    assert.is(cell('bound.free.accesses.observed'), '3');
    assert.is(cell('bound.free.accesses.mean [per mille]'), '3000');
    assert.is(cell('bound.free.accesses.used [basis points]'), '10000');
  }));

test('the engines that were measured state a bound, or that there is none, for both verbs, with the source', () => {
  const measured = ['xenheap-pages', 'vmalloc', 'xmalloc-first-fit', 'xmalloc-tlsf', 'xmalloc-tlsf-2008', 'xvmalloc']; // prettier-ignore
  for (const { name, bounds } of allEngines()) {
    for (const { statement, source } of bounds) {
      assert.ok(statement !== '' && source !== '', name);
    }
    if (!measured.includes(name)) {
      continue;
    }
    for (const verb of ['alloc', 'free']) {
      assert.ok(bounds.some((bound) => bound.verb === verb), `${name} states none for ${verb}`); // prettier-ignore
    }
  }
});

test.run();
