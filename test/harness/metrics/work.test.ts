import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ENTRY_CAPACITY } from '../../../harness/machine/access-stream';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { exceedsBound, observedBounds } from '../../../harness/metrics/bounds';
import { outcomeWithin } from '../../../harness/metrics/measured-replay';
import { WorkRecorder } from '../../../harness/metrics/work';
import { OP } from '../../../traces/trace';

const test = suite('work');

interface Work {
  readonly code: number;
  readonly accesses: number;
  readonly searches: number;
}

/** Runs operations of so many accesses and so many search steps of 8 instructions on a real machine. */
function record(operations: readonly Work[], endLast = true) {
  const recorder = new WorkRecorder();
  const machine = new Machine({ heapPages: 64, virtualPages: 0, drain: (batch) => recorder.record(batch) });
  const { search } = machine.defineSteps('test', { search: { instructions: 8, event: 'searchSteps' } });
  machine.boot();
  operations.forEach(({ code, accesses, searches }, index) => {
    machine.stream.beginOperation(index, code, 1, 0, 0);
    for (let access = 0; access < accesses; access++) {
      machine.load(HEAP_BASE + 4 * (access % 1024));
    }
    machine.work(search, searches);
    if (endLast || index < operations.length - 1) {
      machine.stream.endOperation(0);
    }
  });
  machine.stream.flush();
  return recorder.finish();
}

test('accesses, instructions and domain events are summed per kind, the most with its operation', () => {
  const work = record([
    { code: OP.alloc, accesses: 5, searches: 2 },
    { code: OP.free, accesses: 3, searches: 0 },
    { code: OP.alloc, accesses: 9, searches: 1 },
    { code: OP.alloc, accesses: 9, searches: 7 },
  ]);
  assert.equal(work.kinds.alloc, {
    operations: 3,
    accessesTotal: 23,
    accessesMax: { value: 9, operation: 2 },
    instructionsTotal: 80,
    instructionsMax: { value: 56, operation: 3 },
  });
  assert.equal(work.kinds.realloc.accessesMax, undefined);
  assert.equal(work.events, { searchSteps: 10 });
  assert.equal(work.searchStepsMax, { value: 7, operation: 3 });
});

test('an operation that spans batches is one operation', () => {
  const accesses = ENTRY_CAPACITY * 2 + 17;
  const work = record([
    { code: OP.alloc, accesses: 100, searches: 0 },
    { code: OP.free, accesses, searches: 3 },
    { code: OP.alloc, accesses: 1, searches: 0 },
  ]);
  assert.equal(work.kinds.free.accessesMax, { value: accesses, operation: 1 });
  assert.equal(work.kinds.alloc.accessesMax, { value: 100, operation: 0 });
});

test('an operation that never ended is none', () => {
  const work = record(
    [
      { code: OP.alloc, accesses: 4, searches: 0 },
      { code: OP.free, accesses: ENTRY_CAPACITY + 5, searches: 1 },
    ],
    false,
  );
  assert.is(work.kinds.free.operations, 0);
  assert.is(work.kinds.free.accessesMax, undefined);
});

test('a bound stands beside what was seen; more than the bound is noticed', () => {
  const work = record([
    { code: OP.alloc, accesses: 5, searches: 2 },
    { code: OP.alloc, accesses: 9, searches: 0 },
  ]);
  const bound = {
    verb: 'alloc',
    unit: 'accesses',
    statement: 'at most eight',
    source: 'its manual',
  } as const;
  const [broken, kept, none] = observedBounds(
    [
      { ...bound, most: 8 },
      { ...bound, most: 16, unit: 'instructions' },
      { ...bound, most: undefined, verb: 'free' },
    ],
    work,
  );
  assert.equal(broken, { ...bound, most: 8, observed: 9, observedOperation: 1, total: 14, operations: 2 });
  assert.equal([kept!.observed, kept!.observedOperation, kept!.total], [16, 0, 16]);
  assert.equal([none!.most, none!.observed, none!.operations], [null, null, 0]);
  assert.equal([broken, kept, none].map((each) => exceedsBound(each!)), [true, false, false]); // prettier-ignore
  const ok = { kind: 'ok', failedAllocations: 1, firstFailureOperation: 0 } as const;
  const crashed = { kind: 'crashed', problem: 'gone' } as const;
  assert.is(outcomeWithin(ok, [kept!, none!]), ok);
  assert.is(outcomeWithin(crashed, [broken!]), crashed, 'a worse end is not hidden');
  assert.equal(outcomeWithin(ok, [kept!, broken!]), {
    kind: 'exceeded',
    operation: 1,
    verb: 'alloc',
    problem: '9 accesses, where the specification allows 8 (its manual)',
  });
});

test.run();
