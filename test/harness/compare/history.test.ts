import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { appendToHistory, historyRows, readHistory } from '../../../harness/compare/history';
import { trendOf, trendSchema } from '../../../harness/compare/trend';
import type { MeasuredReplay } from '../../../harness/metrics/measured-replay';
import { writeResults } from '../../../harness/results/results-text';
import { TREND_FORMATS } from '../../../reports/comparison/trend';
import { InputError, UsageError } from '../../../traces/input-error';
import { HOSTILE, measured, renamed, resultsOf } from '../../reports/example-results';

const test = suite('history');
const context = { folder: '' };

test.before.each(() => {
  context.folder = mkdtempSync(join(tmpdir(), 'history-'));
});
test.after.each(() => rmSync(context.folder, { recursive: true }));

const history = (): string => join(context.folder, 'history.csv');

const run = (number: number) => ({
  commit: `c${number}`,
  label: 'nightly',
  date: `2001-01-0${number}T00:00:00Z`,
});

/** The replay with another peak. */
function withPeak(replay: MeasuredReplay, value: number): MeasuredReplay {
  return { ...replay, metrics: { ...replay.metrics, 'held.bytes.peak': { value } } };
}

test('what is appended is read back in order, hostile names on one line each', async () => {
  const results = resultsOf(renamed(await measured(), HOSTILE, '-1+cmd'), await measured());
  appendToHistory(history(), results, run(1));
  appendToHistory(history(), results, { ...run(2), label: '=label,"' });
  const { rows, tornLines } = readHistory(history());
  const expected = historyRows(results, run(1));
  assert.is(tornLines, 0);
  assert.is(rows.length, 2 * expected.length);
  assert.is(rows[0]!.engine, '-1+cmd');
  assert.is(rows.at(-1)!.label, '=label,"');
  assert.equal(rows[rows.length / 2 - 1], expected.at(-1));
  const lines = readFileSync(history(), 'utf8').trimEnd().split('\n');
  assert.is(
    lines.length,
    1 + 2 * (2 + expected.length),
    'header, and before each batch a blank line and the run',
  );
  assert.ok(lines.every((line) => !/(^|,)"?[=@]/.test(line)));
  assert.equal(readdirSync(context.folder), ['history.csv']);
});

test('an append that was cut anywhere is left out, and the next one is whole', async () => {
  const results = resultsOf(await measured('alloc 1 100, free 1', ['flat']));
  appendToHistory(history(), results, run(1));
  const whole = readFileSync(history());
  const perRun = readHistory(history()).rows.length;
  // Under labels of their own they are no news to each other.
  appendToHistory(history(), results, { ...run(2), label: 'second' });
  const both = readFileSync(history());
  for (let cut = whole.length; cut < both.length; cut += 397) {
    writeFileSync(history(), both.subarray(0, cut));
    assert.is(readHistory(history()).rows.length, perRun, `cut at ${cut}`);
    appendToHistory(history(), results, { ...run(3), label: 'third' });
    const { rows } = readHistory(history());
    assert.equal([...new Set(rows.map(({ commit }) => commit))], ['c1', 'c3'], `cut at ${cut}`);
    assert.is(rows.length, 2 * perRun, `cut at ${cut}`);
  }
  // All but the last line end: the rows are there.
  truncateSync(history(), 0);
  appendFileSync(history(), both.subarray(0, both.length - 1));
  assert.is(readHistory(history()).rows.length, 2 * perRun);
  // A place that was cut, `1 of 1` of `1 of 120.`, is none.
  const firstOfSecond = both.indexOf(`,1 of ${perRun + 1}.`, whole.length);
  writeFileSync(history(), Buffer.concat([both.subarray(0, firstOfSecond), Buffer.from(',1 of 1')]));
  assert.is(readHistory(history()).rows.length, perRun);
  assert.is(readHistory(history()).tornLines, 1);
});

test('several processes append at once and every batch is whole', async () => {
  const file = join(context.folder, 'results.json');
  writeResults(file, resultsOf(await measured('alloc 1 100, free 1', ['flat'])));
  const script = `
    const { appendToHistory } = require('./harness/compare/history');
    const { readResults } = require('./harness/results/results-file');
    const results = readResults(process.argv[1]);
    for (let i = 0; i < 10; i++) {
      appendToHistory(process.argv[2], results, { commit: process.argv[3] + i, label: '', date: '' });
    }`;
  const append = (name: string) =>
    new Promise<number | null>((resolve) => {
      const argv = ['-r', join(__dirname, '../../../.ci/register.cjs'), '-e', script, file, history(), name];
      spawn(process.execPath, argv, { stdio: 'inherit' }).on('close', resolve);
    });
  assert.equal(await Promise.all(['a', 'b', 'c'].map(append)), [0, 0, 0]);
  const { runs, tornLines } = readHistory(history());
  assert.is(tornLines, 0);
  assert.is(new Set(runs.map(({ commit }) => commit)).size, 30);
  const ofB = runs.map(({ commit }) => commit).filter((commit) => commit.startsWith('b'));
  assert.equal(
    ofB,
    [...ofB].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
  );
});

test('a run has a row, and others only where a value, its trace, engine or profile is not as before', async () => {
  const replay = await measured();
  const rowsAfter = (each: MeasuredReplay, number: number) => {
    const before = readFileSync(history(), 'utf8').length;
    appendToHistory(history(), resultsOf(each), run(number));
    return readFileSync(history(), 'utf8').slice(before).trim().split('\n');
  };
  appendToHistory(history(), resultsOf(replay), run(1));
  const [same, ...none] = rowsAfter(replay, 2);
  assert.match(same!, /,c2,nightly,.*,run\.replays,replays,none,1,1 of 1\.$/);
  assert.equal(none, []);
  const changed = rowsAfter(withPeak(replay, 77), 3);
  assert.is(changed.length, 2);
  assert.match(changed[1]!, /,held\.bytes\.peak,bytes,lower,77,2 of 2\.$/);
  const newer = { ...withPeak(replay, 77), engine: { ...replay.engine, version: 9 } };
  assert.is(rowsAfter(newer, 4).length, 1 + historyRows(resultsOf(newer), run(4)).length);
  const trend = trendOf(readHistory(history()), { metrics: ['held.bytes.peak'] });
  assert.is(trend.runs, 4);
  assert.is(trend.changes[0]!.from.commit, 'c2', 'the last run with the old value');
});

test('what is no history stays as it is', async () => {
  const results = resultsOf(await measured('alloc 1 100', ['flat']));
  writeFileSync(history(), 'precious\n');
  assert.throws(
    () => appendToHistory(history(), results, run(1)),
    (error: unknown) => error instanceof InputError,
  );
  assert.throws(
    () => readHistory(history()),
    (error: Error) => /:1: not a history; expected the header/.test(error.message),
  );
  assert.is(readFileSync(history(), 'utf8'), 'precious\n');
  const nowhere = join(context.folder, 'none', 'history.csv');
  assert.throws(
    () => appendToHistory(nowhere, results, run(1)),
    (error: unknown) => error instanceof InputError,
  );
  assert.throws(
    () => readHistory(nowhere),
    (error: Error) => /no such file/.test(error.message),
  );
});

test('a trend says what changed, how, and at which commit', async () => {
  const replay = await measured();
  const stopped: MeasuredReplay = {
    ...replay,
    outcome: { kind: 'unsupported', operation: 1, verb: 'dump', reason: 'no dump' },
  };
  const newer = { ...withPeak(replay, 500), engine: { ...replay.engine, version: 4 } };
  [
    withPeak(replay, 1000),
    withPeak(replay, 1000),
    withPeak(replay, 1100),
    withPeak(replay, 900),
    stopped,
    newer,
  ].forEach((each, index) => appendToHistory(history(), resultsOf(each), run(index + 1)));
  const trend = trendOf(readHistory(history()), { metrics: ['held.bytes.*', 'outcome.ok'] });
  assert.is(trend.runs, 6);
  assert.equal(
    trend.changes.map(({ from, to, absolute, judgement }) => [
      from.commit,
      to.commit,
      to.metric,
      absolute,
      judgement,
    ]),
    [
      ['c2', 'c3', 'held.bytes.peak', 100, 'worse'],
      ['c3', 'c4', 'held.bytes.peak', -200, 'better'],
      ['c4', 'c5', 'outcome.ok', -1, 'worse'],
      ['c5', 'c6', 'outcome.ok', 1, 'not comparable'],
      ['c4', 'c6', 'held.bytes.peak', -400, 'not comparable'],
    ],
  );
  assert.is(trend.changes[0]!.relativeBasisPoints, 1000);
  assert.equal(trend.changes[4]!.reasons, ['engine version 3 → 4']);
  assert.is(trendOf(readHistory(history()), { metrics: [], label: 'other' }).runs, 0);
  const [text, csv, json, html] = TREND_FORMATS.map(({ render }) => render(trend));
  assert.is(html!.match(/<figure /g)!.length, 2);
  assert.is(html!.match(/<circle class="dot worse"/g)!.length, 2);
  assert.match(html!, /6 runs, 3 series, 5 changes, 2 for the worse/);
  assert.match(
    text!,
    /2001-01-03T00:00:00Z {2}c3 {2}nightly\n.*\nby-hand .* 1,000 +1,100 +bytes +\+10\.00 % +worse +c2\n/,
  );
  assert.match(text!, /\n6 runs, 3 series, 5 changes\n$/);
  assert.is(csv!.trimEnd().split('\n').length, 6);
  assert.is(v.parse(trendSchema, JSON.parse(json!)).changes[1]!.to.commit, 'c4');
});

test('a metric that the history does not have is refused with the nearest', async () => {
  appendToHistory(history(), resultsOf(await measured()), run(1));
  assert.throws(
    () => trendOf(readHistory(history()), { metrics: ['free.cycle.max'] }),
    (error: unknown) => error instanceof UsageError && /did you mean "free\.cycles\.max"/.test(error.message),
  );
});

test.run();
