import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measure, type MeasurementPlan } from '../../../harness/metrics/measurement';
import { worstOperations, type MeasuredReplay } from '../../../harness/metrics/measured-replay';
import { expectationOf } from '../../../harness/metrics/timeline';
import type { MetricName } from '../../../harness/metrics/registry';
import { engineNamed } from '../../../allocators/registry';
import { parsePricing } from '../../../harness/pricing/specification';
import type { EngineDefinition } from '../../../harness/replay/port';
import { createStack } from '../../../harness/replay/stack';
import { InputError } from '../../../traces/input-error';
import type { Trace, TraceOrigin } from '../../../traces/trace';
import { cEngine } from '../foreign/c-engine';
import { pagePerObject, stackOf, traceOf } from './page-per-object';

const test = suite('measurement');

const TRACE =
  'alloc 1 100, alloc 2 1000, free 1, alloc 3 52, alloc 4 4000, alloc 5 8, alloc 6 8, free 6, free 2, alloc 7 16';

function run(plan: Partial<MeasurementPlan> = {}): Promise<MeasuredReplay> {
  return measure({
    trace: traceOf(TRACE),
    createStack: (machine) => stackOf(pagePerObject, machine),
    pricings: [parsePricing('flat'), parsePricing('zen4-2022@cold')],
    ...plan,
  });
}

const value = ({ metrics }: Pick<MeasuredReplay, 'metrics'>, name: MetricName) => metrics[name]?.value;

test('peaks and waste are those of the pages at every operation', async () => {
  const replay = await run();
  assert.equal(replay.engine, { name: 'page-per-object', version: 3, options: { pages: 4 } });
  assert.equal(replay.machine, { heapPages: 16, virtualPages: 0 });
  // Objects 2, 3, 4 and 5 live at operation 5: 1000 + 52 + 4000 + 8 bytes on four pages.
  assert.equal(replay.metrics['held.bytes.peak'], { value: 4 * 4096, operation: 5 });
  assert.equal(replay.metrics['live.bytes.peak'], { value: 5060, operation: 5 });
  assert.equal(replay.metrics['granted.bytes.peak'], { value: 1008 + 64 + 4008 + 16, operation: 5 });
  assert.is(value(replay, 'waste.header.bytes.peak'), 32);
  assert.is(value(replay, 'waste.rounding.bytes.peak'), 4);
  assert.equal(replay.metrics['waste.peak'], { value: 6911, ratio: [16384 - 5060, 16384] });
  assert.equal(replay.metrics['fragmentation.wj4'], { value: 22_379, ratio: [16384, 5060] });
  assert.is(value(replay, 'live.bytes.end'), 52 + 4000 + 8 + 16);
});

test('the heap is surveyed at the first operation of maximal held, at the first failure and at the end', async () => {
  const { checkpoints, metrics, heapMap } = await run();
  assert.equal(
    checkpoints.map(({ operation, heldBytes }) => [operation, heldBytes / 4096]),
    [[0, 1], [4, 3], [5, 4], [6, 4], [9, 4]], // prettier-ignore
  );
  // Operation 4 is the first past 4096 allocated bytes; holes at operation 5 are what is left of each page.
  const holes = [4096 - 1008, 4096 - 64, 4096 - 4008, 4096 - 16];
  const free = holes.reduce((sum, hole) => sum + hole, 0);
  assert.equal(metrics['fragmentation.largest-hole.peak'], {
    value: Math.floor(((free - 4080) * 10_000) / free),
    operation: 5,
    ratio: [free - 4080, free],
  });
  assert.equal(metrics['holes.largest.bytes.peak'], { value: 4080 });
  // floor(9 × used / 4096) of pages 0 … 3: 1008 and 64 lie in pages 1 and 0.
  assert.equal(heapMap, {
    chunkBytes: 4096,
    chunkOffsets: [0, 4096, 8192, 12288],
    columns: ['0...', '028.', '0280', '0280', '0080'],
  });
});

test('a failed allocation is an outcome, told with the operations before it', async () => {
  const replay = await run();
  assert.equal(replay.outcome, { kind: 'ok', failedAllocations: 1, firstFailureOperation: 6 });
  assert.equal(replay.metrics['allocations.failed'], { value: 1, operation: 6 });
  assert.is(replay.firstFailure!.operation, 6);
  assert.equal(
    replay.firstFailure!.recentOperations.map(({ operation, op, id, sizeBytes, returned }) =>
      [operation, op, id, sizeBytes, returned].join(' '),
    ),
    [
      '0 alloc 1 100 0x8',
      '1 alloc 2 1000 0x1008',
      '2 free 1 0 -',
      '3 alloc 3 52 0x8',
      '4 alloc 4 4000 0x2008',
      '5 alloc 5 8 0x3008',
      '6 alloc 6 8 NULL',
    ],
  );
  // The free of what failed never reached the engine.
  assert.equal([replay.operations, replay.skippedEvents, replay.trace.events], [9, 1, 10]);
});

test('work and bounds come from the stream', async () => {
  const replay = await run();
  assert.equal(replay.metrics['alloc.accesses.max'], { value: 3, operation: 0 });
  assert.equal(replay.metrics['alloc.accesses.mean'], { value: 2, ratio: [18, 7] });
  assert.equal(replay.metrics['free.accesses.max'], { value: 1, operation: 2 });
  assert.is(replay.metrics['realloc.accesses.max'], null);
  assert.equal(replay.events, { pagesTaken: 6, lockAcquires: 6 });
  assert.equal(
    replay.bounds.map(({ most, observed, total, operations }) => [most, observed, total, operations]),
    [[3, 3, 18, 7]],
  );
});

test('each pricing has its own latencies, whose causes add up', async () => {
  const { pricings } = await run();
  assert.equal(pricings.map(({ id }) => id), ['flat', 'zen4-2022@cold']); // prettier-ignore
  const [flat, cold] = pricings;
  // Flat: store 4 + store 4 + locked update 20 + 5 instructions at 1/3 = 29.67; a failure costs nothing at all.
  assert.equal(flat!.kinds.alloc.distribution, { costs: [0, 30], counts: [1, 6] });
  assert.equal(flat!.kinds.free.distribution, { costs: [4], counts: [2] });
  assert.equal(flat!.metrics['alloc.cycles.max'], { value: 30, operation: 0 });
  assert.equal(flat!.metrics['alloc.cycles.mean'], { value: 25, ratio: [180, 7] });
  assert.equal(flat!.metrics['realloc.cycles.max'], null);
  assert.equal(flat!.metrics['cycles.total'], { value: 188 });
  assert.ok(value(flat!, 'lock.pages.held.cycles.max')! > 0);
  assert.ok(value(cold!, 'alloc.cycles.max')! > 30);
  for (const pricing of pricings) {
    for (const { cycles, causes } of worstOperations(pricing, 100)) {
      assert.is(Object.values(causes).reduce((sum, each) => sum + each, 0), cycles); // prettier-ignore
    }
  }
});

test('the worst of all kinds are ranked together', async () => {
  const { pricings } = await run();
  assert.equal(
    worstOperations(pricings[0]!, 8).map(({ operation, cycles }) => [operation, cycles]),
    [[0, 30], [1, 30], [3, 30], [4, 30], [5, 30], [9, 30], [2, 4], [8, 4]], // prettier-ignore
  );
});

test('how many are kept, pictures and surveys are chosen by the plan', async () => {
  const full = await run();
  const lean = await run({ worstCount: 2, survey: false, pictures: false, pricings: [parsePricing('flat')] });
  assert.is(lean.pricings[0]!.kinds.alloc.worst.length, 2);
  assert.is(lean.pricings[0]!.kinds.alloc.density, null);
  assert.is(lean.heapMap, null);
  assert.is(lean.metrics['fragmentation.largest-hole.peak'], null);
  assert.ok(lean.checkpoints.every(({ survey }) => survey === null));
  assert.equal(lean.metrics['held.bytes.peak'], full.metrics['held.bytes.peak']);
  assert.is(lean.pricings[0]!.costsSha256, full.pricings[0]!.costsSha256);
});

test('a trace that needs a verb the engine lacks is kept as unsupported', async () => {
  const replay = await run({ trace: traceOf('alloc 1 8, compact 0, free 1') });
  assert.equal(replay.outcome, {
    kind: 'unsupported',
    operation: 1,
    verb: 'compact',
    reason: 'page-per-object has no compact, which the operation "compact" needs',
  });
  assert.is(replay.trace.sha256, null);
});

test('an engine that breaks is told by where it stopped', async () => {
  const overlapping: EngineDefinition = {
    ...pagePerObject,
    create: (machine, options, engineNamed) => {
      const engine = pagePerObject.create(machine, options, engineNamed);
      const first: { placement?: ReturnType<typeof engine.allocate> } = {};
      const allocate: typeof engine.allocate = (size, align) =>
        (first.placement ??= engine.allocate(size, align));
      return { ...engine, allocate };
    },
  };
  const { outcome } = await run({ createStack: (machine) => stackOf(overlapping, machine) });
  assert.is(outcome.kind, 'corrupt');
  assert.equal(outcome.kind === 'corrupt' && [outcome.operation, outcome.op, outcome.id], [1, 'alloc', 2]);
});

test('an engine that places differently the second time is found out', async () => {
  let stacks = 0;
  const createStack: MeasurementPlan['createStack'] = (machine) => {
    const stack = stackOf(pagePerObject, machine);
    if (stacks++ > 0) {
      stack.engine.allocate(1, 0);
    }
    return stack;
  };
  try {
    await run({ createStack });
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), 'page-per-object placed differently');
  }
});

/** The same events, of which nobody knows beforehand what they will be. */
function adaptive(trace: Trace): Trace {
  const origin: TraceOrigin = {
    ...{ kind: 'synthetic', generator: 'test', parameters: {}, seed: 1 },
    adaptive: true,
  };
  return { ...trace, header: { ...trace.header, origin } };
}

test('what the first pass sees is what a second one would', async () => {
  let stacks = 0;
  const createStack: MeasurementPlan['createStack'] = (machine) => {
    stacks++;
    return stackOf(pagePerObject, machine);
  };
  const once = await run({ createStack, pictures: false });
  assert.is(stacks, 1);
  const twice = await run({ createStack, pictures: false, trace: adaptive(traceOf(TRACE)) });
  assert.is(stacks, 3, 'the checkpoint at operation 4 was seen by nobody');
  assert.equal(twice.checkpoints, once.checkpoints);
  assert.ok(once.checkpoints.every(({ survey }) => survey !== null));
  const drawn = await run({ trace: adaptive(traceOf(TRACE)) });
  assert.equal(drawn.heapMap, (await run()).heapMap);
});

test('a heap that is come back to for the pictures is not walked before', async () => {
  const walksInReplay = async (pictures: boolean): Promise<number> => {
    let walks = 0;
    let walksBefore = 0;
    await run({
      pictures,
      trace: traceOf('alloc 1 100, alloc 2 4000, free 1, alloc 3 1000, alloc 4 1000'),
      createStack: (machine) => {
        const stack = stackOf(pagePerObject, machine);
        const { engine } = stack;
        const walk = engine.walk.bind(engine);
        engine.walk = (visit) => {
          walks++;
          walk(visit);
        };
        return stack;
      },
      observers: [{ operation: () => void (walksBefore = walks) }],
    });
    assert.ok(walks > 0);
    return walksBefore;
  };
  assert.ok((await walksInReplay(false)) > 0);
  assert.is(await walksInReplay(true), 0);
});

test('a replay that stops early does not hear of what is wrong with its trace behind that', async () => {
  const whole = traceOf('alloc 1 8, compact 0');
  const torn: Trace = {
    ...whole,
    open: async () => ({
      ...(await whole.open()),
      refill: () => Promise.reject(new InputError({ problem: 'torn', expected: 'a whole trace' })),
    }),
  };
  assert.is((await run({ trace: torn })).outcome.kind, 'unsupported');
});

test('of a heap that grows without end the last maximum is seen in a second pass', async () => {
  const pages = 600;
  const growing = Array.from({ length: pages }, (_, id) => `alloc ${id} 8`).join();
  let stacks = 0;
  const { checkpoints, metrics } = await run({
    createStack: (machine) => {
      stacks++;
      return createStack(
        pagePerObject,
        { pages: String(pages) },
        { heapPages: pages, virtualPages: 0, ...machine },
        () => pagePerObject,
      );
    },
    trace: traceOf(`${growing}, alloc ${pages} 8, free 0, free 1`),
    pictures: false,
  });
  assert.equal(metrics['held.bytes.peak'], { value: pages * 4096, operation: pages - 1 });
  const peak = checkpoints.find(({ operation }) => operation === pages - 1)!;
  assert.equal(peak.survey!.freeBytes, pages * (4096 - 16));
  assert.is(stacks, 2);
});

/** A trace on a heap of so many pages, with no pictures, and how many passes that took. */
async function surveyedOn(pages: number, trace: string): Promise<{ replay: MeasuredReplay; passes: number }> {
  let passes = 0;
  const replay = await run({
    createStack: (machine) => {
      passes++;
      const machinePages = { heapPages: pages, virtualPages: 0, ...machine };
      return createStack(
        pagePerObject,
        { pages: String(Math.min(pages, 1000)) },
        machinePages,
        () => pagePerObject,
      );
    },
    trace: traceOf(trace),
    pictures: false,
  });
  return { replay, passes };
}

test('of a heap that grows nothing is looked at before it holds what will be live', async () => {
  const objects = Array.from({ length: 600 }, (_, id) => id);
  const growing = objects.map((id) => `alloc ${id} ${id % 3 === 0 ? 4000 : 4080}`).join();
  for (const between of ['', ', realloc 7 1, realloc 7 4080', ', free 9, alloc 9 4000']) {
    const { replay, passes } = await surveyedOn(1300, `${growing}${between}, free 0, free 1`);
    const held = replay.metrics['held.bytes.peak'];
    const peak = replay.checkpoints.find(({ operation }) => operation === held!.operation)!;
    assert.is(peak.heldBytes, held!.value);
    assert.ok(peak.survey !== null);
    assert.is(passes, 1, between);
  }
  const { replay, passes } = await surveyedOn(610, `${growing}, free 0, free 1`);
  assert.is(passes, 2, 'a heap that may be too small for what will be live');
  assert.is(replay.metrics['held.bytes.peak']!.operation, 599);
});

test('what dies with its call, or moves into it, is not counted as live all the time', async () => {
  const calls = Array.from({ length: 50 }, (_, call) =>
    [
      `enter ${call}`,
      `temp ${2 * call} 4000`,
      `alloc ${2 * call + 1} 4000`,
      `adopt ${2 * call + 1}`,
      'leave 0',
    ].join(),
  );
  const { liveBytesMax } = await expectationOf(traceOf(`alloc 900 10, ${calls.join()}, alloc 901 3000`));
  assert.is(liveBytesMax, 10 + 4000);
});

/** A replay with pictures, as often as it takes passes. */
async function pictured(definition: EngineDefinition, heapPages: number, trace: Trace, keepsPast: boolean) {
  let passes = 0;
  const replay = await run({
    createStack: (machine) => {
      passes++;
      const options = { heapPages, virtualPages: 0, ...machine, ...(!keepsPast && { keepsPast }) };
      return createStack(definition, {}, options, engineNamed);
    },
    trace,
  });
  return { replay, passes };
}

for (const definition of [
  cEngine('first-fit'),
  engineNamed('xmalloc-tlsf'),
  engineNamed('xmalloc-first-fit'),
]) {
  test(`${definition.name} knows nothing but its memory, and needs no other pass`, async () => {
    const objects = Array.from({ length: 300 }, (_, id) => `alloc ${id} ${100 + ((id * 577) % 4000)}`);
    const trace = traceOf([...objects, ...objects.map((_, id) => `free ${(id * 7) % 300}`)].join());
    // The second heap is soon full, and allocations that fail make other moments of it.
    for (const heapPages of [1024, 128]) {
      const { replay, passes } = await pictured(definition, heapPages, trace, true);
      assert.is(passes, 1);
      assert.is(replay.firstFailure !== null, heapPages === 128);
      assert.ok(replay.heapWalk !== null && replay.checkpoints.every(({ survey }) => survey !== null));
      const again = await pictured(definition, heapPages, trace, false);
      assert.is(again.passes, 2);
      assert.equal(replay, again.replay);
    }
    const unforeseen = await pictured(definition, 1024, adaptive(trace), true);
    assert.is(unforeseen.passes, 2);
  });
}

test('a heap too broken to walk has checkpoints without a survey, and the replay goes on', async () => {
  const unwalkable: EngineDefinition = {
    ...pagePerObject,
    create: (machine, options, engineNamed) => ({
      ...pagePerObject.create(machine, options, engineNamed),
      walk: () => machine.load(0),
    }),
  };
  const replay = await run({ createStack: (machine) => stackOf(unwalkable, machine) });
  assert.is(replay.outcome.kind, 'ok');
  assert.ok(replay.checkpoints.every(({ survey }) => survey === null));
});

test('two measurements are equal', async () => {
  assert.equal(await run(), await run());
});

test.run();
