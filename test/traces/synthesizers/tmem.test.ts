import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NULL, OP, type Placement } from '../../../traces/trace';
import type { ParameterValues } from '../../../traces/synthesizers/parameters';
import { synthesizerNamed } from '../../../traces/synthesizers/registry';
import type { SyntheticSource } from '../../../traces/synthesizers/source';
import { passOver, type Allocator } from './legal-trace';
import { NaiveHeap } from './naive-heap';

const tmem = synthesizerNamed('tmem');

/** Gives every object a page of its own, so that each free empties one. */
const pageEach = (): Allocator => ({
  allocate: (id) => ((id + 1) * 8192) as Placement,
  free: () => undefined,
});

const LETTERS = new Map([
  [80, 'o'],
  [72, 'p'],
  [528, 'n'],
  [2272, 'l'],
  [232, 'c'],
  [16, 'h'],
]);

/** The trace as text: a letter for each structure and d for data, capital when allocated. */
function told(given: ParameterValues, allocator: Allocator = pageEach(), seed = 1) {
  const source = tmem.open(given, seed) as SyntheticSource;
  const letters: string[] = [];
  const letterOf = new Map<number, string>();
  let descriptors = 0;
  let descriptorsPeak = 0;
  const pass = passOver(
    source,
    ({ op, id, size, align }) => {
      if (op === OP.alloc) {
        letterOf.set(id, align === 1 ? 'd' : (LETTERS.get(size) ?? `(${size})`));
      }
      const letter = letterOf.get(id)!;
      letters.push(op === OP.alloc ? letter.toUpperCase() : letter);
      if (letter === 'p') {
        descriptors += op === OP.alloc ? 1 : -1;
      }
      descriptorsPeak = Math.max(descriptorsPeak, descriptors);
    },
    allocator,
  );
  assert.is(pass.problem, undefined);
  const facts = Object.fromEntries(source.facts().map(({ name, value }) => [name, value]));
  return { text: letters.join(''), pass, descriptorsPeak, fact: (name: string) => facts[name]! };
}

const calm = { 'relinquish-every': 0, drain: 'no' };

test('each client starts with its structures: in Xen’s heap, then the client and its two pools', () => {
  assert.is(told({ clients: 3, ops: 0, drain: 'no' }).text, 'HCLL'.repeat(3));
  assert.is(told({ clients: 2, ops: 0 }).text, 'HCLL'.repeat(2) + 'llch'.repeat(2));
});

test('a put takes the object if it is new, the descriptor, the nodes, the data; a duplicate moves its data', () => {
  const { text } = told({ ...calm, ops: 5000 });
  const allocations = text.slice(16).replace(/[a-z]/g, ' ').trim().split(/ +/);
  for (const run of allocations) {
    assert.match(run, /^(O?PN*D?|D)+$/);
  }
  assert.match(text, /[^D]dD/);
  assert.match(text, /OPD/);
  assert.match(text, /OPND/);
});

test('gets and flushes free the nodes left empty, the data, the descriptor, the object; a file goes in order', () => {
  const { text } = told({ ...calm, ops: 20_000 });
  const frees = text
    .slice(16)
    .split(/[A-Z]+/)
    .filter((run) => run !== '' && run !== 'd');
  for (const run of frees) {
    assert.match(run, /^(n*d?po?|(d?p)+o|((d?p)+n)+n?o|d)+$/);
  }
  // A page alone in its object, and a whole file with its node.
  assert.match(text, /ndpo/);
  assert.match(text, /dpdpdpno/);
});

test('debug builds have larger structures', () => {
  const { text } = told({ structures: 'debug', ops: 300, drain: 'no' });
  for (const size of ['(2288)', '(96)', '(536)']) {
    assert.ok(text.includes(size), size);
  }
  assert.not.match(text, /[LN]/);
});

test('without compression only structures are allocated', () => {
  assert.not.match(told({ compress: 'no', ops: 5000 }).text, /d/i);
});

test('frames of pages that do not compress are allocated when asked for', () => {
  const frames = (given: ParameterValues) =>
    told({ ...calm, ops: 3000, ...given }).text.split('(4096)').length - 1;
  assert.is(frames({}), 0);
  // Every put of a new page, and none of the duplicates, has a frame.
  assert.ok(frames({ compress: 'no', frames: 'yes' }) > 1500);
});

test('beyond its capacity every put evicts, and the default run comes to that', () => {
  const small = told({ ...calm, capacity: 300, ops: 10_000 });
  assert.is(small.descriptorsPeak, 300);
  assert.ok(small.fact('evictions for puts') > 1000);
  const usual = told({ ...calm, ops: 40_000 });
  assert.is(usual.descriptorsPeak, 4096);
  assert.ok(usual.fact('evictions for puts') > 100);
});

test('asked for memory, it evicts until that many whole pages are free: more where pieces lie scattered', () => {
  const evictions = (allocator: Allocator) => {
    const { fact } = told({ ops: 12_000, 'relinquish-every': 3000, drain: 'no' }, allocator);
    assert.ok(fact('whole pages regained by them') >= 4 * 32);
    return fact('evictions for memory asked back');
  };
  // With a page for each object an eviction frees two or more of them.
  assert.ok(evictions(pageEach()) <= 4 * 16, `${evictions(pageEach())}`);
  assert.ok(evictions(new NaiveHeap('first')) > 500);
});

test('it is the same for the same placements, and another for others', () => {
  const identity = (allocator: Allocator) =>
    told({ ops: 6000, 'relinquish-every': 2000 }, allocator).pass.identity;
  assert.is(identity(new NaiveHeap('first')), identity(new NaiveHeap('first')));
  assert.is.not(identity(new NaiveHeap('first')), identity(pageEach()));
});

test('a page whose data find no memory is dropped again', () => {
  const noData: Allocator = {
    allocate: (id, size) => (LETTERS.has(size) ? (((id + 1) * 8192) as Placement) : NULL),
    free: () => undefined,
  };
  const { text, pass } = told({ ops: 2000 }, noData);
  assert.match(text, /OPDpo/);
  assert.is(pass.liveAtEnd, 0);
});

test('a get leaves preswap pages where they are: they go by flushes alone', () => {
  const source = tmem.open({ ...calm, clients: 1, 'swap-pages': 200, ops: 40_000 }, 1);
  const swapped = new Set<number>();
  let sum = 0;
  let events = 0;
  passOver(source, ({ op, id, size, site }) => {
    if (op === OP.free) {
      swapped.delete(id);
    } else if (size === 72 && source.texts.text(site) === 'tmem-persistent-0') {
      swapped.add(id);
    }
    sum += swapped.size;
    events++;
  });
  // 18 puts to any slot, 3 flushes: five of six slots are in use. If gets took pages as well, it were five of eight.
  assert.ok(sum / events > 155 && sum / events < 175, `${sum / events}`);
});

test.run();
