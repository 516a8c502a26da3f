import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareResults, type CompareOptions } from '../../../harness/compare/compare';
import { hashesOf, rowsOf, type Comparison } from '../../../harness/compare/comparison';
import { parseLimits } from '../../../harness/compare/limits';
import type { MeasuredReplay } from '../../../harness/metrics/measured-replay';
import { METRICS, metricNamed } from '../../../harness/metrics/registry';
import { measured, renamed, resultsOf } from '../../reports/example-results';

const test = suite('comparison');

function compare(
  base: readonly MeasuredReplay[],
  head: readonly MeasuredReplay[],
  options: Partial<CompareOptions> = {},
): Comparison {
  return compareResults(resultsOf(...base), resultsOf(...head), {
    labels: { base: 'base', head: 'head' },
    limits: [],
    failOn: 'regression',
    acrossEngines: false,
    ...options,
  });
}

/** The replay with other values of metrics that no pricing changes. */
function withMetrics(replay: MeasuredReplay, metrics: MeasuredReplay['metrics']): MeasuredReplay {
  return { ...replay, metrics: { ...replay.metrics, ...metrics } };
}

const kinds = ({ cells }: Comparison): string[] => cells.map(({ kind }) => kind);

const reasons = ({ cells }: Comparison): readonly string[] =>
  cells.flatMap((cell) => (cell.kind === 'not comparable' ? cell.reasons : []));

test('a replay beside itself is identical in every row', async () => {
  const replay = await measured();
  const comparison = compare([replay], [replay], { failOn: 'any-change' });
  const [cell] = comparison.cells;
  assert.is(cell?.kind, 'compared');
  if (cell?.kind === 'compared') {
    assert.ok(rowsOf(cell).length > 50);
    assert.ok(rowsOf(cell).every(({ judgement, absolute }) => judgement === 'same' && (absolute ?? 0) === 0));
    assert.is(hashesOf(cell, 'flat'), 'identical');
    assert.is(hashesOf(cell, null), 'placements identical');
  }
  assert.is(comparison.verdict.word, 'no change');
  assert.is(comparison.verdict.fails, false);
});

test('hashes alone are a change, although no metric moved', async () => {
  const replay = await measured();
  const moved = { ...replay, placementsSha256: 'ab'.repeat(32) };
  const quiet = compare([replay], [moved]);
  assert.is(quiet.verdict.word, 'changes');
  assert.is(quiet.verdict.fails, false);
  assert.is(
    quiet.cells[0]?.kind === 'compared' && hashesOf(quiet.cells[0], 'flat'),
    'placements changed, costs identical',
  );
  assert.is(compare([replay], [moved], { failOn: 'any-change' }).verdict.fails, true);
  const dearer = {
    ...replay,
    pricings: replay.pricings.map((pricing) => ({ ...pricing, costsSha256: 'cd'.repeat(32) })),
  };
  const costs = compare([replay], [dearer], { failOn: 'any-change' });
  assert.is(costs.verdict.fails, true);
  assert.is(
    costs.cells[0]?.kind === 'compared' && hashesOf(costs.cells[0], 'flat'),
    'costs changed, placements identical',
  );
});

test('what keeps replays from being compared is said', async () => {
  const replay = await measured();
  const change = (other: MeasuredReplay) => reasons(compare([replay], [other]));
  const { engine, trace, machine } = replay;
  assert.equal(change({ ...replay, engine: { ...engine, version: 4 } }), ['engine version 3 → 4']);
  assert.equal(change({ ...replay, engine: { ...engine, options: { pages: 5 } } }), ['option pages 4 → 5']);
  assert.equal(change({ ...replay, machine: { ...machine, heapPages: 32 } }), ['heap pages 16 → 32']);
  assert.equal(change({ ...replay, trace: { ...trace, sha256: 'cd'.repeat(32) } }), [
    'trace sha256 abababababab → cdcdcdcdcdcd',
  ]);
  const otherProfile = compare(
    [replay],
    [{ ...replay, pricings: replay.pricings.map((each) => ({ ...each, profileSha256: 'ef'.repeat(32) })) }],
  );
  const [cell] = otherProfile.cells;
  assert.equal(cell?.kind === 'compared' && cell.pricings.map(({ kind }) => kind), [
    'not comparable',
    'not comparable',
  ]);
  assert.is(otherProfile.verdict.counts.notComparable, 2);
  assert.is(otherProfile.verdict.counts.regressions, 0);
});

test('an option that only one side knows keeps nothing apart', async () => {
  const replay = await measured();
  const learned = {
    ...replay,
    engine: { ...replay.engine, options: { ...replay.engine.options, fresh: 'yes' } },
  };
  assert.equal(kinds(compare([replay], [learned])), ['compared']);
});

test('an adaptive generator may answer other placements with other events', async () => {
  const replay = await measured();
  const adaptive = (seed: number, sha256: string): MeasuredReplay => ({
    ...replay,
    trace: {
      ...replay.trace,
      origin: {
        kind: 'synthetic',
        generator: 'adversary/robson',
        parameters: { a: 1 },
        seed,
        adaptive: true,
      },
      sha256,
    },
  });
  const comparison = compare([adaptive(1, 'ab'.repeat(32))], [adaptive(1, 'cd'.repeat(32))]);
  assert.equal(kinds(comparison), ['compared']);
  assert.is(comparison.cells[0]?.category, 'secondary');
  assert.equal(reasons(compare([adaptive(1, 'ab'.repeat(32))], [adaptive(2, 'ab'.repeat(32))])), [
    'the trace has another origin',
  ]);
});

test('missing and added cells are told apart, whatever their order', async () => {
  const replay = await measured();
  const [one, two, three] = ['one', 'two', 'three'].map((name) => renamed(replay, name, 'engine'));
  const comparison = compare([one!, two!], [three!, two!]);
  assert.equal(kinds(comparison), ['missing', 'compared', 'added']);
  assert.equal([comparison.verdict.fails, comparison.verdict.callToAction], [true, 'please read']);
  assert.is(compare([one!, two!], [three!, two!], { allowMissing: true }).verdict.fails, false);
  assert.is(compare([two!], [three!, two!]).verdict.fails, false, 'what is added hides nothing');
  const settings = { failOn: 'any-change', allowMissing: true } as const;
  assert.is(compare([one!, two!], [three!, two!], settings).verdict.fails, true);
});

test('an engine that lacks a verb on both sides is no failure; one that loses a verb is', async () => {
  const replay = await measured();
  const unsupported: MeasuredReplay = {
    ...replay,
    outcome: { kind: 'unsupported', operation: 1, verb: 'dump', reason: 'no dump' },
  };
  const stopped: MeasuredReplay = {
    ...replay,
    outcome: { kind: 'faulted', operation: 1, op: 'free', id: 1, sizeBytes: 0, lastStep: '', problem: 'x' },
  };
  const both = compare([unsupported], [unsupported], { failOn: 'any-change' });
  assert.equal(kinds(both), ['unsupported']);
  assert.is(both.verdict.word, 'no change');
  assert.is(both.verdict.fails, false);
  assert.equal(kinds(compare([replay], [unsupported])), ['newly failing']);
  assert.equal(kinds(compare([unsupported], [stopped])), ['newly failing']);
  assert.is(compare([unsupported], [stopped]).verdict.fails, true);
  assert.equal(kinds(compare([stopped], [unsupported])), ['still failing']);
  assert.is(compare([stopped], [unsupported], { failOn: 'any-change' }).verdict.fails, true);
  assert.equal(kinds(compare([unsupported], [replay])), ['now working']);
});

test('what no limit names may not get worse at all', async () => {
  const replay = await measured();
  const worse = withMetrics(replay, { 'held.bytes.peak': { value: 20_000 }, 'waste.peak': { value: 9_999 } });
  const judged = (limits: string) =>
    compare([replay], [worse], { limits: parseLimits(limits) }).cells.flatMap((cell) =>
      cell.kind === 'compared'
        ? rowsOf(cell)
            .filter(({ judgement }) => judgement !== 'same')
            .map((row) => `${row.metric} ${row.judgement}`)
        : [],
    );
  assert.equal(judged('held.bytes.peak=+1%'), ['held.bytes.peak regression', 'waste.peak regression']);
  assert.equal(judged('held.bytes.peak=+1%|20000'), ['held.bytes.peak regression', 'waste.peak regression']);
  assert.equal(judged('held.bytes.peak=+500%'), ['held.bytes.peak changed', 'waste.peak regression']);
  assert.equal(judged('held.bytes.peak=20000'), ['held.bytes.peak changed', 'waste.peak regression']);
  assert.equal(judged('held.bytes.peak=19999'), ['held.bytes.peak regression', 'waste.peak regression']);
  assert.equal(judged('held.bytes.peak=19999,@waste=any'), [
    'held.bytes.peak regression',
    'waste.peak changed',
  ]);
  assert.equal(judged('@footprint=any,@waste=+9999'), ['held.bytes.peak changed', 'waste.peak changed']);
  const { verdict } = compare([replay], [worse], { limits: parseLimits('held.bytes.peak=+500%') });
  assert.equal([verdict.counts.regressions, verdict.counts.regressionsUnlimited], [1, 1]);
  assert.equal([verdict.callToAction, verdict.fails], ['please read', true]);
});

test('an improvement counts beyond the limit only; what should be high improves by rising', async () => {
  const replay = await measured();
  const judgement = (head: number, better: 'lower' | 'higher', limits: string) => {
    const comparison = compare(
      [withMetrics(replay, { 'held.bytes.peak': { value: 10_000 } })],
      [withMetrics(replay, { 'held.bytes.peak': { value: head } })],
      {
        limits: parseLimits(limits),
        metricNamed: (name) =>
          name === 'held.bytes.peak'
            ? { ...METRICS.find((each) => each.name === name)!, better }
            : metricNamed(name),
      },
    );
    const [cell] = comparison.cells;
    return (
      cell?.kind === 'compared' && rowsOf(cell).find(({ metric }) => metric === 'held.bytes.peak')?.judgement
    );
  };
  assert.is(judgement(9_400, 'lower', '@footprint=+5%'), 'improvement');
  assert.is(judgement(9_600, 'lower', '@footprint=+5%'), 'changed');
  assert.is(judgement(9_600, 'lower', ''), 'improvement');
  assert.is(judgement(9_600, 'higher', ''), 'regression');
  assert.is(judgement(9_400, 'higher', '@footprint=+5%'), 'regression');
  assert.is(judgement(10_600, 'higher', '@footprint=+5%'), 'improvement');
});

test('a metric that one side does not have is a change and no regression', async () => {
  const replay = await measured();
  const comparison = compare([withMetrics(replay, { 'waste.peak': null })], [replay]);
  assert.is(comparison.verdict.counts.changed, 1);
  assert.is(comparison.verdict.word, 'changes');
});

test('a regression comes with the worst operation of its kind on both sides', async () => {
  const base = await measured();
  const head = {
    ...base,
    pricings: base.pricings.map((pricing) => ({
      ...pricing,
      costsSha256: 'cd'.repeat(32),
      metrics: { ...pricing.metrics, 'free.cycles.max': { value: 10_000, operation: 7 } },
    })),
  };
  const { reasons: found } = compare([base], [head]);
  assert.equal(
    found.map(({ pricing, kind, metrics }) => [pricing.id, kind, metrics]),
    [
      ['flat', 'free', ['free.cycles.max']],
      ['zen4-2022@cold', 'free', ['free.cycles.max']],
    ],
  );
});

test.run();
