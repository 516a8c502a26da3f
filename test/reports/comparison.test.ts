import { spawnSync } from 'node:child_process';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { compareResults } from '../../harness/compare/compare';
import type { Comparison } from '../../harness/compare/comparison';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { escapeControls } from '../../traces/input-error';
import { githubAnnotations } from '../../reports/comparison/annotations';
import { comparisonCsv } from '../../reports/comparison/csv';
import { comparisonJson, comparisonSchema } from '../../reports/comparison/json';
import { comparisonMail } from '../../reports/comparison/mail';
import { COMMENT_BYTES_MAX } from '../../reports/comparison/limited-document';
import { comparisonMarkdown, STICKY_MARKER } from '../../reports/comparison/markdown';
import { COMPARISON_FORMATS } from '../../reports/comparison/registry';
import { byChange, folded, foldedTitle, reportRows } from '../../reports/comparison/rows';
import { mostText, scorecard } from '../../reports/comparison/scorecard';
import { HOSTILE, measured, renamed, resultsOf } from './example-results';

const test = suite('comparison reports');

function compared(base: readonly MeasuredReplay[], head: readonly MeasuredReplay[]): Comparison {
  return compareResults(resultsOf(...base), resultsOf(...head), {
    labels: { base: HOSTILE, head: 'head.json' },
    limits: [],
    failOn: 'regression',
    acrossEngines: false,
  });
}

/** The replay with a free that costs more, and less waste. */
function changed(replay: MeasuredReplay, cycles: number): MeasuredReplay {
  return {
    ...replay,
    placementsSha256: 'ab'.repeat(32),
    metrics: { ...replay.metrics, 'waste.peak': { value: 1 } },
    pricings: replay.pricings.map((pricing) => ({
      ...pricing,
      costsSha256: 'cd'.repeat(32),
      metrics: { ...pricing.metrics, 'free.cycles.max': { value: cycles, operation: 8 } },
    })),
  };
}

const broken = (replay: MeasuredReplay): MeasuredReplay => ({
  ...replay,
  outcome: {
    kind: 'corrupt',
    operation: 7,
    op: 'free',
    id: 6,
    sizeBytes: 0,
    lastStep: 'merge',
    problem: 'a block | over\n<b>',
  },
});

async function hostileComparison(): Promise<Comparison> {
  const replay = renamed(await measured(), HOSTILE, HOSTILE);
  const other = renamed(replay, 'other', HOSTILE);
  return compared([replay, other], [changed(replay, 1_234_567), broken(other)]);
}

const columnsOf = (line: string): number => line.replaceAll('\\|', '').split('|').length;

test('the JSON of a comparison keeps to its schema', async () => {
  const json = v.parse(comparisonSchema, JSON.parse(comparisonJson(await hostileComparison())));
  assert.equal(
    json.cells.map(({ status }) => status),
    ['compared', 'newly failing'],
  );
  assert.is(json.reasons[0]!.kind, 'free');
});

test('the Markdown begins with its marker and the verdict, and its tables keep their columns', async () => {
  const markdown = comparisonMarkdown(await hostileComparison(), { ascii: false });
  const lines = markdown.split('\n');
  assert.is(lines[0], STICKY_MARKER);
  assert.match(
    lines[1]!,
    /^### alloc-replay: mixed: ❌ 1 newly failing, ❌ 2 regressions, ✅ 1 improvement, .* — please read$/,
  );
  assert.not.match(markdown, /<script|!\[|\u001b|@all/);
  let columns = 0;
  for (const line of lines) {
    columns = line.startsWith('|') ? columns || columnsOf(line) : 0;
    assert.ok(columns === 0 || columnsOf(line) === columns, line);
  }
  assert.match(markdown, /\| 1,234,567 \|/);
  assert.match(markdown, /<details><summary>Why: worst free of /);
});

test('nothing in the comment depends on when it was made', async () => {
  const replay = await measured();
  const at = (finished: string) =>
    comparisonMarkdown(
      compareResults(
        { ...resultsOf(replay), environment: { finished } },
        { ...resultsOf(changed(replay, 500)), environment: { finished } },
        { labels: { base: 'a', head: 'b' }, limits: [], failOn: 'none', acrossEngines: false },
      ),
      { ascii: false },
    );
  assert.is(at('2001-01-01T00:00:00Z'), at('2002-02-02T00:00:00Z'));
});

test('ASCII means ASCII, in Markdown and text', async () => {
  const replay = renamed(await measured(), 'späť→☃'.repeat(40), 'engine');
  const comparison = compared([replay], [changed(replay, 500)]);
  for (const { name, render } of COMPARISON_FORMATS.filter((each) =>
    ['markdown', 'text'].includes(each.name),
  )) {
    assert.not.match(render(comparison, { ascii: true }), /[^\0-\x7f]/, name);
    assert.match(render(comparison, { ascii: false }), /[^\0-\x7f]/, name);
  }
  assert.match(comparisonMarkdown(comparison, { ascii: true }), /\| REGRESSED \|/);
});

test('at most ten rows are in the open, recorded traces before synthetic ones', async () => {
  const replay = await measured();
  const names = Array.from({ length: 12 }, (_, index) => `trace-${index}`);
  const synthetic = {
    kind: 'synthetic',
    generator: 'churn',
    parameters: {},
    seed: 1,
    adaptive: false,
  } as const;
  const cells = names.map((name, index) => {
    const each = renamed(replay, name, 'engine');
    return index < 2 ? each : { ...each, trace: { ...each.trace, origin: synthetic } };
  });
  const comparison = compared(
    cells,
    cells.map((each, index) => changed(each, 1000 + index)),
  );
  const open = comparisonMarkdown(comparison, { ascii: false }).split('<details>')[0]!;
  assert.is(open.match(/^\| trace-/gm)?.length, 10);
  assert.match(open, /\*\*Recorded traces\*\*\n[^]*\*\*Synthetic traces\*\* \(4 of 30\)/);
});

for (const [what, count, length] of [
  ['many', 150, 10],
  ['long', 60, 100_000],
] as const) {
  test(`a comment over ${what} names is cut by whole rows and says so`, async () => {
    const replay = await measured();
    const cells = Array.from({ length: count }, (_, index) =>
      renamed(replay, `${index}${'|☃'.repeat(length)}`, 'engine'),
    );
    for (const ascii of [false, true]) {
      const markdown = comparisonMarkdown(
        compared(
          cells,
          cells.map((each) => changed(each, 1000)),
        ),
        { ascii },
      );
      assert.ok(Buffer.byteLength(markdown) <= COMMENT_BYTES_MAX, `${Buffer.byteLength(markdown)}`);
      assert.ok(Buffer.byteLength(markdown) > COMMENT_BYTES_MAX / 2);
      assert.match(markdown, /more rows are left out|tables are left out/);
      assert.is(markdown.match(/<details>/g)?.length, markdown.match(/<\/details>/g)?.length);
    }
  });
}

test('the CSV has every row, and no formula', async () => {
  const csv = comparisonCsv(await hostileComparison());
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  assert.ok(rows.length > 50);
  for (const row of rows) {
    assert.ok(Object.values(row).every((cell) => !/^[=+@\t\r]/.test(cell) || cell.startsWith("'")));
  }
  assert.is(rows[0]!['status'], 'newly failing');
  const row = rows.find(({ metric }) => metric === 'free.cycles.max')!;
  assert.is(row['trace'], `'${escapeControls(HOSTILE)}`, 'one line, and nothing that steers a terminal');
  assert.is(row['head'], '1234567');
  assert.is(row['status'], 'both changed');
  assert.is(row['judgement'], 'regression');
});

test('the terminal gets no control characters', async () => {
  for (const { name, render } of COMPARISON_FORMATS.filter((each) => each.name === 'text')) {
    const text = render(await hostileComparison(), { ascii: false });
    assert.not.match(text, /[\0-\x09\x0b-\x1f\x7f]/, name);
    assert.match(text, /^what a reviewer asks\n/);
    assert.match(text, /^newly failing\n/m);
  }
});

test('the scorecard answers what a reviewer asks, before any row', async () => {
  const replay = await measured();
  const worse = compared([replay], [changed(replay, 1_234_567)]);
  const lines = scorecard(worse);
  assert.equal(
    lines.map(({ question, answer }) => `${question}: ${answer}`),
    [
      'worst latency: worse',
      'typical latency: same',
      'time under locks: same',
      'memory held: same',
      'failures: same',
    ],
  );
  assert.is(lines[0]!.most?.row.metric, 'free.cycles.max');
  assert.match(mostText(lines[0]!, '->'), /^[\d,]+ -> 1,234,567 \(\+[\d,.]+ %\)$/);
  const failing = scorecard(compared([replay], [broken(replay)]));
  assert.equal([failing.at(-1)!.answer, failing.at(-1)!.worse], ['worse', 1]);
  assert.is(scorecard(compared([changed(replay, 1_234_567)], [replay]))[0]!.answer, 'better');
});

test('rows are ranked by what matters, and several figures of one fact are one row', async () => {
  const replay = await measured();
  const [pricing] = replay.pricings;
  const head: MeasuredReplay = {
    ...replay,
    metrics: {
      ...replay.metrics,
      'allocations.failed': { value: 99 },
      'fragmentation.wj1': { value: 90_000, ratio: [9, 1] },
      'fragmentation.wj2': { value: 90_000, ratio: [9, 1] },
      'fragmentation.wj3': { value: 90_000, ratio: [9, 1] },
    },
    pricings: [
      {
        ...pricing!,
        metrics: {
          ...pricing!.metrics,
          'free.cycles.max': { value: 1_000_000 },
          'free.cycles.p99': { value: 900_000 },
          'free.cycles.p50': { value: 800_000 },
        },
      },
    ],
  };
  const rows = reportRows(compared([replay], [head])).filter(({ row }) => row.judgement === 'regression');
  assert.equal(folded(rows.sort(byChange)).map(foldedTitle).slice(0, 2), [
    'allocations.failed [operations]',
    'free.cycles.max',
  ]);
  const titles = folded(rows).map(foldedTitle);
  assert.is(titles.filter((title) => /^free\.cycles\.p\d+ \(and 1 alike\)$/.test(title)).length, 1);
  assert.is(titles.filter((title) => /^fragmentation\.wj\d \(and 2 alike\)$/.test(title)).length, 1);
});

test('a mail is short and plain, and says how to replay the worst', async () => {
  const render = COMPARISON_FORMATS.find(({ name }) => name === 'mail')!.render;
  const replay = await measured();
  const mails = [await hostileComparison(), compared([replay], [changed(replay, 1_234_567)])].map((each) =>
    render(each, { ascii: false }),
  );
  for (const mail of mails) {
    const lines = mail.split('\n');
    assert.ok(lines.length <= 31, String(lines.length));
    assert.ok(lines.every((line) => line.length <= 72));
    assert.match(mail, /^[\n -~]*$/);
    assert.match(mail, /^mixed: [12] /);
  }
  assert.match(mails[1]!, /^worst latency +worse +[\d,]+ -> 1,234,567/m);
  assert.match(mails[1]!, /^Worst free: [\d,]+ cycles/m);
  assert.match(
    mails[1]!,
    /^Replay it:\n {2}alloc-replay explain "[^"]+" \\\n {4}-a \S+ -p \S+ --op \d+ \\\n {4}--heap-pages 16$/m,
  );
});

test('the command of a mail is whole and for the shell, however long it is', async () => {
  const replay = await measured();
  const comparison = compared([replay], [changed(replay, 1_234_567)]);
  const trace = `synth:churn?live=${'1'.repeat(100)}&name=a b`;
  const mail = comparisonMail(comparison, {
    called: () => ({ trace, engine: './my engine.ts', options: ['-o', 'pages=5', '--heap-pages', '99'] }),
  });
  const [, command] = /^Replay it:\n([^]*)$/m.exec(mail)!;
  assert.ok(command!.split('\n').every((line) => line.length <= 72));
  const printing = command!.replace('alloc-replay', "printf '%s\\n'");
  const { stdout } = spawnSync('sh', ['-c', printing], { encoding: 'utf8' });
  assert.equal(stdout.split('\n').slice(0, 4), ['explain', trace, '-a', './my engine.ts']);
  assert.equal(stdout.trimEnd().split('\n').slice(-4), ['-o', 'pages=5', '--heap-pages', '99']);
  for (const odd of ['$(reboot)', '`reboot`', 'a"b', 'träce', 'a\\']) {
    const quiet = comparisonMail(comparison, { called: () => ({ trace: odd, engine: 'e', options: [] }) });
    assert.not.match(quiet, 'Replay it', odd);
  }
});

test('JUnit has a case per judged metric and one per fate, hostile names escaped', async () => {
  const { render } = COMPARISON_FORMATS.find(({ name }) => name === 'junit')!;
  const comparison = await hostileComparison();
  const xml = render(comparison, { ascii: false });
  const { regressions, newlyFailing } = comparison.verdict.counts;
  assert.is(xml.match(/<failure /g)?.length, regressions + newlyFailing);
  assert.is(xml.match(/<testcase /g)?.length, xml.match(/(\/>|<\/testcase>)\n/g)?.length);
  assert.match(
    xml,
    /name="free\.cycles\.max"><failure message="[^"<]*no change for the worse is allowed"\/>/,
  );
  assert.not.match(xml, /<script|\u001b/);
});

test('annotations are one line each, at most ten errors and the verdict', async () => {
  const annotations = githubAnnotations(await hostileComparison());
  const lines = annotations.trimEnd().split('\n');
  assert.match(lines[0]!, /^::error title=.*newly failing::corrupt at operation 7/);
  assert.match(lines[1]!, /^::error title=[^:,]*::.* and no change for the worse is allowed$/);
  assert.match(lines.at(-1)!, /^::notice title=alloc-replay::mixed: /);
  assert.ok(lines.every((line) => line.startsWith('::')));
  const replay = await measured();
  const many = Array.from({ length: 30 }, (_, index) => renamed(replay, `t${index}`, 'engine'));
  const cut = githubAnnotations(
    compared(
      many,
      many.map((each) => changed(each, 1000)),
    ),
  );
  assert.is(cut.match(/^::error/gm)?.length, 10);
});

test('the page shows a dumbbell for every change, by its size, with names that are text', async () => {
  const page = COMPARISON_FORMATS.find(({ name }) => name === 'html')!.render(await hostileComparison(), {
    ascii: false,
  });
  assert.not.match(page, /<script>alert|\u001b/);
  const bells = page.match(/class="dumbbell (\w+)"/g)!;
  assert.is(bells.length, 3);
  // The free of both pricings grew by more than it was: the line ends at the edge. Waste fell to next to nothing.
  assert.is(page.match(/<i style="left:48px;width:48px"><\/i>/g)!.length, 2);
  assert.match(page, /<span class="badge regression">regression<\/span>/);
  assert.match(page, /class="sortable filtered"/);
  assert.match(page, /1,234,567/);
});

test.run();
