import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatPlan9VectorRow,
  PLAN9_VECTOR_HEADER,
  VECTOR_HEAP_PAGES,
} from '../../../allocators/plan9/vectors';
import { LINE_BYTES } from '../../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import { StreamRecorder } from '../../harness/machine/stream-recorder';
import { goldenExists, goldenText, vectorFiles, vectorRun, vectorTrace } from './vector-files';

/** Every golden vector of the original pool, byte for byte: placements, sizes, events, states, costs and touches. */

const vectors = vectorFiles();

for (const vector of vectors) {
  test(`${vector.expected} is reproduced`, () => {
    const run = vectorRun(vector);
    const rows = [...run.rows(vectorTrace(vector))].map(formatPlan9VectorRow);
    assertSameLines([PLAN9_VECTOR_HEADER, ...rows], goldenText(vector.expected));
    assert.is(run.final(), goldenText(companion(vector.expected, 'final.json')).trimEnd());
  });
}

for (const vector of vectors.filter(({ expected }) => goldenExists(companion(expected, 'treecost.csv.gz')))) {
  const file = companion(vector.expected, 'treecost.csv.gz');
  test(`${file} is reproduced`, () => {
    const run = vectorRun(vector);
    const lines = ['index,op,tree_visits,succ_hops,arena_hops'];
    for (const { index, op } of run.rows(vectorTrace(vector))) {
      if (op !== 'state') {
        const { treeVisits, successorHops, arenaHops } = run.costs;
        lines.push([index, op, treeVisits, successorHops, arenaHops].join(','));
      }
    }
    assertSameLines(lines, goldenText(file));
  });
}

for (const vector of vectors.filter(({ expected }) => goldenExists(companion(expected, 'touch.csv.gz')))) {
  const file = companion(vector.expected, 'touch.csv.gz');
  test(`${file}: writes, bytes written and 64-byte lines in first-touch order`, () => {
    const run = vectorRun(vector, { keepsAccesses: true });
    const golden = csvRows(goldenText(file));
    for (const { index, op } of run.rows(vectorTrace(vector))) {
      if (op === 'state') {
        continue;
      }
      const { lines, writes, write_bytes, line_list_first_touch_order } = golden[index]!;
      const written = run.costs.accesses.filter(({ kind }) => kind === 'write');
      const ours = {
        lines: run.costs.lines().join(' '),
        writes: written.length,
        bytes: written.reduce((total, { bytes }) => total + bytes, 0),
      };
      assert.equal(
        ours,
        { lines: line_list_first_touch_order, writes: Number(writes), bytes: Number(write_bytes) },
        `operation ${index}, ${op}, ${lines}`,
      );
    }
  });

  test(`${file}: the same lines in the stream that is priced`, () => {
    const recorder = new StreamRecorder();
    const rows = [...vectorRun(vector, { drain: recorder.drain }).rows(vectorTrace(vector))];
    const golden = csvRows(goldenText(file));
    assert.is(recorder.operations.length, golden.length);
    const end = (HEAP_BASE + VECTOR_HEAP_PAGES * PAGE_BYTES) / LINE_BYTES;
    for (const { index, accesses } of recorder.operations) {
      const lines = accesses.map((access) => Math.floor(Number(access.split(' ')[1]) / LINE_BYTES));
      const inHeap = [...new Set(lines.filter((line) => line < end))];
      const expected = golden[index]!.line_list_first_touch_order;
      const list = inHeap.map((line) => line - HEAP_BASE / LINE_BYTES).join(' ');
      assert.is(list, expected, `operation ${index} of ${rows.length}`);
    }
  });

  const raw = companion(vector.expected, 'first59.rawtouch.csv.gz');
  test(`${raw}: every write in order`, () => {
    const run = vectorRun(vector, { keepsAccesses: true });
    const golden = csvRows(goldenText(raw));
    for (const { index, op } of run.rows(vectorTrace(vector))) {
      if (index >= golden.length) {
        break;
      }
      if (op === 'state') {
        continue;
      }
      const writes = run.costs.accesses.filter(({ kind }) => kind === 'write');
      const expected = golden[index]!.accesses!.split(' ').filter((access) => access.startsWith('w'));
      assert.equal(
        writes.map(({ offset, bytes }) => `w${offset}:${bytes}`),
        expected,
        `operation ${index}, ${op}`,
      );
    }
  });
}

test.run();

function companion(expected: string, ending: string): string {
  return expected.replace(/csv\.gz$/, ending);
}

function csvRows(text: string): Record<string, string>[] {
  const [header, ...lines] = text.trimEnd().split('\n');
  const names = header!.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']));
  });
}

/** Names the first line that differs: a diff of ten thousand lines helps nobody. */
function assertSameLines(lines: readonly string[], golden: string): void {
  const expected = golden.trimEnd().split('\n');
  const different = expected.findIndex((line, index) => lines[index] !== line);
  if (different >= 0) {
    assert.is(lines[different], expected[different], `line ${different + 1}`);
  }
  assert.is(lines.length, expected.length);
}
