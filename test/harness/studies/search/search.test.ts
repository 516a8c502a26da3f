import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { createRegistries } from '../../../../harness/cli/names/registries';
import { parsePricing } from '../../../../harness/pricing/specification';
import { Archive, type Bred } from '../../../../harness/studies/search/archive';
import { bred, randomGenome, type Material } from '../../../../harness/studies/search/breeding';
import { expand, type Budget } from '../../../../harness/studies/search/expansion';
import type { Genome } from '../../../../harness/studies/search/genome';
import { constantSizes, ladder, thresholdSizes } from '../../../../harness/studies/search/learnt-sizes';
import {
  maximal,
  scaledHeapPages,
  search,
  SIGNATURE_METRICS,
  type Lane,
  type SearchPlan,
  type SearchState,
} from '../../../../harness/studies/search/search';
import { Trials } from '../../../../harness/studies/search/trial';
import { RandomStream } from '../../../../traces/random';
import { OP, type TraceEvent } from '../../../../traces/trace';
import { listOf, planFor, traceOf } from './lists';

const test = suite('search: search');

const BUDGET: Budget = { events: 120, liveBytes: 1 << 17, requestBytes: 1 << 13, unitBytes: 1 };

const materialFor = (engine: string): Material => {
  const definition = createRegistries().engineNamed(engine);
  return {
    sizes: constantSizes(definition, BUDGET.requestBytes),
    granuleBytes: definition.constants.granuleBytes,
    requestBytes: BUDGET.requestBytes,
    alignBytes: 0,
    resizes: true,
  };
};

/** A lane that takes its time with some of the lists. */
function laneFor(engine: string, metric: string, delay = 0): Lane {
  const trials = new Trials(planFor(engine), [metric, ...SIGNATURE_METRICS]);
  return {
    tryAll: async (lists) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      const answers = [];
      for (const list of lists) {
        answers.push([await trials.of(traceOf(list))]);
      }
      return answers;
    },
  };
}

const searchPlan = (engine: string, metric: string, evaluations: number): SearchPlan => ({
  seed: 1,
  evaluations,
  accessesMax: Infinity,
  budget: BUDGET,
  material: materialFor(engine),
  starts: [],
  quotable: new Map(),
  goal: maximal(metric),
  lanes: [laneFor(engine, metric)],
});

test('the same trace is found whatever lanes there are, and however quick they are', async () => {
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 200);
  const alone = await search(plan);
  const lanes = [7, 0, 3].map((delay) => laneFor('textbook-first-fit', 'search.steps.max', delay));
  assert.equal(await search({ ...plan, lanes }), alone);
  assert.ok(alone.best!.score > 20, `${alone.best!.score} steps`);
});

test('another seed finds another trace', async () => {
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 130);
  const [one, other] = [await search(plan), await search({ ...plan, seed: 2 })];
  assert.not.equal(one.best!.genome, other.best!.genome);
});

test('a search goes on from every state, sent through JSON, to the same end', async () => {
  const states: SearchState[] = [];
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 400);
  const generationDone = async (state: SearchState) => void states.push(state);
  const end = await search({ ...plan, generationDone });
  assert.ok(states.length > 10);
  assert.ok(new Set(states.map(({ stage }) => stage)).size === 4, 'learning and three stages');
  for (const state of [states[0]!, states.at(-5)!]) {
    assert.equal(await search(plan, JSON.parse(JSON.stringify(state)) as SearchState), end);
  }
});

test('short traces on small heaps come first, and only what was tried at full length is best', async () => {
  const scales: number[] = [];
  const lane = laneFor('textbook-first-fit', 'search.steps.max');
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 400);
  const { best } = await search({
    ...plan,
    lanes: [{ tryAll: (lists, scale) => (scales.push(scale), lane.tryAll(lists, scale)) }],
  });
  assert.equal([...new Set(scales)], [1000, 125, 500], 'lone requests, then lengths');
  assert.is(scales.at(-1), 1000);
  assert.is(best!.scale, 1000);
  assert.equal(
    [
      scaledHeapPages(8192, 125),
      scaledHeapPages(8192, 1000),
      scaledHeapPages(1024, 125),
      scaledHeapPages(64, 125),
    ],
    [1024, 8192, 512, 64],
  );
});

test('it stops when it is told to, with what was done', async () => {
  let generations = 0;
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 400);
  const state = await search({ ...plan, isStopping: () => generations++ === 3 });
  assert.is(state.generations, 2, 'learning came first');
  assert.ok(state.evaluations < 200);
});

test('the accesses end it where traces are dear', async () => {
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 4000);
  const { evaluations } = await search({ ...plan, accessesMax: 20_000_000 });
  assert.ok(evaluations >= 64 && evaluations < 200, `${evaluations} evaluations`);
});

test('TLSF’s refusal of 4,033 to 4,063 bytes is found, and known for a threshold', async () => {
  const { best } = await search(searchPlan('xmalloc-tlsf-2008', 'allocations.refused', 100));
  assert.ok(best!.score >= 1);
  let asked = 0;
  const longer = searchPlan('xmalloc-tlsf-2008', 'allocations.refused', 1000);
  const { learntSizes } = await search({ ...longer, isStopping: () => asked++ === 1 });
  assert.ok(learntSizes!.includes(4033), learntSizes!.join(' '));
  assert.ok(learntSizes!.includes(4064));
});

test('thresholds are found to the byte', async () => {
  const signature = (size: number) => (size < 100 ? 'small' : size < 5000 ? 'middle' : 'large');
  const seen = ladder(65_536).map((size) => ({ size, signature: signature(size) }));
  const found = await thresholdSizes(seen, (sizes) => Promise.resolve(sizes.map(signature)), 64);
  assert.equal(found, [99, 100, 101, 4999, 5000, 5001]);
});

test('a trace on which the engine fails is kept as a failure and no best', async () => {
  const plan = searchPlan('textbook-first-fit', 'search.steps.max', 120);
  const tried = await new Trials(planFor('textbook-first-fit'), []).of(
    traceOf(await listOf('synth:ramp?objects=2')),
  );
  const corrupt = { ...tried!, outcome: { kind: 'crashed', problem: 'it died' } as const };
  const { best, failure } = await search({
    ...plan,
    lanes: [{ tryAll: (lists) => Promise.resolve(lists.map(() => [corrupt])) }],
  });
  assert.is(best!.score, -1);
  assert.is(failure!.score, -1);
});

test('a trace comes to the same whatever was tried before it', async () => {
  const plan = { ...planFor('xmalloc-tlsf'), pricing: parsePricing('zen4-2022') };
  const metrics = ['free.cycles.max', 'holes.largest.bytes.peak'];
  const lists = await Promise.all(
    ['synth:ramp?objects=20', 'synth:churn?live=50&ops=200', 'synth:ramp?objects=20000'].map(listOf),
  );
  const trials = new Trials(plan, metrics);
  for (const list of [...lists, ...lists]) {
    assert.equal(await trials.of(traceOf(list)), await new Trials(plan, metrics).of(traceOf(list)));
  }
});

test('starts are tried first, and what they came to is told', async () => {
  const trace = 'synth:adversary/comb?count=60&probes=2';
  const excerpt = { kind: 'excerpt', trace, start: 0, perMille: 1000, numerator: 1, denominator: 1 } as const;
  const { bestStart } = await search({
    ...searchPlan('textbook-first-fit', 'search.steps.max', 150),
    starts: [{ phases: [excerpt] }],
    quotable: new Map([[trace, await listOf(trace)]]),
  });
  assert.ok(bestStart!.score >= 30, 'all holes of the comb are walked');
});

test('an archive keeps the best of each cell: by score, then the shorter, then the earlier', () => {
  const one = (number: number, score: number, events: number, cell: string): Bred => ({
    number,
    score,
    events,
    cell,
    genome: { phases: [] },
  });
  const archive = new Archive([
    one(1, 5, 10, 'a'),
    one(2, 5, 9, 'a'),
    one(3, 4, 1, 'a'),
    one(4, 1, 1, 'b'),
    one(5, 5, 9, 'a'),
  ]);
  assert.equal(
    archive.list().map(({ number }) => number),
    [2, 4],
  );
});

/** Breaks of the budget and of the rules between events. */
function wrongs(events: readonly TraceEvent[], { liveBytes, requestBytes, unitBytes }: Budget): string[] {
  const live = new Map<number, number>();
  const wrong: string[] = [];
  let bytes = 0;
  for (const { op, id, size } of events) {
    const before = live.get(id);
    if (op === OP.alloc ? before !== undefined : before === undefined) {
      wrong.push(`${op} of ${id}`);
    }
    bytes += op === OP.free ? -before! : size - (before ?? 0);
    if (op === OP.free) {
      live.delete(id);
    } else {
      live.set(id, size);
    }
    if (bytes > liveBytes) {
      wrong.push(`${bytes} live`);
    }
    if (op !== OP.free && (size > requestBytes + unitBytes || size % unitBytes !== 0)) {
      wrong.push(`${size} asked for`);
    }
  }
  return wrong;
}

test('whatever is bred keeps the budget and makes a legal trace, the same each time', async () => {
  const material = materialFor('xmalloc-tlsf');
  const trace = 'synth:churn?live=30&ops=100';
  const quotable = new Map([[trace, await listOf(trace)]]);
  fc.assert(
    fc.property(
      fc.nat(1 << 30),
      fc.integer({ min: 16, max: 300 }),
      fc.constantFrom(1, 16),
      (seed, events, unitBytes) => {
        const stream = new RandomStream(seed, 'test');
        const quote: Genome = {
          phases: [{ kind: 'excerpt', trace, start: 40, perMille: 500, numerator: 1, denominator: 1 }],
        };
        let genome = bred(stream, material, randomGenome(stream, material), quote);
        for (let left = stream.below(12); left > 0; left--) {
          genome = bred(stream, material, genome, randomGenome(stream, material));
        }
        const budget = { events, liveBytes: 1 << 16, requestBytes: 1 << 14, unitBytes };
        const list = expand(genome, budget, quotable);
        assert.ok(list.events.length <= events);
        assert.equal(wrongs(list.events, budget), []);
        assert.equal(expand(genome, budget, quotable).events, list.events);
        assert.equal(JSON.parse(JSON.stringify(genome)), genome, 'plain data');
      },
    ),
    { seed: 20, numRuns: 300 },
  );
});

test.run();
