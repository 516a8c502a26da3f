import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorStatistics, isFloor } from './errors';
import { beyond, FAR, judge, type Judgement } from './judgement';
import { twinDefinitions } from '../harness/foreign/c-engine';
import {
  assertHalfPageMedians,
  assertPromises,
  assertTwinsPromises,
  farMedians,
  steadyRows,
  unexplained,
} from './promises';
import { csvOf, markdownOf, summaryOf } from './report';
import { coldRows, EXTENTS, fidelityRows, type ColdRow, type Compared, type FidelityRow } from './rows';

/** The storms of 1,000 objects, through every engine that was measured; all others in `fidelity.full.test.ts`. */

const test = suite('modelled costs against measured ones');

interface Context {
  /** Of our engines in C. */
  twins: readonly FidelityRow[];
  rows: readonly FidelityRow[];
  cold: readonly ColdRow[];
  judgement: Judgement;
}

let context: Context;

test.before(async () => {
  const rows = await fidelityRows(EXTENTS.short);
  const cold = await coldRows(EXTENTS.short);
  const twins = await fidelityRows(EXTENTS.short, { definitions: twinDefinitions() });
  context = { twins, rows, cold, judgement: judge(rows, cold) };
});

test('every engine is there, in every phase', () => {
  const { rows } = context;
  assert.is(new Set(rows.map(({ engine }) => engine)).size, 6);
  assert.equal([...new Set(rows.map(({ phase }) => phase))].sort(), ['build', 'drain', 'steady']);
  assert.is(context.judgement.steady.length, 31);
  assert.is(context.cold.length, 4);
});

test('they are near, worst operations and evicted ones too, and put engines in the right order', () => {
  assertPromises(context.judgement);
});

test('what is listed as an exception is one', () => {
  const listed = context.judgement.steady.filter(({ exception }) => exception !== undefined);
  assert.ok(listed.length > 0);
  assert.equal(
    listed.filter(({ factor }) => factor <= FAR),
    [],
  );
});

test('half-page storm: medians of first-fit within 1.5', () => {
  assertHalfPageMedians(context.rows, 2);
});

test('our engines in C cost what was measured', () => {
  const { twins, rows } = context;
  assert.is(steadyRows(twins).length, 10);
  assertTwinsPromises(twins, rows);
  const dear = twins.map((row) => ({ ...row, cycles: scaled(row.cycles, 1.6) }));
  assert.ok(farMedians(dear).length > 2);
});

test('misses of callgrind’s large cache are modelled to a tenth', () => {
  for (const { engine, phase, op, storm, counts } of context.rows) {
    // The driver of the page allocator's storm touched memory of its own.
    if (counts === undefined || engine === 'xenheap-pages') {
      continue;
    }
    const { measured, modelled } = counts.llMisses;
    const off = Math.abs(measured - modelled);
    assert.ok(off < 0.1 + 0.1 * measured, `${engine} ${storm} ${phase} ${op}: ${modelled}, ${measured}`);
  }
});

test('what the reference did not have stands apart', () => {
  const { rows } = context;
  const apart = rows.filter(({ apartCycles }) => apartCycles !== 0);
  assert.equal([...new Set(apart.map(({ engine }) => engine))], ['vmalloc']);
  const unmapping = apart.find(({ phase, op }) => phase === 'steady' && op === 'free')!;
  assert.ok(unmapping.apartCycles > 7000, 'a TLB flush on all processors is the dearest of it');
});

test('a model that is off by three times is noticed, and one that turns engines round', () => {
  const { rows, cold } = context;
  const slow = rows.map((row) => ({ ...row, cycles: scaled(row.cycles, row.engine === 'xvmalloc' ? 8 : 1) }));
  assert.ok(unexplained(judge(slow, cold).steady, FAR).length > 4);
  const swapped = rows.map((row) => ({
    ...row,
    cycles: scaled(row.cycles, row.engine === 'xmalloc-first-fit' ? 0.001 : 1),
  }));
  assert.ok(judge(swapped, cold).inversions.length >= 2);
});

test('the error statistic is a mean over rows, and the halves part the storms between them', () => {
  const { rows } = context;
  const exact = rows.map((row) => ({ ...row, cycles: scaled(measuredAsModelled(row.cycles), 1) }));
  const double = rows.map((row) => ({ ...row, cycles: scaled(measuredAsModelled(row.cycles), 2) }));
  for (const { meanOff, nearShare } of errorStatistics(exact)) {
    assert.equal([meanOff, nearShare], [0, 1]);
  }
  for (const { meanOff, nearShare } of errorStatistics(double)) {
    assert.equal([meanOff, nearShare], [1, 0]);
  }
  const [all, fitted, withheld] = errorStatistics(rows);
  assert.is(fitted!.rows + withheld!.rows, all!.rows);
  assert.ok(fitted!.rows > 0 && withheld!.rows > 0);
  const alloc = rows.find((row) => row.engine === 'xenheap-pages' && row.op === 'alloc')!;
  const withP99 = (op: string, p99: number) =>
    isFloor({ ...alloc, op, cycles: { ...alloc.cycles, median: same(37), p99: same(p99) } });
  assert.equal([withP99('alloc', 512), withP99('alloc', 900), withP99('free', 512)], [true, false, false]);
});

test('the table has a line for every row and the summary names what is far off', () => {
  const { rows, cold, judgement } = context;
  assert.is(csvOf(rows, cold).trimEnd().split('\n').length, 1 + rows.length + cold.length);
  const markdown = markdownOf(rows, cold, judgement);
  const isLine = (line: string) => line.startsWith('| xmalloc-first-fit frag 1000 4K steady free |');
  assert.is(markdown.split('\n').filter(isLine).length, 1);
  for (const { what } of beyond(judgement.steady, FAR)) {
    assert.match(summaryOf(judgement), what);
  }
  assert.not.match(summaryOf(judgement), 'UNEXPLAINED');
});

function same(cycles: number): Compared {
  return { measured: cycles, modelled: cycles };
}

function measuredAsModelled({ median, p99, max }: FidelityRow['cycles']): FidelityRow['cycles'] {
  return { median: same(median.measured), p99: same(p99.measured), max: same(max.measured) };
}

function scaled(cycles: FidelityRow['cycles'], factor: number): FidelityRow['cycles'] {
  const scale = ({ measured, modelled }: FidelityRow['cycles']['median']) => ({
    measured,
    modelled: modelled * factor,
  });
  return { median: scale(cycles.median), p99: scale(cycles.p99), max: scale(cycles.max) };
}

test.run();
