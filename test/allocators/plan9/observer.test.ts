import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { HeapCorruption } from '../../../harness/machine/failures';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Placement } from '../../../traces/trace';
import { stackOf } from './replayed';

/** What can be seen of the pool without being charged, over random work against a naive oracle. */

const layouts = ['ilp32', 'llp64', 'lp64'] as const;

interface Live {
  readonly at: Placement;
  readonly bytes: number;
  readonly mark: number;
}

/** A random call: what to do, to which live object, how large, how aligned. */
const calls = fc.array(
  fc.record({
    verb: fc.constantFrom('alloc', 'alloc', 'free', 'free', 'realloc', 'aligned', 'msize'),
    pick: fc.nat(1000),
    bytes: fc.oneof(fc.nat(80), fc.nat(600), fc.nat(9000)),
    align: fc.constantFrom(0, 16, 64, 512, 4096),
  }),
  { minLength: 1, maxLength: 120 },
);

for (const options of [
  ...layouts.map((layout) => ({ layout })),
  { preset: 'mainmem', shim: 'malloc' },
  { follow: 'manual', quantum: '8', minblock: '48' },
  { gap: '64' },
  { descending: 'on', layout: 'lp64' },
  { flags: '1' },
]) {
  test(`contents, bounds and structure hold under random work with ${JSON.stringify(options)}`, () => {
    fc.assert(
      fc.property(calls, (sequence) => {
        const { engine, machine } = stackOf(options as unknown as Record<string, string>);
        const live: Live[] = [];
        let marks = 0;
        const keep = (at: Placement, bytes: number) => {
          if (at === 0) {
            return;
          }
          const mark = (marks = (marks + 1) & 0xff);
          for (let byte = 0; byte < bytes; byte++) {
            machine.poke8(at + byte, mark);
          }
          for (const other of live) {
            assert.ok(at + bytes <= other.at || other.at + other.bytes <= at, 'overlap');
          }
          assert.ok(machine.ledger.holds(at, bytes), 'outside the held memory');
          live.push({ at, bytes, mark });
        };
        for (const { verb, pick, bytes, align } of sequence) {
          const object = live.length > 0 ? live.splice(pick % live.length, 1)[0] : undefined;
          if (verb === 'alloc' || object === undefined) {
            if (object !== undefined) {
              live.push(object);
            }
            keep(engine.allocate(bytes, 0), bytes);
          } else if (verb === 'aligned') {
            live.push(object);
            const at = engine.alignedAllocate(bytes, align, align >> 1, 0);
            if (align > 0) {
              assert.is(at % align, align >> 1);
            }
            keep(at, bytes);
          } else if (verb === 'free') {
            intact(machine, object.at, object);
            engine.free(object.at);
          } else if (verb === 'realloc') {
            const at = engine.reallocate(object.at, bytes + 1, 0, object.bytes);
            intact(machine, at, { ...object, bytes: Math.min(object.bytes, bytes + 1) });
            keep(at, bytes + 1);
          } else {
            keep(object.at, engine.usableSize(object.at));
          }
        }
        for (const object of live) {
          intact(machine, object.at, object);
        }
        engine.check();
        engine.poolCheck();
        tiles(engine, machine, live.length);
      }),
      { seed: 20081121, numRuns: 25 },
    );
  });
}

for (const layout of layouts) {
  test(`check finds every flipped bit of header and tail magic and size under ${layout}`, () => {
    const word = layout === 'lp64' ? 8 : 4;
    for (const freed of [false, true]) {
      const { engine, machine } = stackOf({ layout });
      const object = engine.allocate(200, 0);
      const block = engine.blockAt(object)!;
      const neighbour = engine.allocate(40, 0);
      if (freed) {
        engine.free(object);
      }
      engine.check();
      const tail = block.start + block.bytes - 2 * word;
      const fields = [block.start, block.start + word, tail + word];
      const bytes = [...fields.flatMap((field) => range(field, word)), tail, tail + 3];
      for (const byte of bytes) {
        for (let bit = 0; bit < 8; bit++) {
          const before = machine.peek8(byte);
          machine.poke8(byte, before ^ (1 << bit));
          assert.throws(
            () => engine.check(),
            (error: Error) => error instanceof HeapCorruption,
            `byte ${byte - block.start} bit ${bit}, ${freed ? 'free' : 'allocated'}`,
          );
          machine.poke8(byte, before);
        }
      }
      engine.check();
      engine.free(neighbour);
    }
  });

  test(`check finds links bent out of tree, ring and arena list under ${layout}`, () => {
    const pointer = layout === 'ilp32' ? 4 : 8;
    const header = layout === 'lp64' ? 16 : 8;
    const { engine, machine } = stackOf({ layout, merge: 'off' });
    const objects = [100, 16, 300, 16, 100, 16, 5000].map((bytes) => engine.allocate(bytes, 0));
    for (const index of [0, 2, 4]) {
      engine.free(objects[index]!);
    }
    engine.check();
    const links = [0, 2, 4].flatMap((index) => range(0, 4).map((link) => objects[index]! + link * pointer));
    const arena = HEAP_BASE + header;
    for (const address of [...links, arena + header, arena + header + pointer]) {
      const before = machine.peek(address);
      for (const wrong of [0, 0xffff_fff0, HEAP_BASE + 64, objects[1]!]) {
        if (wrong === before) {
          continue;
        }
        machine.poke(address, wrong);
        let found = false;
        try {
          engine.check();
        } catch (error) {
          assert.instance(error, HeapCorruption);
          found = true;
        }
        // The tree's links of a ring member that is not its head mean nothing.
        assert.ok(found || isDeadLink(objects[4]!, address, pointer), `${address - HEAP_BASE} := ${wrong}`);
      }
      machine.poke(address, before);
    }
    engine.check();
  });
}

test('blockAt knows no block behind freed, foreign and nil objects', () => {
  const { engine } = stackOf();
  const object = engine.allocate(100, 0);
  assert.equal(engine.blockAt(object), { start: object - 8, bytes: 128, headerBytes: 8 });
  engine.free(object);
  assert.is(engine.blockAt(object), undefined);
  assert.is(engine.blockAt(0 as Placement), undefined);
  assert.is(engine.blockAt((HEAP_BASE + 1024) as Placement), undefined);
});

test('observers are never charged', () => {
  const { engine, machine } = stackOf();
  const object = engine.allocate(100, 0);
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  engine.blockAt(object);
  engine.walk(() => undefined);
  engine.check();
  assert.is(machine.stream.operationAccesses, 0);
  engine.poolCheck();
  assert.ok(machine.stream.operationAccesses > 0);
});

test.run();

type Machine = ReturnType<typeof stackOf>['machine'];
type Engine = ReturnType<typeof stackOf>['engine'];

function intact(machine: Machine, at: number, { bytes, mark }: { bytes: number; mark: number }): void {
  for (let byte = 0; byte < bytes; byte++) {
    if (machine.peek8(at + byte) !== mark) {
      assert.is(machine.peek8(at + byte), mark, `byte ${byte} of ${bytes}`);
    }
  }
}

/** The walk covers the held memory without gap or overlap and finds as many allocated blocks as are live. */
function tiles(engine: Engine, machine: Machine, liveCount: number): void {
  const pieces: [number, number][] = [];
  let allocated = 0;
  engine.walk((start, bytes, state) => {
    pieces.push([start, bytes]);
    if (state === 'allocated') {
      allocated++;
    }
  });
  assert.is(allocated, liveCount);
  pieces.sort(([a], [b]) => a - b);
  const runs: [number, number][] = [];
  for (const [start, bytes] of pieces) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last[0] + last[1] === start) {
      last[1] += bytes;
    } else {
      runs.push([start, bytes]);
    }
  }
  const held: [number, number][] = [];
  machine.ledger.runs(({ address, bytes }) => held.push([address, bytes]));
  assert.equal(runs, held);
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function isDeadLink(member: number, address: number, pointer: number): boolean {
  return address === member || address === member + pointer;
}
