import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import * as v from 'valibot';
import { allEngines } from '../../../allocators/registry';
import { explanationSchema, type ExplainedOperation } from '../../../harness/explain/explanation';
import { storySteps } from '../../../harness/explain/story';
import type { Machine } from '../../../harness/machine/machine';
import { measure } from '../../../harness/metrics/measurement';
import { worstOperations } from '../../../harness/metrics/measured-replay';
import { parsePricing } from '../../../harness/pricing/specification';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import type { Trace } from '../../../traces/trace';
import { toyDefinition, traceOf } from '../replay/toy-engine';
import { explained, explainedOperation, stackMaker, sum } from './explained';

const SEED = 20081121;

/** Everything that an explanation breaks the cycles of an operation down to adds up to them. */
function assertAddsUp(operation: ExplainedOperation): void {
  const { cycles, causes, story, provenance, accesses, instructions, locks } = operation;
  const steps = storySteps(story);
  assert.is(sum(Object.values(causes)), cycles, 'causes');
  assert.is(sum(steps.map((step) => step.cycles)), cycles, 'steps');
  for (const step of steps) {
    assert.is(sum(Object.values(step.causes)), step.cycles, `causes of ${step.name}`);
  }
  const groups = provenance.groups.map((group) => group.cycles);
  assert.is(sum(groups) + provenance.otherCycles + provenance.ownCycles, cycles, 'provenance');
  for (const kind of ['loads', 'chases', 'stores', 'updates'] as const) {
    assert.is(sum(steps.map((step) => step.accesses[kind])), accesses[kind], kind);
  }
  assert.is(sum(steps.map((step) => step.instructions)), instructions, 'instructions');
  for (const lock of locks) {
    const held = sum(lock.intervals.map(({ from, to }) => to - from));
    // Each interval is rounded by itself, the pricing rounds their sum.
    assert.ok(Math.abs(held - lock.heldCycles) <= lock.holds, `${lock.name}: ${held}, ${lock.heldCycles}`);
  }
}

const exact = suite('explain: exact');

/** Rows of a trace in which objects come, grow and go; sizes around the edges of pages and size classes. */
const rows = fc
  .array(
    fc.tuple(
      fc.nat(9),
      fc.nat(30),
      fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 9000 })),
    ),
    {
      minLength: 5,
      maxLength: 60,
    },
  )
  .map((steps) => {
    const live: number[] = [];
    let next = 0;
    return steps.map(([what, which, size]) => {
      const index = which % Math.max(live.length, 1);
      if (what < 6 || live.length === 0) {
        live.push(next);
        return `alloc,${next++},${size},0`;
      }
      return what < 8 ? `realloc,${live[index]},${size},0` : `free,${live.splice(index, 1)[0]},0,0`;
    });
  });

const PRICINGS = [
  'flat',
  'zen4-2022',
  'core2-2008@cold',
  'skylake-sp-2017@shared:65536/4k',
  'zen4-guest-2026',
];

for (const definition of allEngines()) {
  exact(
    `${definition.name}: steps, causes and provenance add up, and agree with an ordinary replay`,
    async () => {
      await fc.assert(
        fc.asyncProperty(rows, fc.constantFrom(...PRICINGS), async (events, pricing) => {
          const trace = traceOf(events);
          const choice = { kind: 'worst', count: 3 } as const;
          const explanation = await explained({ engine: definition, trace, choice, pricing });
          explanation.operations.forEach(assertAddsUp);
          assert.is(v.safeParse(explanationSchema, explanation).success, true);
          const measured = await measure({
            trace,
            pricings: [parsePricing(pricing)],
            createStack: stackMaker(definition),
            survey: false,
          });
          const worst = worstOperations(measured.pricings[0]!, 3);
          const [told, expected] = [explanation.operations, worst].map((operations) =>
            operations.map(({ operation, op, id, sizeBytes, cycles, causes, events: noted }) => {
              return { operation, op, id, sizeBytes, cycles, causes, events: noted };
            }),
          );
          assert.equal(told, expected);
        }),
        { seed: SEED, numRuns: 6 },
      );
    },
  );
}

exact('the longest holder of a lock is the one that the metric names', async () => {
  const trace = storm('live=60&ops=60');
  const measured = await measure({
    trace,
    pricings: [parsePricing('zen4-2022')],
    createStack: stackMaker(firstFit),
    survey: false,
  });
  const metric = measured.pricings[0]!.metrics['lock.freelist.held.cycles.max']!;
  const choice = { kind: 'lock', lock: 'freelist', count: 2 } as const;
  const { operations } = await explained({ engine: firstFit, trace, choice });
  const held = operations.map(({ locks }) => locks.find(({ name }) => name === 'freelist')!.heldCycles);
  assert.equal([operations[0]!.operation, held[0]], [metric.operation, metric.value]);
  assert.ok(held[0]! >= held[1]!);
  operations.forEach(assertAddsUp);
});

const firstFit = allEngines().find(({ name }) => name === 'xmalloc-first-fit')!;

function storm(parameters: string): Trace {
  return traceFromSpecification(`synth:half-page-storm?${parameters}`);
}

exact.run();

const told = suite('explain: what is told');

told('the worst operation of the default storm walks the whole free list', async () => {
  const trace = traceFromSpecification('synth:half-page-storm');
  const operation = await explainedOperation({ engine: firstFit, trace });
  assertAddsUp(operation);
  const steps = storySteps(operation.story);
  const walks = steps.filter(({ name }) => name === 'scanNode' || name === 'searchNode');
  const hops = sum(walks.map(({ times }) => times));
  assert.is(hops, operation.heap.survey.freeBlocks, 'a hop for every block of the free list');
  assert.is(hops, 1000);
  assert.ok(
    sum(walks.map(({ cycles }) => cycles)) * 100 > operation.cycles * 95,
    'and that is what it costs',
  );
  const makers = operation.provenance.groups.filter(({ where }) => where === 'free blocks');
  assert.is(makers[0], operation.provenance.groups[0], 'the fragments are the dearest of all that it reads');
  assert.equal([...new Set(makers.map(({ by }) => by!.op))], ['alloc'], 'and what allocations left');
});

told('steps come in their order, with what each did', async () => {
  const trace = traceOf(['alloc,1,100,0', 'alloc,2,100,0', 'free,1,0,0', 'free,2,0,0']);
  const choice = { kind: 'operation', operation: 3 } as const;
  const { story, heap, locks, standing } = await explainedOperation({ engine: firstFit, trace, choice });
  const names = storySteps(story).map(({ name, times }) => `${name} ${times}`);
  // On the list: the freed block in front of the page, and the rest of the page; both touch what is freed.
  assert.equal(names.slice(0, 4), ['free 1', 'scanNode 2', 'unlink 2', 'merge 2']);
  assert.equal([story[0]!.kind, story[1]!.kind], ['step', 'loop'], 'two rounds of walking and merging');
  assert.equal(
    heap.before!.blocks.map(({ bytes, state }) => `${bytes} ${state}`),
    ['256 free', '256 allocated', '3584 free'],
  );
  assert.equal([heap.before!.subject, heap.after, heap.liveObjects, heap.liveBytes], [1, null, 1, 100]);
  assert.equal(
    locks.map(({ name, holds }) => `${name} ${holds}`),
    ['heap 1', 'freelist 1'],
  );
  assert.equal([standing.of, standing.kind], [2, 'free']);
});

told('free blocks are put down to who left them: a split, or a free', async () => {
  const trace = traceOf([
    'alloc,1,3000,0,0,0,0,splitter',
    'alloc,2,1100,0,0,0,0,other',
    'alloc,3,1100,0,0,0,0,other',
    'free,2,0,0,0,0,0,freer',
    'alloc,4,2500,0,0,0,0,reader',
  ]);
  const { provenance } = await explainedOperation({
    engine: firstFit,
    trace,
    choice: { kind: 'operation', operation: 4 },
  });
  const makers = provenance.groups
    .filter(({ where }) => where === 'free blocks')
    .map(
      ({ by, firstOperation, lastOperation }) => `${by!.op} ${by!.site} ${firstOperation} ${lastOperation}`,
    )
    .sort();
  // What is left behind objects 1 and 3 a split left there; where object 2 was a free did.
  assert.equal(makers, ['alloc other 2 2', 'alloc splitter 0 0', 'free freer 3 3']);
});

told('a free block stays who left it, whoever changes its links afterwards', async () => {
  const trace = traceOf([
    'alloc,1,2500,0,0,0,0,one',
    'alloc,2,2500,0,0,0,0,two',
    'alloc,3,2500,0,0,0,0,three',
    // Gives the second page back, so that what is left on the third now leads to what is left on the first.
    'free,2,0,0,0,0,0,unlinker',
    'alloc,4,2500,0,0,0,0,reader',
  ]);
  const choice = { kind: 'operation', operation: 4 } as const;
  const { provenance } = await explainedOperation({ engine: firstFit, trace, choice });
  const makers = provenance.groups.filter(({ where }) => where === 'free blocks').map(({ by }) => by!.site);
  assert.equal(makers.sort(), ['one', 'three']);
});

told('what the machine does is no part of the step that follows it', async () => {
  const trace = traceOf(['alloc,1,20000,0', 'free,1,0,0']);
  const choice = { kind: 'operation', operation: 1 } as const;
  const { story, causes } = await explainedOperation({ engine: 'vmalloc', trace, choice });
  const flush = storySteps(story).filter(({ name }) => name === 'flushTlb');
  assert.is(sum(flush.map(({ cycles }) => cycles)), causes.tlbFlushes);
  assert.is(
    sum(flush.map(({ instructions, accesses }) => instructions + accesses.loads + accesses.stores)),
    0,
  );
  const unmapped = storySteps(story).filter(({ name }) => name === 'unmapPage');
  assert.is(sum(unmapped.map(({ times }) => times)), 5, 'five pages');
});

told('a copy is a step of its own', async () => {
  const trace = traceOf(['alloc,1,6400,0', 'alloc,2,64,0', 'realloc,1,12800,0']);
  const choice = { kind: 'operation', operation: 2 } as const;
  const { story } = await explainedOperation({ engine: 'textbook-first-fit', trace, choice });
  const copy = storySteps(story).find(({ name }) => name === 'copyLine')!;
  assert.equal(
    [copy.event, copy.accesses.loads, copy.accesses.stores],
    ['linesCopied', copy.times, copy.times],
  );
  assert.ok(copy.times >= 100 && copy.times <= 101, `${copy.times} lines`);
});

told('other engines: what the operation cost there, or why it did not run', async () => {
  const trace = traceOf(['alloc,1,100,0', 'alloc,2,6000,0', 'free,2,0,0']);
  const { elsewhere } = await explainedOperation({
    engine: firstFit,
    trace,
    choice: { kind: 'operation', operation: 2 },
    against: ['textbook-first-fit', 'xmalloc-subpage'],
  });
  const [ran, none] = elsewhere;
  assert.equal([ran!.kind, none!.kind], ['ran', 'none']);
  assert.is(ran!.kind === 'ran' && ran!.standing.of, 1);
});

told('after a compaction nobody knows where an older object is', async () => {
  const events = ['alloc,1,100,0', 'alloc,2,100,0', 'alloc,3,100,0', 'free,1,0,0'];
  const choice = (operation: number) => ({ kind: 'operation', operation }) as const;
  const still = await explainedOperation({
    engine: 'plan9-pool',
    options: { move: 'on' },
    trace: traceOf([...events, 'free,2,0,0']),
    choice: choice(4),
  });
  assert.ok(still.heap.before);
  const moved = await explainedOperation({
    engine: 'plan9-pool',
    options: { move: 'on' },
    trace: traceOf([...events, 'compact,0,0,0', 'free,2,0,0']),
    choice: choice(5),
  });
  assert.is(moved.heap.before, null);
});

told('an operation that failed says so, here and on other engines', async () => {
  const trace = traceOf(['alloc,1,64,0', 'alloc,2,9000,0']);
  const choice = { kind: 'operation', operation: 1 } as const;
  const served = await explainedOperation({ engine: 'vmalloc', trace, choice, against: ['xmalloc-subpage'] });
  const refused = await explainedOperation({
    engine: 'xmalloc-subpage',
    trace,
    choice,
    against: ['vmalloc'],
  });
  for (const [here, elsewhere] of [
    [served, refused],
    [refused, served],
  ] as const) {
    assert.is(here.failed, here === refused);
    const [there] = here.elsewhere;
    assert.ok(there?.kind === 'ran');
    assert.equal([there.failed, there.cycles], [elsewhere.failed, elsewhere.cycles]);
  }
});

told('an engine that does not do the same twice is an internal error', async () => {
  let made = 0;
  const fickle = toyDefinition((machine, plain) => {
    const extra = made++;
    return {
      allocate: (bytes, align) => {
        for (let time = 0; time < extra; time++) {
          machine.load(machine.layout.list()[0]!.address);
        }
        return plain.allocate(bytes, align);
      },
    };
  });
  try {
    await explained({ engine: fickle, trace: traceOf(['alloc,1,16,0']), pricing: 'flat' });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /operation 0 cost \d+ cycles, and \d+ when it was replayed/);
  }
});

told('an operation larger than a batch is told whole', async () => {
  const address = (machine: Machine) => machine.layout.list()[0]!.address;
  const long = toyDefinition((machine, plain) => {
    const steps = machine.defineSteps('toy', {
      walk: { instructions: 1, event: 'searchSteps' },
      end: { instructions: 2 },
    });
    return {
      allocate: (bytes, align) => {
        for (let hop = 0; hop < 50_000; hop++) {
          machine.chase(address(machine));
          machine.work(steps.walk);
        }
        machine.work(steps.end);
        return plain.allocate(bytes, align);
      },
    };
  });
  const operation = await explainedOperation({
    engine: long,
    trace: traceOf(['alloc,1,16,0', 'alloc,2,16,0']),
  });
  assertAddsUp(operation);
  const [walk, end, rest] = storySteps(operation.story);
  assert.equal([walk!.times, walk!.accesses.chases, walk!.instructions], [50_000, 50_000, 50_000]);
  assert.equal([end!.name, rest!.name, rest!.times], ['end', 'return', 0]);
});

told.run();
