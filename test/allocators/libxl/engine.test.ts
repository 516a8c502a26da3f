import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import type { LibxlGc } from '../../../allocators/libxl/gc-engine';
import { libxlGc } from '../../../allocators/libxl/libxl-gc';
import { libxlGc2010 } from '../../../allocators/libxl/libxl-gc-2010';
import { replay } from '../../../harness/replay/replay';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import { UsageError } from '../../../traces/input-error';
import { BUG, isBlock, NULL, OP, type Placement } from '../../../traces/trace';

/** libxl's gc behind the engine port, over the Plan 9 pool unless a test says otherwise. */

type GcStack = Stack & { engine: LibxlGc };

const GENERATIONS = [0, 1, 2] as const;

function gcStack(generation: 0 | 1 | 2, options: Record<string, string> = {}, heapPages = 4096): GcStack {
  const definition = generation === 2 ? libxlGc : libxlGc2010;
  const given = generation === 2 ? options : { ...options, generation: String(generation) };
  const stack = createStack(definition, given, { heapPages, virtualPages: 0 }, engineNamed) as GcStack;
  // Verbs that tests call without a replay are all of one operation.
  stack.machine.stream.beginOperation(0, 0, 0, 0, 0);
  return stack;
}

function allocatedBlocks({ engine }: GcStack): number {
  let blocks = 0;
  engine.walk((_start, _bytes, state) => (blocks += state === 'allocated' ? 1 : 0));
  return blocks;
}

function accesses({ machine }: GcStack, work: () => void): number {
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  work();
  const count = machine.stream.operationAccesses;
  machine.stream.endOperation(0 as Placement);
  return count;
}

test('temporaries die with their call since generation 1, plain objects never do', () => {
  for (const generation of GENERATIONS) {
    const stack = gcStack(generation);
    const { scopes } = stack.engine;
    const kept = stack.engine.allocate(100, 0);
    scopes.enter();
    for (let count = 0; count < 60; count++) {
      scopes.temp(40);
    }
    assert.is(allocatedBlocks(stack), 61);
    scopes.leave();
    assert.is(allocatedBlocks(stack), generation === 0 ? 61 : 1, `generation ${generation}`);
    stack.engine.check();
    stack.engine.free(kept, 100, 0);
    stack.engine.check();
  }
});

test('a temporary is zeroed', () => {
  const { engine, machine } = gcStack(2);
  const object = engine.allocate(64, 0);
  machine.poke8(object + 30, 0x41);
  engine.free(object, 64, 0);
  engine.scopes.enter();
  assert.is(engine.scopes.temp(64), object);
  assert.is(machine.peek8(object + 30), 0);
});

test('an adopted object dies with the call, free_all does not leave it', () => {
  for (const generation of [1, 2] as const) {
    const stack = gcStack(generation);
    const { engine } = stack;
    engine.scopes.enter();
    engine.scopes.adopt(engine.allocate(100, 0));
    engine.scopes.adopt(NULL);
    assert.is(allocatedBlocks(stack), 1);
    engine.scopes.freeAll();
    assert.is(allocatedBlocks(stack), 0);
    engine.scopes.temp(10);
    engine.scopes.leave();
    assert.is(allocatedBlocks(stack), 0);
    engine.check();
  }
});

test('a nested public call releases its own temporaries, or with nested=reuse none', () => {
  for (const [nested, left] of [
    ['fresh', 1],
    ['reuse', 2],
  ] as const) {
    const stack = gcStack(2, { nested });
    const { scopes } = stack.engine;
    scopes.enter();
    scopes.temp(10);
    scopes.enter();
    scopes.temp(10);
    scopes.freeAll();
    assert.is(allocatedBlocks(stack), left, nested);
    scopes.leave();
    assert.is(allocatedBlocks(stack), left, nested);
    scopes.leave();
    assert.is(allocatedBlocks(stack), 0, nested);
  }
});

test('the search is charged slot by slot: the k-th temporary of a call costs k loads more than the first', () => {
  for (const generation of GENERATIONS) {
    const stack = gcStack(generation, { backing: 'textbook-first-fit' });
    const { scopes } = stack.engine;
    scopes.enter();
    const costs = Array.from({ length: 24 }, () => accesses(stack, () => scopes.temp(32)));
    const heap = costs[23]! - costs[3]! - 20;
    assert.ok(heap >= 0 && heap <= 2, `generation ${generation}: ${costs.join(' ')}`);
  }
});

test('a full table is copied to a new array by generation 1 and grows in place in 2', () => {
  for (const [generation, copies] of [
    [1, 50],
    [2, 0],
  ] as const) {
    const stack = gcStack(generation);
    const { scopes } = stack.engine;
    scopes.enter();
    for (let count = 0; count < 25; count++) {
      scopes.temp(32);
    }
    const ordinary = accesses(stack, () => scopes.temp(32)) - accesses(stack, () => scopes.temp(32));
    assert.ok(ordinary > copies, `generation ${generation}: ${ordinary}`);
    stack.engine.check();
  }
});

test('libxl_free releases a temporary once; of a foreign pointer it does nothing, or aborts', () => {
  for (const generation of [0, 1] as const) {
    const stack = gcStack(generation);
    const { engine } = stack;
    engine.scopes.enter();
    const temporary = engine.scopes.temp(100);
    const foreign = engine.allocate(100, 0);
    engine.free(temporary, 100, 0);
    assert.is(allocatedBlocks(stack), 1);
    engine.callSite('', 'libxl_free');
    if (generation === 0) {
      engine.free(foreign, 100, 0);
      assert.is(allocatedBlocks(stack), 1);
    } else {
      assert.throws(() => engine.free(foreign, 100, 0), /libxl_free aborts/);
    }
    engine.callSite('', '');
    engine.scopes.leave();
    engine.check();
  }
});

test('a temporary freed past the gc is freed again with the call, which the heap notices', () => {
  const { engine } = gcStack(2);
  engine.scopes.enter();
  engine.free(engine.scopes.temp(100), 100, 0);
  assert.throws(() => engine.check(), /pointer table/);
  assert.throws(() => engine.scopes.leave(), /D2B called on non-block/);
});

test('a temporary that is resized through the gc keeps its slot', () => {
  const stack = gcStack(2);
  const { engine } = stack;
  engine.scopes.enter();
  const before = engine.scopes.temp(100);
  engine.scopes.temp(16);
  const after = engine.reallocate(before, 3000, 0);
  assert.is.not(after, before);
  engine.check();
  engine.scopes.leave();
  assert.is(allocatedBlocks(stack), 0);
});

test('without memory 2010 hands out nil, today libxl aborts', () => {
  for (const [generation, expected] of [
    [1, NULL],
    [2, BUG],
  ] as const) {
    const { engine } = gcStack(generation, {}, 4);
    engine.scopes.enter();
    assert.is(engine.scopes.temp(1 << 20), expected);
    let last = engine.scopes.temp(16);
    while (isBlock(last)) {
      last = engine.scopes.temp(16);
    }
    assert.is(last, expected);
    engine.check();
  }
});

test('the heap below may be any engine in physical memory, and no other', () => {
  for (const backing of ['xmalloc-tlsf', 'xmalloc-first-fit', 'xenheap-pages', 'textbook-best-fit']) {
    for (const generation of GENERATIONS) {
      const { engine } = gcStack(generation, { backing });
      engine.scopes.enter();
      for (let count = 0; count < 80; count++) {
        engine.scopes.temp(24 + count);
      }
      engine.scopes.leave();
      engine.check();
    }
  }
  for (const backing of ['libxl-gc', 'vmalloc']) {
    assert.throws(
      () => gcStack(2, { backing }),
      (error: Error) => error instanceof UsageError,
    );
  }
});

test('an application’s calls replay to the end; what generation 0 leaks goes with the context only', async () => {
  const trace = traceFromSpecification('synth:libxl-calls?calls=60&seed=7');
  for (const generation of GENERATIONS) {
    const stack = gcStack(generation, {}, 65_536);
    let isTold = false;
    const report = await replay(trace, stack, [{ operation: (_, { op }) => (isTold ||= op === OP.ctxfree) }]);
    assert.is(report.outcome.kind, 'ok');
    assert.is(report.liveObjectsAtEnd, 0);
    assert.is(isTold, generation === 0, 'later contexts hold nothing');
    assert.is(allocatedBlocks(stack), 0, `generation ${generation}`);
    stack.engine.check();
  }
});

test('calls within calls without end overflow the stack', () => {
  const { engine } = gcStack(2);
  assert.throws(
    () => {
      for (;;) {
        engine.scopes.enter();
      }
    },
    (failure: Error) => failure.name === 'Fault' && failure.message.includes('stack overflows'),
  );
});

test.run();
