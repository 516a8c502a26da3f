import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { engineNamed } from '../../../allocators/registry';
import { profile } from '../../../harness/explain/profile';
import { explanationSchema, profileSchema } from '../../../harness/explain/explanation';
import { storySteps } from '../../../harness/explain/story';
import { measure } from '../../../harness/metrics/measurement';
import { parsePricing } from '../../../harness/pricing/specification';
import { renderExplanation, renderProfile } from '../../../reports/explain/registry';
import { placeCosts } from '../../../reports/explain/source-words';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import { traceOf } from '../replay/toy-engine';
import { explained, stackMaker, sum } from './explained';
import { SOURCE, sourcedDefinition } from './sourced-engine';

const test = suite('explain: by source');

const ROWS = ['alloc,1,64,0', 'alloc,2,64,0', 'free,1,0,0'];
const SOURCES = new Map([['toy.c', SOURCE]]);
const HOPS = 5;

const explanation = () =>
  explained({
    engine: sourcedDefinition(HOPS),
    trace: traceOf(ROWS),
    choice: { kind: 'operation', operation: 0 },
    pricing: 'zen4-2022@cold',
  });

const profiled = () =>
  profile({
    trace: traceOf(ROWS),
    createStack: stackMaker(sourcedDefinition(HOPS)),
    pricing: parsePricing('zen4-2022@cold'),
  });

test('a step says where it stands, and how many of its accesses were in no cache', async () => {
  const told = await explanation();
  v.parse(explanationSchema, told);
  const steps = storySteps(told.operations[0]!.story);
  const find = steps.find(({ name }) => name === 'find at toy.c:3')!;
  assert.equal(find.source, [
    { functionName: 'find', file: 'toy.c', line: 3 },
    { functionName: 'allocate', file: 'toy.c', line: 13 },
  ]);
  assert.equal([find.times, find.accesses.chases, find.fromMemory], [HOPS, HOPS, HOPS]);
  assert.equal(
    steps.filter(({ name }) => name === 'return').map(({ source }) => source),
    [],
  );
});

test('no access comes from memory that is in a cache', async () => {
  const warm = await explained({
    engine: sourcedDefinition(HOPS),
    trace: traceOf(ROWS),
    choice: { kind: 'operation', operation: 1 },
    pricing: 'zen4-2022',
  });
  const [find] = placeCosts(storySteps(warm.operations[0]!.story)).filter(({ place }) => place.length === 2);
  assert.equal([find!.accesses.chases, find!.fromMemory], [HOPS, 0]);
});

test('text: functions and lines, dearest first, with who they were inlined into, and the source beside', async () => {
  const text = renderExplanation('text', await explanation(), SOURCES);
  assert.match(
    text,
    /Where in the source its cycles went:\n.*\n {2}find toy\.c:3 +5 {2}5 loads, all from memory +10 .* in allocate:13\n {2}allocate toy\.c:1/,
  );
  assert.match(
    text,
    /\n +[\d,]+ +10 +3 +for \(b = first; b->size < size; b = b->next\) +\| 5 loads, all from memory\n/,
  );
  assert.not.match(text, /void \*allocate.*\n.*static block/s);
  assert.not.match(renderExplanation('text', await explanation()), /b->next/);
});

test('flame graphs: lines within the functions that they were inlined into', async () => {
  const stacks = renderExplanation('collapsed', await explanation());
  assert.match(stacks, /^rows;alloc #0;toy;allocate;find;toy\.c:3;dram \d+$/m);
  assert.match(stacks, /^rows;alloc #0;toy;allocate;toy\.c:14;\w+ \d+$/m);
  const told = await explanation();
  const cycles = [...stacks.matchAll(/ (\d+)$/gm)].map(([, each]) => Number(each));
  assert.is(sum(cycles), told.operations[0]!.cycles);
  const { shared } = JSON.parse(renderExplanation('speedscope', told));
  assert.ok(
    shared.frames.some(
      (frame: { line?: number; file?: string }) => frame.file === 'toy.c' && frame.line === 3,
    ),
  );
  const events = JSON.parse(renderExplanation('trace-event', told)).traceEvents as {
    name: string;
    cat?: string;
  }[];
  assert.equal(
    events.filter(({ cat }) => cat === 'function').map(({ name }) => name),
    ['allocate', 'find'],
  );
});

test('page: the source beside what it cost, and nothing of it is markup', async () => {
  const page = renderExplanation('html', await explanation(), SOURCES);
  assert.match(page, /b->size &lt; size/);
  assert.match(page, /&lt;b>&amp;amp;/);
  assert.match(page, />5 loads, all from memory</);
  assert.match(renderProfile('html', await profiled(), SOURCES), /b->size &lt; size/);
});

test('profile: every access and instruction of a replay belongs to a step, cycles as they were priced', async () => {
  for (const [name, specification] of [
    ['xmalloc-tlsf', 'synth:half-page-storm?live=60&ops=60'],
    ['plan9-pool', 'synth:churn?live=40&ops=200'],
  ] as const) {
    const trace = traceFromSpecification(specification);
    const pricing = parsePricing('zen4-2022');
    const createStack = stackMaker(engineNamed(name));
    const told = await profile({ trace, createStack, pricing });
    v.parse(profileSchema, told);
    const { pricings } = await measure({ trace, pricings: [pricing], createStack });
    const measured = pricings[0]!.causes;
    const cycles = sum(Object.values(measured));
    assert.ok(Math.abs(told.cycles - cycles) <= told.operations, `${told.cycles} ${cycles}`);
    assert.is(told.cycles, sum(told.steps.map((step) => step.cycles)));
    assert.equal(
      told.steps.map((step) => step.cycles),
      told.steps.map((step) => step.cycles).sort((a, b) => b - a),
    );
    const dram = sum(told.steps.map(({ causes }) => causes.dram ?? 0));
    assert.ok(Math.abs(dram - (measured.dram ?? 0)) <= told.operations);
  }
});

test('profile: a compiled engine by function and line, in every form', async () => {
  const told = await profiled();
  const [dearest] = told.steps;
  assert.equal([dearest!.name, dearest!.times], ['find at toy.c:3', 2 * HOPS]);
  const text = renderProfile('text', told, SOURCES);
  assert.match(text, /^toy on rows, 3 operations, [\d,]+ cycles under zen4-2022@cold\n/);
  assert.match(text, / {2}find toy\.c:3 +10 {2}10 loads, all from memory/);
  assert.match(
    renderProfile('collapsed', told),
    /^rows;all 3 operations;toy;allocate;find;toy\.c:3;dram \d+$/m,
  );
  v.parse(profileSchema, JSON.parse(renderProfile('json', told)));
});

test.run();
