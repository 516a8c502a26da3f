import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { escapeName } from '../../reports/markdown/table';
import { markdownReport } from '../../reports/markdown/report';
import { terminalReport } from '../../reports/terminal';
import { engineLabel, traceGroups } from '../../reports/trace-groups';
import { exampleResults, HOSTILE, measured, renamed, resultsOf } from './example-results';

const test = suite('markdown and terminal');

test('plain names stay as they are, everything else is made code without markup', () => {
  for (const name of [
    'xmalloc-tlsf-2008',
    'core2-2008@cold',
    'zen4-2022@shared:65536/4k',
    'sqlite3_2000',
    'a b=1',
  ]) {
    assert.is(escapeName(name), name);
  }
  assert.is(escapeName('a|b'), '<code>a&#124;b</code>');
  assert.is(escapeName('`x`'), '<code>&#96;x&#96;</code>');
  assert.is(escapeName('<b>'), '<code>&#60;b&#62;</code>');
  assert.is(escapeName('x\ny'), '<code>x&#92;ny</code>');
  assert.is(escapeName('@team'), '<code>&#64;team</code>');
  assert.is(escapeName('me@a.example'), '<code>me&#64;a.example</code>');
  assert.is(escapeName('http://a'), '<code>http&#58;//a</code>');
  assert.is(escapeName('www.a'), '<code>www&#46;a</code>');
  assert.is(escapeName('_x_'), '<code>&#95;x&#95;</code>');
  assert.is(escapeName('- x'), '<code>- x</code>');
  assert.is(escapeName('&#124;'), '<code>&#38;&#35;124;</code>');
});

test('the report begins with the verdict: what broke, then the worst operation and its rivals', async () => {
  const replay = await measured();
  const dearer = structuredClone(replay) as typeof replay;
  const report = markdownReport(
    resultsOf(replay, {
      ...dearer,
      engine: { ...dearer.engine, version: 4 },
      pricings: [dearer.pricings[1]!],
    }),
  );
  assert.match(report, /^# Allocator replay report\n\nOn by-hand under zen4-2022@cold the worst operation was alloc #0 of page-per-object v3: 475 cycles \(87 % of them dram\), as much as the worst alloc of page-per-object v4 \(475\)\.\n/); // prettier-ignore
  const all = markdownReport(await exampleResults());
  assert.match(all, /report\n\n1 replay did not finish: broken on by-hand was <code>corrupt at operation 7/);
  assert.match(all, /475 cycles \(87 % of them dram\), as much as the worst alloc of its-twin \(475\)\./);
});

test('a generator that decides by placements has as many events as each engine made it', async () => {
  const replay = await measured();
  const adaptive = (events: number, name: string): MeasuredReplay => {
    const origin = { kind: 'synthetic', generator: 'g', parameters: {}, seed: 1, adaptive: true } as const;
    const trace = { ...replay.trace, events, origin };
    return { ...replay, trace, engine: { ...replay.engine, name } };
  };
  const results = resultsOf(adaptive(4096, 'a'), adaptive(10_240, 'b'));
  assert.match(terminalReport(results), '(4,096 to 10,240 events; cycles per operation)');
  assert.match(markdownReport(results), ', 4,096 to 10,240 events.');
});

test('every row of every table has as many cells as its header', async () => {
  const report = markdownReport(await exampleResults());
  let columns = 0;
  let tables = 0;
  const lines = report.split('\n');
  lines.forEach((line, index) => {
    if (!line.startsWith('|')) {
      return;
    }
    const cells = line.split('|').length;
    if (!lines[index - 1]!.startsWith('|')) {
      columns = cells;
      tables++;
    }
    assert.is(cells, columns, line);
  });
  assert.ok(tables > 8);
});

test('hostile names are no markup anywhere', async () => {
  const report = markdownReport(await exampleResults());
  assert.not.match(report, /<script|<b>|`|!\[|http:\/\/|\u001b/);
  assert.ok(report.includes('&#60;script&#62;'));
});

test('a trace has one table with the figures of each engine, n/a rows with their reason', async () => {
  const report = markdownReport(await exampleResults());
  const row = (start: string) => report.split('\n').find((line) => line.startsWith(start))!;
  assert.is(
    row('| page-per-object | flat'),
    '| page-per-object | flat | 30 | 30 | 30 | 4 | 4 | 4 | 69.11 % | 223.79 % | 63.85 % | 16 KiB | 1 |  |',
  );
  assert.match(
    row('| unable | flat'),
    /^\| unable \| flat \|( n\/a \|){11} n\/a: page-per-object has no compact/,
  );
  assert.match(row('| broken | flat'), /corrupt at operation 7/);
  assert.match(report, '| 1 | page-per-object | flat | 30 | #0 alloc 1, 100 B | locked updates 67 %');
});

test('bounds stand beside what was seen, and an exceeded one is loud', async () => {
  const replay = await measured();
  const synthetic = {
    ...replay,
    trace: {
      ...replay.trace,
      name: 'storm',
      origin: { kind: 'synthetic', generator: 'storm', parameters: {}, seed: 1, adaptive: false },
    },
    bounds: replay.bounds.map((bound) => ({ ...bound, observed: 6 })),
  } as const;
  const report = markdownReport(resultsOf(replay, synthetic));
  assert.match(
    report,
    '| page-per-object | alloc | accesses | 3 | 3 | 6 |  | 2.5 | **200 %: exceeded** | lock, header, unlock (its four lines) |',
  );
  assert.match(markdownReport(resultsOf(replay)), '| 3 | 3 |  |  | 2.5 | 100 % |');
  const origin = { ...synthetic.trace.origin, generator: 'adversary/robson' };
  const adversarial = { ...synthetic, trace: { ...synthetic.trace, origin } };
  assert.match(
    markdownReport(resultsOf(replay, adversarial)),
    '| 3 | 3 |  | 6 | 2.5 | **200 %: exceeded** |',
  );
  const lesser = {
    ...renamed(replay, 'another', 'page-per-object'),
    bounds: replay.bounds.map((bound) => ({ ...bound, observed: 2 })),
  };
  for (const both of [resultsOf(replay, lesser), resultsOf(lesser, replay)]) {
    assert.match(markdownReport(both), '| 3 | 3 |  |  | 2.5 | 100 % |');
  }
});

test('a first failure is shown with what was free, and the operations before it', async () => {
  const replay = await measured();
  const report = markdownReport(resultsOf(replay));
  assert.match(report, '| page-per-object | #6 | 8 B | 11,288 B | 4,080 B |  |  |  |');
  assert.match(report, '| #6 | alloc | 6 | 8 | NULL |');
  const checkpoints = replay.checkpoints.map((checkpoint) => ({
    ...checkpoint,
    survey: checkpoint.survey && { ...checkpoint.survey, freeBlocksByOrder: [64] },
  }));
  const recentOperations = [{ ...replay.firstFailure!.recentOperations[6]!, sizeBytes: 30_000 }];
  const firstFailure = { ...replay.firstFailure!, recentOperations };
  assert.match(
    markdownReport(resultsOf({ ...replay, checkpoints, firstFailure })),
    '| page-per-object | #6 | 30,000 B | 11,288 B | 4,080 B | 64 | 1000 | 860 |',
  );
  assert.not.match(markdownReport(resultsOf({ ...replay, firstFailure: null })), 'First failures');
});

test('replays of one trace stand together; engines are told apart by what differs', async () => {
  const replay = await measured();
  const other = { ...replay, engine: { ...replay.engine, options: { pages: 8 } } };
  const elsewhere = renamed(replay, 'another', 'page-per-object');
  const groups = traceGroups(resultsOf(replay, elsewhere, other));
  assert.equal(groups.map(({ trace, replays }) => [trace.name, replays.length]), [['by-hand', 2], ['another', 1]]); // prettier-ignore
  assert.is(engineLabel(replay, [replay, other]), 'page-per-object pages=4');
  assert.is(engineLabel(replay, [replay, elsewhere]), 'page-per-object');
  const sameName = { ...replay, trace: { ...replay.trace, sha256: '0'.repeat(64) } };
  assert.is(traceGroups(resultsOf(replay, sameName)).length, 2);
  const stopped = { ...replay, trace: { ...replay.trace, sha256: null } };
  assert.is(traceGroups(resultsOf(stopped, replay)).length, 1);
});

test('an engine that lacks a verb has no worst operation to speak of', async () => {
  const report = terminalReport(
    resultsOf(renamed(await measured('alloc 1 8, compact 0', ['flat']), 'by-hand', 'unable')),
  );
  assert.match(report, /unable: n\/a: /);
  assert.not.match(report, 'the worst operation');
});

test('who did less is no rival: a broken replay, or one that refused what the other gave', async () => {
  const [dear, cheap] = [await measured(), await measured()];
  const sentence = (other: Partial<MeasuredReplay>) =>
    terminalReport(
      resultsOf(renamed(dear, 'by-hand', 'dear'), { ...renamed(cheap, 'by-hand', 'cheap'), ...other }),
    );
  assert.match(sentence({}), 'as much as the worst alloc of cheap (');
  const stopped = { operation: 1, op: 'free', id: 1, sizeBytes: 0, lastStep: 'x', problem: 'y' } as const;
  assert.not.match(sentence({ outcome: { kind: 'corrupt', ...stopped } }), 'the worst alloc of');
  const refused = { ...cheap.metrics, 'allocations.failed': { value: 9 } };
  assert.not.match(sentence({ metrics: refused }), 'the worst alloc of');
});

test('the terminal shows one table a trace and the verdict last', async () => {
  const text = terminalReport(resultsOf(await measured()));
  assert.is(
    text,
    [
      'by-hand  (9 events; cycles per operation)',
      'engine           pricing         alloc worst  p99.9  median  free worst  p99.9  median    waste  held peak  failed',
      'page-per-object  flat                     30     30      30           4      4       4  69.11 %     16 KiB       1',
      coldRow(text),
      '',
      'On by-hand under zen4-2022@cold the worst operation was alloc #0 of page-per-object: 475 cycles (87 % of them dram).',
      '',
    ].join('\n'),
  );
  const all = terminalReport(await exampleResults());
  assert.match(all, /\nunable +flat( +n\/a){9}\n/);
  assert.match(all, /\n {2}unable: n\/a: page-per-object has no compact/);
  assert.not.match(all, /\u001b/);
  assert.ok(all.includes(HOSTILE.slice(0, 10)));
});

/** The cold row's figures belong to a profile that may be corrected; its form does not. */
function coldRow(text: string): string {
  const row = text.split('\n')[3]!;
  assert.match(row, /^page-per-object {2}zen4-2022@cold( +[\d,]+){6} {2}69\.11 % {5}16 KiB {7}1$/);
  return row;
}

test.run();
