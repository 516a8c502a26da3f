import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { Fault } from '../../../harness/machine/failures';
import { minimumHeap, type MinimumHeap } from '../../../harness/replay/minimum-heap';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import { NULL, type Trace } from '../../../traces/trace';
import { stackOf, toyDefinition, traceOf, type ToyVerbs } from './toy-engine';

type Found = Extract<MinimumHeap, { kind: 'found' }>;

const onToy = (rows: readonly string[], verbs?: ToyVerbs, heapPagesMax = 256) =>
  minimumHeap(traceOf(rows), (heapPages) => stackOf(toyDefinition(verbs), heapPages), heapPagesMax);

const onEngine = (trace: Trace, engine: string, heapPagesMax = 4096) => {
  const makeStack = (heapPages: number) =>
    createStack(engineNamed(engine), {}, { heapPages, virtualPages: 32_768 }, engineNamed);
  return minimumHeap(trace, makeStack, heapPagesMax);
};

test('the toy, which never reuses memory, needs the sum of all it ever handed out', async () => {
  const rows = Array.from({ length: 60 }, (_, id) => [`alloc,${id},4096,0`, `free,${id},0,0`]).flat();
  const found = (await onToy(rows)) as Found;
  assert.equal(
    [found.kind, found.heapPages, found.liveBytesPeak, found.lowerBoundPages],
    ['found', 60, 4096, 1],
  );
  assert.ok(found.probes.some(({ heapPages, completes }) => heapPages === 59 && !completes));
  assert.ok(found.probes.some(({ heapPages, completes }) => heapPages === 60 && completes));
  assert.equal(found.largerHeapsThatFail, []);
  assert.ok(found.probes.length < 28, `${found.probes.length} replays`);
});

test('a trace that fits into its live bytes meets the lower bound', async () => {
  const found = (await onToy(['alloc,1,8192,0', 'alloc,2,4096,0'])) as Found;
  assert.equal([found.heapPages, found.lowerBoundPages], [3, 3]);
});

test('an empty trace needs the smallest heap there is', async () => {
  const found = (await onToy([])) as Found;
  assert.equal([found.kind, found.heapPages, found.liveBytesPeak], ['found', 1, 0]);
});

test('what fails on the largest heap fails on any', async () => {
  const result = await onToy(['alloc,1,16,0', 'alloc,2,99999999,0', 'alloc,3,99999999,0']);
  assert.equal(result, {
    kind: 'never',
    heapPagesMax: 256,
    failedAllocations: 2,
    firstFailureIndex: 1,
    liveBytesPeak: 16,
  });
});

test('an engine that fails on odd heaps is found out', async () => {
  const fussy: ToyVerbs = (machine, plain) => ({
    allocate: (bytes, align) => (machine.heapPages % 2 === 1 ? NULL : plain.allocate(bytes, align)),
  });
  const found = (await onToy(['alloc,1,40960,0'], fussy)) as Found;
  assert.is(found.kind, 'found');
  assert.is(found.heapPages % 2, 0);
  assert.ok(found.largerHeapsThatFail.includes(found.heapPages + 1));
});

test('smaller heaps that complete are found below one that fails', async () => {
  const fussy: ToyVerbs = (machine, plain) => ({
    allocate: (bytes, align) => (machine.heapPages % 4 === 1 ? NULL : plain.allocate(bytes, align)),
  });
  // 41 to 44 pages: a heap of 41 fails for its number, and bisection meets it before it meets 40.
  const found = (await onToy(['alloc,1,163840,0'], fussy)) as Found;
  assert.is(found.heapPages, 40);
  assert.equal(found.lowerBoundPages, 40);
});

test('an engine that breaks says with how many pages', async () => {
  const fragile: ToyVerbs = (machine, plain) => ({
    allocate: (bytes, align) => {
      if (machine.heapPages < 100) {
        throw new Fault(64, 'made up');
      }
      return plain.allocate(bytes, align);
    },
  });
  const result = await onToy(['alloc,1,4096,0'], fragile);
  assert.is(result.kind, 'stopped');
  if (result.kind === 'stopped') {
    assert.is(result.outcome.kind, 'faulted');
  }
  if (result.kind === 'stopped') {
    assert.ok(result.heapPages < 100);
  }
});

test('real engines need at least what lives, and exactly what bisection says', async () => {
  const trace = traceFromSpecification('synth:near-page-storm?live=60&ops=400');
  for (const engine of ['xenheap-pages', 'xmalloc-first-fit', 'textbook-first-fit', 'textbook-best-fit']) {
    const found = (await onEngine(trace, engine)) as Found;
    assert.is(found.kind, 'found', engine);
    assert.ok(found.heapPages >= found.lowerBoundPages, engine);
    for (const [heapPages, completes] of [
      [found.heapPages, true],
      [found.heapPages - 1, false],
    ] as const) {
      const options = { heapPages, virtualPages: 1 };
      const { outcome } = await replay(trace, createStack(engineNamed(engine), {}, options, engineNamed), []);
      assert.is(
        outcome.kind === 'ok' && outcome.failedAllocations === 0,
        completes,
        `${engine} ${heapPages}`,
      );
    }
  }
});

test('heaps far from what is held at most are found as well, both ways', async () => {
  // Held is what the toy ever handed out; it asks for twice as many pages as it uses, or for half.
  const needing =
    (pages: number): ToyVerbs =>
    (machine, plain) => ({
      allocate: (bytes, align) => (machine.heapPages < pages ? NULL : plain.allocate(bytes, align)),
    });
  const rows = Array.from({ length: 20 }, (_, id) => `alloc,${id},4096,0`);
  for (const pages of [21, 25, 77, 200]) {
    const found = (await onToy(rows, needing(pages))) as Found;
    assert.equal([found.heapPages, found.largerHeapsThatFail], [pages, []]);
    assert.ok(found.probes.some((probe) => probe.heapPages === pages - 1 && !probe.completes));
    assert.ok(found.probes.length < 30, `${found.probes.length} replays`);
  }
});

test('the smallest heap of a long trace takes few replays of an engine that has a use for all of it', async () => {
  const trace = traceFromSpecification('synth:churn?live=100&ops=600');
  const found = (await onEngine(trace, 'xmalloc-first-fit')) as Found;
  assert.ok(found.probes.length <= 9, `${found.probes.length} replays`);
});

test("Robson's adversary needs its bound of the textbook allocators, in pages", async () => {
  const trace = traceFromSpecification('synth:adversary/robson?live=1024&largest=64');
  const found = (await onEngine(trace, 'textbook-best-fit', 256)) as Found;
  assert.is(found.heapPages, Math.ceil((4033 * 16) / 4096));
});

test.run();
