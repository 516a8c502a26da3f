import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readResults } from '../../../harness/results/results-file';
import { inFolder } from './command';
import { COMMAND_LINE } from './suite-runs';

/** Engines that break out of their replay, each of which is that replay's outcome and nobody else's. */

const test = suite('cli: hostile engines');

const ENGINES = join(__dirname, 'hostile-engines');
const TRACE = 'op,id,size,align\nalloc,1,100,0\nalloc,2,200,0\nfree,1,0,0\n';

/** What the engines' outcomes are, in their order; a last engine is a good one. */
const OUTCOMES: readonly (readonly [file: string, kind: string, problem: string])[] = [
  ['exit0', 'crashed', 'its worker process died'],
  ['throws', 'faulted', 'Error: boom (thrown in allocate, throws.js:5:13)'],
  ['thrownull', 'faulted', 'null (thrown in allocate)'],
  [
    'recursion',
    'faulted',
    'RangeError: Maximum call stack size exceeded (thrown in allocate, recursion.js:5:19)',
  ],
  ['loop', 'crashed', 'it did not end within 20 s (--replay-timeout)'],
  ['blockAtBad', 'corrupt', 'blockAt said start (not finite), which is no whole number of bytes'],
  ['environment', 'faulted', 'Error: sees 0 variables (thrown in allocate, environment.js:6:13)'],
  ['open-timer', 'ok', ''],
];

for (const workers of ['1', '2']) {
  test(`what an engine does in run is the outcome of its replay, with ${workers} workers`, () =>
    inFolder(async (folder) => {
      const trace = join(folder, 't.csv');
      writeFileSync(trace, TRACE);
      const engines = OUTCOMES.map(([file]) => join(ENGINES, `${file}.js`));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          ...[...COMMAND_LINE, 'run', trace, '-a', [...engines, 'xmalloc-tlsf'].join(','), '-p', 'flat'],
          ...['--replay-timeout', '20', '--workers', workers, '--out', join(folder, 'out')],
        ],
        { encoding: 'utf8', env: { ...process.env, SECRET: 'x' } },
      );
      assert.is(status, 1, stderr);
      const outcomes = readResults(join(folder, 'out', 'results.json')).replays.map(({ outcome }) => [
        outcome.kind,
        'problem' in outcome ? outcome.problem : '',
      ]);
      assert.equal(outcomes, [...OUTCOMES.map(([, kind, problem]) => [kind, problem]), ['ok', '']]);
      assert.not.match(stdout, '\u001b');
      assert.not.match(stdout, /^::/m);
      assert.not.match(stdout, /NaN|undefined|\[object/);
    }));
}

for (const command of ['explain', 'minheap']) {
  test(`what an engine throws in ${command} is told with its line`, () =>
    inFolder(async (folder) => {
      const trace = join(folder, 't.csv');
      writeFileSync(trace, TRACE);
      const told = {
        throws: 'boom (thrown in allocate, throws.js:5:13)',
        thrownull: 'null (thrown in allocate)',
      };
      for (const [name, problem] of Object.entries(told)) {
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          [...COMMAND_LINE, command, trace, '-a', join(ENGINES, `${name}.js`)],
          { encoding: 'utf8' },
        );
        assert.ok(status === 1 || status === 2, stderr);
        assert.ok((stdout + stderr).includes(problem), stdout + stderr);
        assert.not.match(stdout + stderr, /internal error|TypeError/);
      }
      const ended = spawnSync(
        process.execPath,
        [...COMMAND_LINE, command, trace, '-a', join(ENGINES, 'exit0.js')],
        { encoding: 'utf8' },
      );
      assert.is(ended.status, 1);
      assert.match(ended.stderr, /ended before the command was done \(by exit0\.js:\d+:\d+\)\n$/);
    }));
}

test('an engine that ends the process that loads it makes no success', () =>
  inFolder(async (folder) => {
    const trace = join(folder, 't.csv');
    writeFileSync(trace, TRACE);
    const engine = join(ENGINES, 'late-exit.js');
    const { status, stderr } = spawnSync(process.execPath, [...COMMAND_LINE, 'run', trace, '-a', engine], {
      encoding: 'utf8',
    });
    assert.is(status, 1);
    assert.match(stderr, /ended before the command was done/);
  }));

test.run();
