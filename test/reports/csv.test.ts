import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeControls } from '../../traces/input-error';
import { parse } from 'csv-parse/sync';
import { csvText, harmless } from '../../reports/csv/cells';
import { latencyCsv } from '../../reports/csv/latency';
import { summaryCsv } from '../../reports/csv/summary';
import { timelineCsv } from '../../reports/csv/timeline';
import { worstCsv } from '../../reports/csv/worst';
import { exampleResults, HOSTILE, measured, resultsOf } from './example-results';

const test = suite('csv');

type Row = Readonly<Record<string, string>>;
const rowsOf = (text: string): Row[] => parse(text, { columns: true });

test('a text that looks like a formula is disarmed, a negative number is not', () => {
  for (const text of ['=1+1', '+1', '-1', '@x', '\tx', '\rx', '\nx', '＝1', '＋1', '－1', '＠1']) {
    assert.is(harmless(text), `'${text}`);
  }
  assert.equal(['a=1', '1', ' =', "'="].map(harmless), ['a=1', '1', ' =', "'="]);
  const columns = [
    { name: 'text', cell: (row: number) => `-${row}` },
    { name: 'number', cell: (row: number) => -row },
    { name: 'nothing', cell: () => undefined },
  ];
  assert.is(csvText(columns, [7]), "text,number,nothing\n'-7,-7,\n");
});

test('summary.csv has a row per replay and pricing and a column per metric', async () => {
  const rows = rowsOf(summaryCsv(await exampleResults()));
  assert.equal(rows.map((row) => [row.engine, row.pricing, row.outcome].join(' ')).slice(0, 8), [
    'page-per-object flat ok',
    'page-per-object zen4-2022@cold ok',
    'its-twin flat ok',
    'its-twin zen4-2022@cold ok',
    'unable flat unsupported',
    'unable zen4-2022@cold unsupported',
    'broken flat corrupt',
    'broken zen4-2022@cold corrupt',
  ]);
  const [first, , , , unable, , broken] = rows;
  assert.is(first!['alloc.cycles.max'], '30');
  assert.is(first!['alloc.cycles.max.operation'], '0');
  assert.is(first!['realloc.cycles.max'], '');
  assert.is(first!['waste.peak [basis points]'], '6911');
  assert.is(first!['pages.unusable-index.order1.peak [per mille]'], '');
  assert.is(first!['allocations.failed'], '1');
  assert.is(first!['bound.alloc.accesses'], '3');
  assert.is(first!['bound.alloc.accesses.observed'], '3');
  assert.is(first!['bound.alloc.accesses.mean [per mille]'], '2500');
  assert.is(first!['bound.alloc.accesses.used [basis points]'], '10000');
  assert.match(unable!['outcome.reason']!, /^n\/a: page-per-object has no compact/);
  assert.is(
    broken!['outcome.reason'],
    'corrupt at operation 7 (free 6, during broken: merge): a block over a live one | <b>',
  );
});

test('the use of a bound is what was seen of what is allowed', async () => {
  const replay = await measured();
  const [row] = rowsOf(
    summaryCsv(resultsOf({ ...replay, bounds: [{ ...replay.bounds[0]!, most: 12, observed: 3 }] })),
  );
  assert.is(row!['bound.alloc.accesses.used [basis points]'], '2500');
});

test('every table says of every row how its replay ended', async () => {
  const results = await exampleResults();
  for (const table of [summaryCsv, latencyCsv, timelineCsv, worstCsv]) {
    const rows = rowsOf(table(results));
    assert.equal(new Set(rows.map(({ outcome }) => outcome)), new Set(['ok', 'unsupported', 'corrupt']));
  }
});

test('a replay without pricing has a row too', async () => {
  const rows = rowsOf(summaryCsv(resultsOf(await measured('alloc 1 8', []))));
  assert.equal(rows.map(({ pricing, outcome }) => [pricing, outcome]), [['', 'ok']]); // prettier-ignore
});

test('hostile names stay in their cells, disarmed', async () => {
  const results = await exampleResults();
  for (const text of [summaryCsv(results), latencyCsv(results), timelineCsv(results), worstCsv(results)]) {
    const rows = rowsOf(text);
    const last = rows[rows.length - 1]!;
    const shown = `'${escapeControls(HOSTILE)}`;
    assert.equal([last.trace, last.engine], [shown, shown]);
    assert.not.match(text, /(^|,)"?[=@]/m);
  }
});

test('latency.csv is the percentile curve, its last step the maximum', async () => {
  const rows = rowsOf(latencyCsv(resultsOf(await measured())));
  const alloc = rows.filter(({ pricing, kind }) => pricing === 'flat' && kind === 'alloc');
  // Six allocations: a failed one for nothing, five for 30 cycles.
  assert.equal(
    alloc.map(({ percentile, cycles, 'operations.up-to': upTo }) => [percentile, cycles, upTo].join(' ')),
    [
      '0 0 1',
      '10 0 1',
      '20 30 6',
      '30 30 6',
      '40 30 6',
      '100 30 6',
    ], // prettier-ignore
  );
  assert.equal([...new Set(rows.map(({ kind }) => kind))], ['alloc', 'free']);
});

test('timeline.csv marks the peak, the failure and the end', async () => {
  const rows = rowsOf(timelineCsv(resultsOf(await measured())));
  assert.equal(
    rows.map((row) => [row.operation, row.moment, row['held.bytes'], row['largest.free.bytes']].join(' ')),
    [
      '0  4096 3984',
      '4  12288 4032',
      '5 held peak 16384 4080',
      '6 first failure 16384 4080',
      '8 end 12288 4080',
    ],
  );
});

test('worst.csv ranks the operations of all kinds together; causes add up', async () => {
  const rows = rowsOf(worstCsv(resultsOf(await measured())));
  const cold = rows.filter(({ pricing }) => pricing === 'zen4-2022@cold');
  assert.equal(cold.map(({ rank }) => rank), ['1', '2', '3', '4', '5', '6', '7', '8']); // prettier-ignore
  for (const row of rows) {
    const causes = Object.entries(row).filter(([name]) => name.startsWith('cycles.'));
    assert.is(causes.reduce((sum, [, cycles]) => sum + Number(cycles), 0), Number(row.cycles)); // prettier-ignore
  }
  assert.is(cold[0]!.op, 'alloc');
  assert.is(cold[0]!['events.pagesTaken'], '1');
});

test.run();
