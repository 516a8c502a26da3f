import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Plan9VectorRun, readPlan9Vector } from '../../../allocators/plan9/vectors';
import { stackOf } from './replayed';

/** Where the code of the pool differs from its manual page: `follow=code` and `follow=manual`, side by side. */

type Options = Readonly<Record<string, string | number>>;

/** Events and state texts of a small vector, by row; rows `op,id,size,align,offset,span`. */
function vectorRun(rows: readonly string[], engine: Options): { run: Plan9VectorRun; events: string[] } {
  const run = new Plan9VectorRun({ engine });
  const text = ['op,id,size,align,offset,span', ...rows, ''].join('\n');
  const events = [...run.rows(readPlan9Vector(text, 'rows'))].map((row) => `${row.value}|${row.events}`);
  return { run, events };
}

function both(rows: readonly string[], engine: Options = {}) {
  return {
    code: vectorRun(rows, { ...engine, follow: 'code' }),
    manual: vectorRun(rows, { ...engine, follow: 'manual' }),
  };
}

const curalloc = (state: string | undefined) => Number(/curalloc=(\d+)/.exec(state ?? '')?.[1]);

test('curalloc: drifts in the code, is what the allocated blocks hold by the page', () => {
  const grow = Array.from({ length: 8 }, (_, id) => `alloc,${id + 2},3000`);
  const free = Array.from({ length: 8 }, (_, id) => `free,${id + 2}`);
  for (const rows of [
    ['alignedalloc,0,100,1024,0,0', 'free,0'],
    [...grow, ...free],
    ['alloc,0,3000', 'alloc,1,16', 'free,1', 'realloc,0,9000', 'realloc,0,20000', 'free,0'],
    ['reset,64,noreuse', 'alloc,0,100', 'alloc,1,16', 'free,0', 'free,1'],
  ]) {
    const { manual } = both(rows, {});
    assert.is(curalloc(manual.events.at(-1)), 0, rows.join(' '));
  }
  const { code } = both(['alignedalloc,0,100,1024,0,0', 'free,0']);
  assert.not(curalloc(code.events.at(-1)) === 0);
});

test('a dry source: the page compacts and tries again, the code does not', () => {
  const rows = ['alloc,0,1000', 'alloc,1,1000', 'alloc,2,1000', 'free,1', 'alloc,3,1500'];
  const { code, manual } = both(rows, { move: 'on', srclimit: 4200 });
  assert.is(code.events[4], '|arena:nil:4128');
  assert.match(manual.events[4]!, /^1536\|arena:nil:\d+;move:2088>1064$/);
});

test('ANTAGONISM: distances in the code, the block’s address by the page', () => {
  const rows = [
    'reset,1,mark',
    'alloc,0,64',
    'peek,0,8,0,0',
    'alloc,1,400',
    'alloc,2,16',
    'free,1',
    'peek,1,8,0,64',
  ];
  const { code, manual } = both(rows);
  assert.is(code.events[2], '|bytes:dfdfdfdfdfdfdfdf');
  assert.is(code.events[6], '|bytes:400000f7440000f7');
  // User data start at 0x10000028, the second block at 0x10000080.
  assert.is(manual.events[2], '|bytes:280000e9280000e9');
  assert.is(manual.events[6], '|bytes:800000e7800000e7');
});

test('ANTAGONISM ruins an lp64 heap in the code, not by the page', () => {
  const rows = ['reset,1,mark', 'alloc,0,400', 'alloc,1,400', 'alloc,2,16', 'free,0', 'free,1', 'check,-1'];
  const { code, manual } = both(rows, { layout: 'lp64' });
  assert.match(code.events.join(), /panic|fault/);
  assert.is(manual.events.at(-2), 'ok|');
});

test('LOGGING: one line after the work in the code, one at both ends by the page', () => {
  const { code, manual } = both(['reset,16,log', 'alloc,0,100', 'free,0', 'compact,-1']);
  assert.is(code.events[2], '|logstack;print:poolfree POOL @40'.replace('logstack;', ''));
  assert.is(manual.events[2], '|print:poolfree POOL @40;print:poolfree POOL @40');
  assert.match(manual.events[1]!, /\|print:poolalloc POOL 100;.*print:poolalloc POOL 100 = @40$/);
  assert.is(manual.events[3], '0|print:poolcompact POOL;print:poolcompact POOL');
});

test('an arena of exactly minarena bytes: the code adds a quantum, the page none', () => {
  const { code, manual } = both(['alloc,0,16']);
  assert.is(code.events[0], '32|arena:8:4128');
  assert.is(manual.events[0], '32|arena:8:4096');
});

test('a tolerated NUL does no later harm by the page', () => {
  const rows = ['reset,32,nul', 'alloc,0,112', 'alloc,1,16', 'overrun,0,1,0,0', 'free,0', 'check,-1'];
  const { code, manual } = both(rows);
  assert.match(code.events[5]!, 'corrupt tail magic');
  assert.is(manual.events[4], '|print:mem user overflow (magic0)');
  assert.is(manual.events[5], 'ok|');
});

test('msize: hides an overrun in the code, notices it by the page', () => {
  const rows = ['alloc,0,100', 'alloc,1,16', 'overrun,0,1,65,0', 'msize,0', 'free,0'];
  const { code, manual } = both(rows);
  assert.is(code.events[3], '112|');
  assert.is(manual.events[3], '|print:mem user overflow;panic:pool panic');
});

test('a realloc that compacts keeps hold of its block by the page', () => {
  const count = 24;
  const rows = [
    ...Array.from({ length: count }, (_, id) => `alloc,${id},1000`),
    `fill,${count - 1},0,90`,
    ...Array.from({ length: count / 2 }, (_, id) => `free,${2 * id}`),
    `realloc,${count - 1},4500`,
    `peek,${count - 1},16,0,984`,
    'check,-1',
  ];
  const { code, manual } = both(rows, { maxsize: 29000, move: 'on' });
  assert.match(code.events.join(), 'corrupt tail ptr');
  assert.is(manual.events.at(-3), `|bytes:${'5a'.repeat(16)}`);
  assert.is(manual.events.at(-2), 'ok|');
});

test('without lock callbacks, as the page allows, no lock is taken', () => {
  const { engine, machine } = stackOf({ follow: 'manual', lock: 'off' });
  const locked = stackOf({ follow: 'manual' });
  const accesses = ({ stream }: typeof machine, work: () => void) => {
    stream.beginOperation(0, 0, 0, 0, 0);
    work();
    return stream.operationAccesses;
  };
  // Taking and giving back: two of the lock word, two loads and two stores of its owner.
  const without = accesses(machine, () => engine.allocate(100, 0));
  assert.is(accesses(locked.machine, () => locked.engine.allocate(100, 0)) - without, 6);
});

test.run();
