import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EventList } from '../../../../harness/studies/search/event-list';
import { unitsOf } from '../../../../harness/studies/search/event-list';
import { holds, parseProperty } from '../../../../harness/studies/search/property';
import { shrink, type Shrunk } from '../../../../harness/studies/search/shrinking';
import { Trials, type TrialPlan } from '../../../../harness/studies/search/trial';
import { UsageError } from '../../../../traces/input-error';
import { OP_NAMES } from '../../../../traces/trace';
import { listOf, listOfRows, planFor, rowsOf, traceOf } from './lists';

const test = suite('search: shrinking');

const shrunkOn = (plan: TrialPlan, list: EventList, keep: string, trialsMax = 20_000): Promise<Shrunk> =>
  shrink({ ...plan, list, property: parseProperty(keep, '--keep'), traceOf, trialsMax });

/** Whether the property goes with any one of the objects. */
async function needsEveryObject(plan: TrialPlan, { events, texts }: EventList, keep: string): Promise<void> {
  const property = parseProperty(keep, '--keep');
  const trials = new Trials(plan, ['search.steps.max', 'free.cycles.max', 'allocations.refused']);
  for (const unit of unitsOf(events)) {
    const without = events.filter((_, position) => !unit.includes(position));
    const tried = await trials.of(traceOf({ events: without, texts }));
    assert.is(tried !== undefined && holds(property, tried), false, `event ${unit[0]} is not needed`);
  }
}

test('a refusal is one request, of the nearest round size that is refused', async () => {
  const plan = planFor('xmalloc-tlsf-2008');
  const list = await listOf('synth:near-page-storm?live=30&ops=30');
  const { list: shortest, isMinimal } = await shrunkOn(plan, list, 'allocations.refused>=1');
  assert.equal(rowsOf(shortest), ['alloc,0,4048']);
  assert.ok(isMinimal);
});

test('a long walk keeps the objects that make it long and nothing else', async () => {
  const plan = planFor('textbook-first-fit');
  const keep = 'search.steps.max>=8';
  const list = await listOf('synth:adversary/comb?count=30&probes=4');
  const { list: shortest, isMinimal, tried } = await shrunkOn(plan, list, keep);
  assert.ok(isMinimal);
  assert.ok(tried.values['search.steps.max']!.value >= 8);
  assert.ok(shortest.events.length < 50, `${shortest.events.length} events`);
  await needsEveryObject(plan, shortest, keep);
});

test('a cost keeps every object that it needs', async () => {
  const plan = planFor('xmalloc-first-fit');
  const keep = 'free.cycles.max>=500';
  const { list } = await shrunkOn(plan, await listOf('synth:half-page-storm?live=40&ops=40'), keep);
  assert.ok(list.events.length <= 60, `${list.events.length} events`);
  await needsEveryObject(plan, list, keep);
});

test('objects are numbered from 0, alignments go where they do not matter', async () => {
  const list = await listOfRows('alloc,7,100,64', 'alloc,9,4048', 'free,7', 'alloc,7,33,32', 'free,9');
  const { list: shortest } = await shrunkOn(planFor('textbook-first-fit'), list, 'live.bytes.peak>=4100');
  assert.equal(rowsOf(shortest), ['alloc,0,4096', 'alloc,1,4096']);
  assert.equal(
    shortest.events.map(({ align }) => align),
    [0, 0],
  );
});

test('objects go in the order of their birth where any order will do', async () => {
  const frees = ['free,3', 'free,1', 'free,5'];
  const rows = [0, 1, 2, 3, 4, 5, 6].map((id) => `alloc,${id},64`);
  const list = await listOfRows(...rows, ...frees, 'alloc,9,65');
  const { list: shortest } = await shrunkOn(planFor('textbook-first-fit'), list, 'search.steps.max>=3');
  const freed = rowsOf(shortest).filter((row) => row.startsWith('free'));
  assert.ok(freed.length >= 2);
  assert.equal(freed, [...freed].sort());
});

test('calls stay open for what lives in them', async () => {
  const rows = ['enter,0', 'temp,1,100', 'temp,2,5000', 'leave,0', 'alloc,3,50', 'free,3'];
  const list = await listOfRows(...rows);
  const { list: shortest } = await shrunkOn(planFor('libxl-gc'), list, 'live.bytes.peak>=5000');
  assert.equal(
    shortest.events.map(({ op, size }) => [OP_NAMES[op], size]),
    [
      ['enter', 0],
      ['temp', 8192],
    ],
  );
});

test('when the trials are used up it says that the trace may be shorter still', async () => {
  const list = await listOf('synth:half-page-storm?live=40&ops=40');
  const { isMinimal, trials } = await shrunkOn(planFor('xmalloc-first-fit'), list, 'free.cycles.max>=500', 5);
  assert.is(isMinimal, false);
  assert.ok(trials <= 6);
});

test('a trace without the property is refused, with what it has instead', async () => {
  const list = await listOfRows('alloc,0,64', 'free,0');
  try {
    await shrunkOn(planFor('textbook-first-fit'), list, 'live.bytes.peak>=65');
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UsageError);
    assert.match((error as Error).message, /does not show live.bytes.peak>=65: live.bytes.peak is 64/);
  }
});

test.run();
