import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { AccessStream } from '../../../harness/machine/access-stream';
import { NOTED } from '../../../harness/machine/domain-events';
import { StepTable } from '../../../harness/machine/steps';
import { densityRowOf, densityRowStart, LatencyDensity } from '../../../harness/metrics/latency-density';
import { LatencyRecorder, type LatencySummary } from '../../../harness/metrics/latency';
import { sizeClassOf, sizeClassStart } from '../../../harness/metrics/op-kinds';
import { CAUSE_COUNT, causeIndex, type Cause } from '../../../harness/pricing/costs';
import { LOCK_COUNT } from '../../../harness/pricing/pricing';
import { OP } from '../../../traces/trace';

const test = suite('latency');

interface Priced {
  readonly code: number;
  readonly cycles: number;
  readonly bytes?: number;
  readonly searchSteps?: number;
  readonly held?: readonly number[];
}

/** Records operations priced by hand, `batchSize` to a batch; half of the cycles are down to l1, half to dram. */
function record(operations: readonly Priced[], worstCount: number, batchSize: number): LatencySummary {
  const lockNames = ['heap', 'pool'];
  const recorder = new LatencyRecorder({ lockNames, worstCount, density: true });
  const causeTotals = new Float64Array(CAUSE_COUNT);
  for (let first = 0; first < operations.length; first += batchSize) {
    const part = operations.slice(first, first + batchSize);
    const operationCycles = new Float64Array(part.length);
    const operationCauses = new Float64Array(part.length * CAUSE_COUNT);
    const operationHeldCycles = new Float64Array(part.length * LOCK_COUNT);
    const batch = new AccessStream(new StepTable(), 1000, undefined, () => undefined);
    part.forEach(({ code, cycles, bytes = 0, searchSteps = 0, held = [0, 0] }, row) => {
      batch.beginOperation(first + row, code, 100 + first + row, bytes, 16);
      batch.countNoted(NOTED.searchSteps, searchSteps);
      batch.endOperation(0);
      operationCycles[row] = cycles;
      const parts = { l1: Math.floor(cycles / 2), dram: Math.ceil(cycles / 2) };
      for (const [cause, ofCause] of Object.entries(parts)) {
        operationCauses[row * CAUSE_COUNT + causeIndex(cause as Cause)] = ofCause;
        causeTotals[causeIndex(cause as Cause)]! += ofCause;
      }
      held.forEach((heldCycles, lock) => (operationHeldCycles[row * LOCK_COUNT + lock] = heldCycles));
    });
    const operationCount = part.length;
    const priced = { operationCount, operationCycles, operationCauses, operationHeldCycles, causeTotals };
    recorder.record(batch, { id: '', ...priced });
  }
  return recorder.finish();
}

test('operations are told apart by kind, and the dearest come first with all that explains them', () => {
  const summary = record(
    [
      { code: OP.alloc, cycles: 10, bytes: 64 },
      { code: OP.free, cycles: 901, bytes: 64, searchSteps: 7 },
      { code: OP.alignedalloc, cycles: 30, bytes: 200 },
      { code: OP.realloc, cycles: 5, bytes: 1 },
      { code: OP.compact, cycles: 77 },
    ],
    10,
    2,
  );
  assert.equal(summary.kinds.alloc.distribution, { costs: [10, 30], counts: [1, 1] });
  assert.equal(summary.kinds.other.distribution, { costs: [77], counts: [1] });
  assert.equal(summary.kinds.free.worst, [
    {
      operation: 1,
      op: 'free',
      id: 101,
      sizeBytes: 64,
      alignBytes: 16,
      cycles: 901,
      causes: { l1: 450, dram: 451 },
      events: { searchSteps: 7 },
    },
  ]);
  assert.equal(
    summary.kinds.alloc.worst.map(({ operation, op }) => [operation, op]),
    [[2, 'alignedalloc'], [0, 'alloc']], // prettier-ignore
  );
  assert.equal(summary.causeTotals, { l1: 5 + 450 + 15 + 2 + 38, dram: 5 + 451 + 15 + 3 + 39 });
});

test('among equally dear operations the earlier ranks first and stays', () => {
  const cycles = [5, 9, 9, 1, 9, 10, 9];
  const summary = record(cycles.map((each) => ({ code: OP.free, cycles: each })), 3, 4); // prettier-ignore
  assert.equal(
    summary.kinds.free.worst.map(({ operation, cycles: each }) => [operation, each]),
    [[5, 10], [1, 9], [2, 9]], // prettier-ignore
  );
});

test('operations that cost nothing are kept too', () => {
  const summary = record([{ code: OP.free, cycles: 0 }], 3, 4);
  assert.equal(summary.kinds.free.worst.map(({ cycles }) => cycles), [0]); // prettier-ignore
});

test('costs have the sha256 of their 64-bit little-endian words, however they were batched', () => {
  const cycles = Array.from({ length: 9000 }, (_, index) => (index * 7919) % 5003);
  cycles.push(2 ** 40 + 3);
  const words = Buffer.alloc(cycles.length * 8);
  cycles.forEach((each, index) => words.writeBigUInt64LE(BigInt(each), index * 8));
  const expected = createHash('sha256').update(words).digest('hex');
  const operations = cycles.map((each) => ({ code: OP.alloc, cycles: each }));
  assert.is(record(operations, 1, 7).costsSha256, expected);
  assert.is(record(operations, 1, 1000).costsSha256, expected);
});

test('locks have their total and their longest hold, first operation among equals', () => {
  const summary = record(
    [
      { code: OP.alloc, cycles: 100, held: [10, 3] },
      { code: OP.free, cycles: 100, held: [40, 0] },
      { code: OP.free, cycles: 100, held: [40, 3] },
    ],
    1,
    2,
  );
  assert.equal(summary.locks, [
    { name: 'heap', heldCyclesTotal: 90, heldCyclesMax: { value: 40, operation: 1 } },
    { name: 'pool', heldCyclesTotal: 6, heldCyclesMax: { value: 3, operation: 0 } },
  ]);
});

test('sizes fall in classes by powers of two', () => {
  const sizes = [0, 1, 2, 3, 4, 4095, 4096, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
  assert.equal(sizes.map(sizeClassOf), [0, 1, 2, 2, 3, 12, 13, 32, 32, 33, 33]);
  const starts = [0, 1, 2, 2, 4, 2048, 4096, 2 ** 31, 2 ** 31, 2 ** 32, 2 ** 32];
  assert.equal(sizes.map(sizeClassOf).map(sizeClassStart), starts);
  const summary = record(
    [
      { code: OP.alloc, cycles: 8, bytes: 70 },
      { code: OP.alloc, cycles: 6, bytes: 100 },
      { code: OP.alloc, cycles: 4, bytes: 3 },
    ],
    1,
    9,
  );
  assert.equal(summary.kinds.alloc.sizeClasses, [
    { sizeBytesFrom: 2, operations: 1, cyclesP50: 4, cyclesP99: 4, cyclesMax: 4 },
    { sizeBytesFrom: 64, operations: 2, cyclesP50: 6, cyclesP99: 8, cyclesMax: 8 },
  ]);
});

test('density rows split every power of two in four, and start where they say', () => {
  assert.equal(
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16].map(densityRowOf),
    [0, 1, 2, 3, 4, 5, 7, 8, 8, 9, 11, 12],
  );
  assert.equal([0, 3, 4, 7, 8, 9, 11, 12, 13].map(densityRowStart), [0, 3, 4, 7, 8, 10, 14, 16, 20]);
  for (const cycles of [1, 6, 100, 12_345, 2 ** 31, 2 ** 32 + 5, 2 ** 40 * 3, Number.MAX_SAFE_INTEGER]) {
    const row = densityRowOf(cycles);
    assert.ok(densityRowStart(row) <= cycles && cycles < densityRowStart(row + 1), `${cycles} in row ${row}`);
  }
});

test('density columns pair up when the trace outgrows them, and lose nothing', () => {
  const density = new LatencyDensity();
  for (let operation = 0; operation < 256; operation++) {
    density.add(operation, 4);
  }
  assert.is(density.finish().operationsPerColumn, 1);
  density.add(256, 9);
  const { operationsPerColumn, columns } = density.finish();
  assert.is(operationsPerColumn, 2);
  assert.is(columns.length, 129);
  assert.equal([columns[0], columns[127], columns[128]], [[4, 2], [4, 2], [8, 1]]); // prettier-ignore
  density.add(100_000, 1);
  const total = density.finish().columns.flatMap((cells) => cells.filter((_, index) => index % 2 === 1));
  assert.is(total.reduce((sum, count) => sum + count, 0), 258); // prettier-ignore
});

test.run();
