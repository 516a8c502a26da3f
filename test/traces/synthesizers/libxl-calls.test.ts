import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OP_NAMES } from '../../../traces/trace';
import type { ParameterValues } from '../../../traces/synthesizers/parameters';
import { synthesizerNamed } from '../../../traces/synthesizers/registry';
import { passOver } from './legal-trace';

interface Told {
  readonly op: string;
  readonly id: number;
  readonly size: number;
  readonly call: string;
  readonly value: string;
}

function told(given: ParameterValues, seed = 1): { readonly events: Told[]; readonly liveAtEnd: number } {
  const source = synthesizerNamed('libxl-calls').open(given, seed);
  const { texts } = source;
  const events: Told[] = [];
  const pass = passOver(source, ({ op, id, size, call, value }) => {
    events.push({ op: OP_NAMES[op]!, id, size, call: texts.text(call), value: texts.text(value) });
  });
  assert.is(pass.problem, undefined);
  return { events, liveAtEnd: pass.liveAtEnd };
}

/** The events from each outermost call's enter to its leave, with the functions' names. */
function calls(events: readonly Told[]): { readonly name: string; readonly events: readonly Told[] }[] {
  const found: { name: string; events: Told[] }[] = [];
  for (const event of events) {
    if (event.op === 'enter' && event.id === 1) {
      found.push({ name: event.call, events: [] });
    }
    found.at(-1)!.events.push(event);
  }
  return found.map(({ name, events: all }) => {
    const end = all.findIndex(({ op, id }) => op === 'leave' && id === 1);
    return { name, events: all.slice(0, end + 1) };
  });
}

test('every call frees its temporaries and is left in the end', () => {
  const { events, liveAtEnd } = told({ calls: 300 });
  assert.is(liveAtEnd, 0);
  for (const { events: call } of calls(events)) {
    assert.is(call[0]!.value, 'kind=public ctx=1 gc=own');
    assert.equal(call.slice(-2).map(({ op }) => op), ['freeall', 'leave']); // prettier-ignore
  }
});

test('calls come as they weigh: queries 60, lists 20, devices 15, creations 5', () => {
  const counts = new Map<string, number>();
  for (const { name } of calls(told({ calls: 2000, domains: 1, 'create-largest': 400 }).events)) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const count = (name: string) => counts.get(name) ?? 0;
  // Six standard deviations each: 22, 18, 16, 10.
  assert.ok(Math.abs(count('libxl_domain_info') - 1200) < 132, `${[...counts]}`);
  assert.ok(Math.abs(count('libxl_list_domain') - 400) < 108, `${[...counts]}`);
  assert.ok(Math.abs(count('libxl_device_nic_add') - 300) < 96, `${[...counts]}`);
  assert.ok(Math.abs(count('libxl_domain_create_new') - 100) < 60, `${[...counts]}`);
});

test('a list has 98,304 bytes, a name for each domain is read with a message of 40, and both go to the caller', () => {
  const { events } = told({ calls: 200, domains: 3 });
  const start = events.findIndex(({ call }) => call === 'libxl_list_domain');
  const list = events.slice(start, start + 5);
  assert.equal(
    list.map(({ op, size, value }) => [op, size, value]),
    [
      ['enter', 0, 'kind=public ctx=1 gc=own'],
      ['heap', 98_304, 'call=1 category=b'],
      ['return', 0, 'call=1 to=app'],
      ['freeall', 0, ''],
      ['leave', 0, 'rc=0'],
    ],
  );
  const name = events.slice(start + 5, start + 15);
  assert.equal(
    name.map(({ op }) => op),
    ['enter', 'temp', 'heap', 'heap', 'free', 'return', 'freeall', 'leave', 'use', 'free'],
  );
  assert.is(name[2]!.size, 40);
  assert.is(name[9]!.value, 'via=app');
  const listFree = events.findIndex(({ op, id }) => op === 'free' && id === list[1]!.id);
  assert.is(listFree, start + 5 + 3 * 10);
});

test('adding a device takes 40 to 45 temporaries and 14 answered writes', () => {
  const { events } = calls(told({ calls: 100 }).events).find(({ name }) => name === 'libxl_device_nic_add')!;
  const count = (op: string) => events.filter((event) => event.op === op).length;
  assert.ok(count('temp') >= 40 && count('temp') <= 45, `${count('temp')}`);
  assert.is(count('heap'), 28);
  assert.is(count('free'), 28);
});

test('a creation has 400 to 1500 blocks beside its devices', () => {
  const creations = calls(told({ calls: 300 }).events).filter(
    ({ name }) => name === 'libxl_domain_create_new',
  );
  assert.ok(creations.length > 3);
  for (const { events } of creations) {
    const blocks = events.filter(({ op }) => op === 'temp' || op === 'adopt').length;
    assert.ok(blocks >= 396 + 2 * 40 && blocks <= 1500 + 4 * 45, `${blocks}`);
  }
});

test('queries have twelve blocks on average, of the mixture of sizes', () => {
  const queries = calls(told({ calls: 3000, domains: 1, 'create-largest': 400 }).events)
    .filter(({ name }) => name === 'libxl_domain_info')
    .map(({ events }) => events);
  const temporaries = queries.flatMap((events) => events.filter(({ op }) => op === 'temp'));
  const blocks = queries.flatMap((events) =>
    events.filter(({ op }) => op === 'temp' || op === 'adopt'),
  ).length;
  // Standard deviation of the mean: 11.5/√1800 = 0.27.
  assert.ok(Math.abs(blocks / queries.length - 12) < 1.7, `${blocks / queries.length}`);
  const share = (smallest: number, largest: number) =>
    temporaries.filter(({ size }) => size >= smallest && size <= largest).length / temporaries.length;
  assert.ok(Math.abs(share(16, 48) - 0.6) < 0.03);
  assert.ok(Math.abs(share(2, 15) - 0.25) < 0.03);
  assert.ok(Math.abs(share(64, 256) - 0.1 - share(200, 256)) < 0.03);
});

test('the context keeps eight strings from the first call until it is freed', () => {
  const { events } = told({ calls: 0 });
  assert.is(events.filter(({ op, value }) => op === 'store' && value === 'call=1 in=ctx').length, 8);
  const end = events.slice(-9);
  assert.ok(
    end.slice(0, 8).every(({ op, value }) => op === 'free' && value === 'via=destructor:libxl_ctx_free'),
  );
  assert.is(end[8]!.op, 'ctxfree');
});

test('public calls within a creation have a parent and a context of their own', () => {
  const nested = (how: string) =>
    told({ calls: 200, nested: how }).events.filter(({ op, id }) => op === 'enter' && id === 2);
  assert.is(nested('private').length, 0);
  assert.ok(nested('public').length > 0);
  assert.ok(nested('public').every(({ value }) => value === 'kind=public ctx=1 parentcall=1 gc=own'));
});

test('the application keeps no more results than it may', () => {
  const { liveAtEnd } = told({ calls: 500, results: 5, drain: 'no' });
  assert.is(liveAtEnd, 8 + 5);
});

test('the plain form has the same objects, and tables of 25, 75, 175 … slots that die after what they hold', () => {
  const given = { calls: 60, 'create-smallest': 400, 'create-largest': 400 };
  const plain = told({ ...given, form: 'plain' });
  const scoped = told(given);
  assert.is(plain.liveAtEnd, 0);
  assert.equal([...new Set(plain.events.map(({ op }) => op))].sort(), ['alloc', 'free', 'realloc']);
  const bytes = (events: readonly Told[], ops: readonly string[]) =>
    events.filter(({ op }) => ops.includes(op)).map(({ size }) => size);
  const objects = bytes(scoped.events, ['temp', 'heap']);
  const resized = plain.events.filter(({ op }) => op === 'realloc');
  const tables = new Set(resized.map(({ id }) => id));
  const grown = [...new Set(resized.map(({ size }) => size))].sort((a, b) => a - b);
  assert.equal(grown, [600, 1400, 3000, 6200]);
  for (const { op, id, size } of plain.events) {
    if (op === 'alloc' && tables.has(id)) {
      assert.is(size, 200);
    }
  }
  // Each call that has temporaries has a table beside them.
  const withTable = calls(scoped.events).filter((call) =>
    call.events.some(({ op }) => op === 'temp' || op === 'adopt'),
  );
  assert.is(bytes(plain.events, ['alloc']).length, objects.length + withTable.length);
});

test.run();
