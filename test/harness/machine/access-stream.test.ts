import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHASE, ENTRY_CAPACITY, LOAD, STORE, UPDATE } from '../../../harness/machine/access-stream';
import { Runaway } from '../../../harness/machine/failures';
import { Machine, type MachineOptions } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { StreamRecorder } from './stream-recorder';

/** A booted machine with two locks and a step, and the recorder that drains it. */
function recordedMachine(options: Partial<MachineOptions> = {}) {
  const recorder = new StreamRecorder();
  const machine = new Machine({ heapPages: 16, virtualPages: 1, drain: recorder.drain, ...options });
  const outer = machine.defineLock('outer', machine.reserve('outer lock', 4));
  const inner = machine.defineLock('inner', machine.reserve('inner lock', 4));
  const steps = machine.defineSteps('test', {
    plain: { instructions: 5 },
    search: { instructions: 3, event: 'searchSteps', mispredicts: 1 },
  });
  machine.boot();
  return { machine, recorder, outer, inner, steps };
}

const recording = suite('what an operation leaves in the stream');

recording('is its row, its accesses by kind, its counts by lock set', () => {
  const { machine, recorder, outer, inner, steps } = recordedMachine();
  machine.stream.beginOperation(7, 3, 2 ** 53 - 1, 2 ** 40, 64);
  machine.load(HEAP_BASE);
  machine.work(steps.plain);
  machine.lock(outer);
  machine.chase(HEAP_BASE + 8);
  machine.work(steps.search, 4);
  machine.lock(inner);
  machine.store(HEAP_BASE + 12, 1);
  machine.bitScan();
  machine.unlock(inner);
  machine.update(HEAP_BASE + 16, 2);
  machine.unlock(outer);
  machine.load8(HEAP_BASE + 23);
  machine.map(3);
  machine.unmap(2);
  machine.tlbFlush(1);
  machine.prefetch(1);
  machine.stream.endOperation(4096);
  machine.stream.flush();
  assert.equal(recorder.operations, [
    {
      ...{ index: 7, code: 3, id: 2 ** 53 - 1, bytes: 2 ** 40, align: 64, placement: 4096 },
      accesses: [
        `${LOAD} ${HEAP_BASE} 0`,
        `${UPDATE} ${outer.address} 1`,
        `${CHASE} ${HEAP_BASE + 8} 1`,
        `${UPDATE} ${inner.address} 3`,
        `${STORE} ${HEAP_BASE + 12} 3`,
        `${STORE} ${inner.address} 3`,
        `${UPDATE} ${HEAP_BASE + 16} 1`,
        `${STORE} ${outer.address} 1`,
        `${LOAD} ${HEAP_BASE + 20} 0`,
      ],
      priced: {
        'instructions@0': 5,
        'instructions@1': 12,
        'mispredicts@1': 4,
        'bitScans@3': 1,
        'maps@0': 3,
        'unmaps@0': 2,
        'tlbFlushes@0': 1,
      },
      noted: { searchSteps: 4, lockAcquires: 2, prefetches: 1 },
    },
  ]);
});

recording('does not begin before the machine is booted', () => {
  const recorder = new StreamRecorder();
  const machine = new Machine({ heapPages: 16, virtualPages: 1, drain: recorder.drain });
  const lock = machine.defineLock('lock', machine.reserve('lock', 4));
  const steps = machine.defineSteps('test', { plain: { instructions: 5, event: 'splits' } });
  machine.boot(() => {
    for (let times = 0; times < ENTRY_CAPACITY; times++) {
      machine.lock(lock);
      machine.work(steps.plain);
      machine.unlock(lock);
    }
  });
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  machine.load(HEAP_BASE);
  machine.stream.endOperation(0);
  machine.stream.flush();
  assert.is(recorder.operations.length, 1);
  const [{ accesses, priced, noted }] = recorder.operations as [(typeof recorder.operations)[0]];
  assert.equal(accesses, [`${LOAD} ${HEAP_BASE} 0`]);
  assert.equal([priced, noted], [{}, {}]);
});

recording('of an operation that was cut short, nothing counts as an operation', () => {
  const { machine, recorder } = recordedMachine();
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  machine.load(HEAP_BASE);
  machine.stream.flush();
  assert.equal(recorder.operations, []);
});

recording.run();

const batches = suite('batches');

/** Every number of lock pairs an operation, so that each array fills up at every possible moment. */
for (let lockPairs = 0; lockPairs <= 6; lockPairs++) {
  for (const lead of [0, 1, 2, 3]) {
    batches(`lose nothing: ${lockPairs} lock pairs an operation after ${lead} odd ones`, () => {
      const { machine, recorder, outer, steps } = recordedMachine();
      const operations = 3000;
      for (let index = 0; index < operations; index++) {
        machine.stream.beginOperation(index, 1, index * 2, 0, 0);
        for (let pair = 0; pair < (index < 100 ? lead : lockPairs); pair++) {
          machine.lock(outer);
          machine.work(steps.plain);
          machine.unlock(outer);
        }
        machine.work(steps.search);
        machine.load(HEAP_BASE + 4 * (index % 1024));
        machine.stream.endOperation(index + 4096);
      }
      machine.stream.flush();
      assert.ok(recorder.batches > 1);
      assert.is(recorder.operations.length, operations);
      recorder.operations.forEach((operation, index) => {
        const pairs = index < 100 ? lead : lockPairs;
        assert.equal(
          [operation.index, operation.id, operation.placement, operation.accesses.length],
          [index, index * 2, index + 4096, 2 * pairs + 1],
        );
        const instructions = { 'instructions@0': 3, 'mispredicts@0': 1 };
        assert.equal(
          operation.priced,
          pairs === 0 ? instructions : { 'instructions@1': 5 * pairs, ...instructions },
        );
        assert.is(operation.noted['searchSteps'], 1);
        assert.is(operation.noted['lockAcquires'] ?? 0, pairs);
      });
    });
  }
}

batches('hold one operation in pieces when it is longer than they are', () => {
  const { machine, recorder, outer, steps } = recordedMachine();
  const accesses = 3 * ENTRY_CAPACITY + 5;
  machine.stream.beginOperation(0, 0, 1, 2, 4);
  machine.stream.endOperation(0);
  machine.stream.beginOperation(1, 5, 42, 77, 8);
  for (let access = 0; access < accesses; access++) {
    if (access === ENTRY_CAPACITY + 3) {
      machine.lock(outer);
    }
    machine.chase(HEAP_BASE + 4 * (access % 64));
    machine.work(steps.search);
  }
  machine.unlock(outer);
  assert.is(machine.stream.operationAccesses, accesses + 2);
  machine.stream.endOperation(9);
  machine.stream.flush();
  assert.ok(recorder.batches > 3);
  const { noted, priced, ...operation } = recorder.operations[1]!;
  assert.equal(
    [operation.index, operation.code, operation.id, operation.bytes, operation.align, operation.placement],
    [1, 5, 42, 77, 8, 9],
  );
  assert.is(operation.accesses.length, accesses + 2);
  assert.equal(noted, { searchSteps: accesses, lockAcquires: 1 });
  const free = ENTRY_CAPACITY + 3;
  assert.is(priced['instructions@0'], 3 * free);
  assert.is(priced['instructions@1'], 3 * (accesses - free));
  const locked = operation.accesses.filter((access) => access.endsWith(' 1'));
  assert.is(locked.length, accesses - free + 2);
});

batches('end exactly where the arrays do', () => {
  for (const surplus of [-1, 0, 1]) {
    const { machine, recorder } = recordedMachine();
    machine.stream.beginOperation(0, 0, 0, 0, 0);
    for (let access = 0; access < ENTRY_CAPACITY + surplus; access++) {
      machine.load(HEAP_BASE);
    }
    machine.stream.endOperation(0);
    machine.stream.beginOperation(1, 0, 0, 0, 0);
    machine.load(HEAP_BASE);
    machine.stream.endOperation(0);
    machine.stream.flush();
    const lengths = recorder.operations.map(({ accesses }) => accesses.length);
    assert.equal(lengths, [ENTRY_CAPACITY + surplus, 1]);
  }
});

batches.run();

const limit = suite('the access limit');

limit('stops an operation that passes it, in the middle', () => {
  const { machine } = recordedMachine({ accessesMax: 2 * ENTRY_CAPACITY });
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  let accesses = 0;
  assert.throws(
    () => {
      for (;;) {
        machine.chase(HEAP_BASE);
        accesses++;
      }
    },
    (error: unknown) => error instanceof Runaway && error.most === 2 * ENTRY_CAPACITY,
  );
  assert.ok(accesses <= 4 * ENTRY_CAPACITY, `${accesses}`);
});

limit('stops it at its end at the latest, and not one access too early', () => {
  for (const [accesses, stops] of [
    [100, false],
    [101, true],
  ] as const) {
    const { machine } = recordedMachine({ accessesMax: 100 });
    machine.stream.beginOperation(0, 0, 0, 0, 0);
    for (let access = 0; access < accesses; access++) {
      machine.load(HEAP_BASE);
    }
    const end = () => machine.stream.endOperation(0);
    if (stops) {
      assert.throws(end, (error: unknown) => error instanceof Runaway);
    } else {
      end();
    }
  }
});

limit('counts each operation by itself, and bulk verbs by the line', () => {
  const { machine } = recordedMachine({ accessesMax: 64 });
  for (let index = 0; index < 10; index++) {
    machine.stream.beginOperation(index, 0, 0, 0, 0);
    machine.clear(HEAP_BASE, 64 * 64);
    machine.stream.endOperation(0);
  }
  machine.stream.beginOperation(10, 0, 0, 0, 0);
  machine.clear(HEAP_BASE, 64 * 64 + 1);
  assert.throws(
    () => machine.stream.endOperation(0),
    (error: unknown) => error instanceof Runaway,
  );
});

limit('holds all operations together to the budget of the replay', () => {
  const { machine } = recordedMachine({ accessBudget: 100 });
  const operation = (accesses: number) => {
    machine.stream.beginOperation(0, 0, 0, 0, 0);
    for (let access = 0; access < accesses; access++) {
      machine.load(HEAP_BASE);
    }
    machine.stream.endOperation(0);
  };
  operation(60);
  operation(40);
  assert.throws(
    () => operation(1),
    (error: unknown) => error instanceof Runaway && error.scope === 'replay' && error.most === 100,
  );
});

limit('holds all operations together to their budget', () => {
  const { machine } = recordedMachine({ accessBudget: 100 });
  const overBudget = (error: unknown) =>
    error instanceof Runaway && /^replay passed its limit of 100/.test(error.message);
  for (let index = 0; index < 10; index++) {
    machine.stream.beginOperation(index, 0, 0, 0, 0);
    for (let access = 0; access < 10; access++) {
      machine.load(HEAP_BASE);
    }
    machine.stream.endOperation(0);
    if (index === 4) {
      machine.stream.flush();
    }
  }
  machine.stream.beginOperation(10, 0, 0, 0, 0);
  machine.load(HEAP_BASE);
  assert.throws(() => machine.stream.endOperation(0), overBudget);
});

limit('counts what happens before the first operation as one', () => {
  const { machine } = recordedMachine({ accessesMax: 2 * ENTRY_CAPACITY });
  for (let access = 0; access < 2 * ENTRY_CAPACITY; access++) {
    machine.load(HEAP_BASE);
  }
  const rest = () => {
    for (let access = 0; access < ENTRY_CAPACITY; access++) {
      machine.load(HEAP_BASE);
    }
  };
  assert.throws(rest, (error: unknown) => error instanceof Runaway && error.scope === 'operation');
});

limit.run();
