import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  failureCurve,
  fragmentationIndex,
  largestHoleFragmentation,
  orderHolding,
  SurveyBuilder,
  unusableFreeIndex,
} from '../../../harness/metrics/fragmentation';
import { HeapMapColumn, HeapMapRecorder, HEAP_MAP_ROWS_MAX } from '../../../harness/metrics/heap-map';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import type { BlockState, Engine } from '../../../harness/replay/port';
import { walkInRows } from '../../../harness/replay/visit-rows';

const test = suite('fragmentation');

type HandBlock = readonly [offset: number, bytes: number, state: BlockState];

/** A machine that holds some pages, and an engine that is nothing but a list of blocks. */
function handHeap(
  heldPages: readonly number[],
  blocks: readonly HandBlock[],
  freeOrders?: readonly number[],
) {
  const machine = new Machine({ heapPages: 65_536, virtualPages: 0 });
  const ledger = machine.openLedger(PAGE_BYTES);
  heldPages.forEach((page) => ledger.take(HEAP_BASE + page * PAGE_BYTES, PAGE_BYTES));
  if (freeOrders !== undefined) {
    const visitFree = (visit: (address: number, order: number) => void) =>
      freeOrders.forEach((order) => visit(HEAP_BASE, order));
    machine.installPageSource({ visitFree } as Parameters<Machine['installPageSource']>[0]);
  }
  const walk: Engine['walk'] = (visit) =>
    blocks.forEach(([offset, bytes, state]) => visit(HEAP_BASE + offset, bytes, state));
  return { machine, engine: { walk } as Engine };
}

function surveyHeap({ machine, engine }: ReturnType<typeof handHeap>) {
  const survey = new SurveyBuilder();
  walkInRows(engine, (rows, count) => survey.blocks(rows, count));
  return survey.finish(machine);
}

function addMoment(recorder: HeapMapRecorder, { machine, engine }: ReturnType<typeof handHeap>): void {
  const column = new HeapMapColumn(machine);
  walkInRows(engine, (rows, count) => column.blocks(rows, count));
  recorder.add(column);
}

test('Linux: eight single pages cannot serve a pair', () => {
  const free = [8];
  assert.is(unusableFreeIndex(free, 1), 1000);
  assert.is(fragmentationIndex(free, 1), 375);
});

test('Linux: one block of eight pages serves a pair', () => {
  const free = [0, 0, 0, 1];
  assert.is(unusableFreeIndex(free, 1), 0);
  assert.is(fragmentationIndex(free, 1), -1000);
});

test('Linux: sixty-four single pages fail a request for eight because of fragmentation', () => {
  assert.is(fragmentationIndex([64], 3), 860);
  // 1000 − ⌊(1000 + ⌊7000 / 8⌋) / 7⌋ = 1000 − ⌊1875 / 7⌋.
  assert.is(fragmentationIndex([7], 3), 733);
});

test('Linux: nothing free is all unusable, and no matter of fragmentation', () => {
  assert.equal([unusableFreeIndex([], 0), unusableFreeIndex([0, 0], 1)], [1000, 1000]);
  assert.equal([fragmentationIndex([], 0), fragmentationIndex([0, 0], 1)], [0, 0]);
});

test('Linux: a mixture counts only blocks that are large enough', () => {
  // 3 + 2·2 + 1·8 = 15 pages, of which 8 serve order 2.
  assert.is(unusableFreeIndex([3, 2, 0, 1], 2), Math.floor((7 * 1000) / 15));
  assert.is(unusableFreeIndex([3, 2, 0, 1], 0), 0);
});

test('a request needs the smallest order of pages that holds it', () => {
  assert.equal([0, 1, 4096, 4097, 8192, 8193, 2 ** 30].map(orderHolding), [0, 0, 0, 1, 1, 2, 18]);
});

test('a heap is surveyed by its blocks', () => {
  const heap = handHeap(
    [0, 1],
    [
      [0, 1000, 'allocated'],
      [1000, 64, 'free'],
      [1064, 1000, 'allocated'],
      [2064, 100, 'free'],
      [2164, 4028, 'free'],
      [6192, 2000, 'metadata'],
    ],
    [0, 0, 3],
  );
  const freeBytes = 64 + 100 + 4028;
  assert.equal(surveyHeap(heap), {
    freeBytes,
    freeBlocks: 3,
    largestFreeBytes: 4028,
    metadataBytes: 2000,
    largestHoleBasisPoints: Math.floor((164 * 10_000) / freeBytes),
    squaredBasisPoints: Math.floor(10_000 - ((64 ** 2 + 100 ** 2 + 4028 ** 2) * 10_000) / freeBytes ** 2),
    freeBlocksByLog2: [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
    freeBlocksByOrder: [2, 0, 0, 1],
  });
});

test('holes are counted by size up to the largest', () => {
  const sizes = [1, 7, 8, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 1];
  const { freeBlocksByLog2 } = surveyHeap(handHeap([0], sizes.map((bytes) => [0, bytes, 'free']))); // prettier-ignore
  const counted = freeBlocksByLog2.flatMap((count, log2) => (count > 0 ? [[log2, count]] : []));
  assert.equal(counted, [[0, 1], [2, 1], [3, 1], [31, 2], [32, 1], [40, 1]]); // prettier-ignore
  assert.is(freeBlocksByLog2.length, 41);
});

test('a heap without holes is not fragmented; one hole neither; many equal ones nearly wholly', () => {
  assert.is(largestHoleFragmentation(0, 0), 0);
  assert.is(largestHoleFragmentation(512, 512), 0);
  assert.is(largestHoleFragmentation(512_000, 512), 9990);
  const survey = surveyHeap(handHeap([0], [[0, PAGE_BYTES, 'allocated']]));
  assert.equal([survey.freeBytes, survey.largestHoleBasisPoints, survey.squaredBasisPoints], [0, 0, 0]);
  assert.is(survey.freeBlocksByOrder, null);
});

test('the failure curve counts the moments at which enough was free but in no one hole', () => {
  const moment = (freeBytes: number, largestFreeBytes: number) => ({
    ...surveyHeap(handHeap([0], [])),
    freeBytes,
    largestFreeBytes,
  });
  const curve = failureCurve([moment(100, 60), moment(5000, 1024), moment(5000, 4096), moment(0, 0)]);
  assert.equal(
    curve.map(({ requestBytes, enoughFree, noHole }) => [requestBytes, enoughFree, noHole]),
    [
      [64, 3, 1],
      [256, 2, 0],
      [1024, 2, 0],
      [2048, 2, 1],
      [3072, 2, 1],
      [4096, 2, 1],
    ],
  );
});

test('a heap map shows occupancy by chunk and moment, without what was never held', () => {
  const recorder = new HeapMapRecorder();
  const first = handHeap([2], [[2 * PAGE_BYTES, PAGE_BYTES, 'free']]);
  addMoment(recorder, first);
  const second = handHeap(
    [2, 7],
    [
      [2 * PAGE_BYTES, 2048, 'allocated'],
      [2 * PAGE_BYTES + 2048, 2048, 'free'],
      [7 * PAGE_BYTES, PAGE_BYTES, 'metadata'],
    ],
  );
  addMoment(recorder, second);
  assert.equal(recorder.finish(), {
    chunkBytes: PAGE_BYTES,
    chunkOffsets: [2 * PAGE_BYTES, 7 * PAGE_BYTES],
    columns: ['0.', '49'],
  });
});

test('a heap map divides blocks among chunks, in whatever order they are walked', () => {
  const recorder = new HeapMapRecorder();
  const whole = handHeap(
    [1, 2, 3, 4],
    [
      [3 * PAGE_BYTES + 2048, 2048, 'allocated'],
      [3 * PAGE_BYTES + 1024, 1024, 'free'],
      [PAGE_BYTES + 3072, PAGE_BYTES + 2048, 'allocated'],
      [PAGE_BYTES, 3072, 'free'],
      [4 * PAGE_BYTES, PAGE_BYTES, 'free'],
    ],
  );
  addMoment(recorder, whole);
  assert.equal(recorder.finish().columns, ['2960']);
});

test('a heap map doubles its chunks rather than its rows', () => {
  const recorder = new HeapMapRecorder();
  const pages = Array.from({ length: HEAP_MAP_ROWS_MAX + 1 }, (_, page) => page);
  const heap = handHeap(pages, [[0, PAGE_BYTES, 'allocated'], [PAGE_BYTES, 256 * PAGE_BYTES, 'free']]); // prettier-ignore
  addMoment(recorder, heap);
  const wide = recorder.finish();
  assert.is(wide.chunkBytes, 2 * PAGE_BYTES);
  assert.is(wide.columns[0], `4${'0'.repeat(128)}`);
  addMoment(recorder, heap);
  assert.equal(recorder.finish().columns, [wide.columns[0], wide.columns[0]]);
});

test.run();
