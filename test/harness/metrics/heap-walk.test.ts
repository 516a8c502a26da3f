import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { deflateSync } from 'fflate';
import {
  blocksAfter,
  CHANGES_MAX,
  decodeChanges,
  encodeChanges,
  HEAP_BASE,
  HeapWalkRecorder,
  isDecodable,
  thinnedChanges,
  type HeapChange,
  type WalkedBlock,
} from '../../../harness/metrics/heap-walk';
import { HeapCorruption } from '../../../harness/machine/failures';
import type { BlockVisitor } from '../../../harness/replay/port';
import { replay, type ReplayObserver, type ReplayState } from '../../../harness/replay/replay';
import { blockPlacement, NOTHING, TraceEvent, type Placement } from '../../../traces/trace';
import { pagePerObject, stackOf, traceOf } from './page-per-object';

const test = suite('heap walk');

const TRACE = 'alloc 1 100, alloc 2 1000, free 1, alloc 3 52, alloc 4 4000, alloc 5 8, free 4, free 2';

/** What the engine's own walk says after every operation, by the event's index. */
async function walked(
  trace: string,
  recorder?: HeapWalkRecorder,
): Promise<Map<number, [number, number, string][]>> {
  const blocks = new Map<number, [number, number, string][]>();
  const witness: ReplayObserver = {
    operation({ eventIndex, stack }) {
      const found: [number, number, string][] = [];
      stack.engine.walk((start, bytes, state) => found.push([start - HEAP_BASE, bytes, state]));
      blocks.set(eventIndex, found);
    },
  };
  const observers = recorder === undefined ? [witness] : [witness, recorder];
  await replay(traceOf(trace), stackOf(pagePerObject, {}), observers);
  return blocks;
}

const shape = (blocks: readonly WalkedBlock[]) =>
  blocks.map(({ offset, bytes, state }): [number, number, string] => [offset, bytes, state]);

test('the blocks at every event are what the engine walks there, with the event that made each', async () => {
  const recorder = new HeapWalkRecorder(new Set());
  const expected = await walked(TRACE, recorder);
  const walk = recorder.finish()!;
  assert.equal(walk.moments, [0, 1, 2, 3, 4, 5, 6, 7]);
  const changes = decodeChanges(walk);
  for (const [index, operation] of walk.moments.entries()) {
    const blocks = blocksAfter(changes.slice(0, index + 1));
    assert.equal(shape(blocks), expected.get(operation), `after event ${operation}`);
  }
  const allocated = blocksAfter(changes.slice(0, 6)).filter(({ state }) => state === 'allocated');
  assert.equal(
    allocated.map(({ madeBy }) => madeBy),
    [3, 1, 4, 5],
  );
});

test('between two walks a block may be made again where one was, or be gone again', () => {
  const recorder = new HeapWalkRecorder(new Set());
  let isBroken = false;
  const engine = {
    blockAt: (start: number) => ({ start, bytes: 16, headerBytes: 0 }),
    walk: (visit: BlockVisitor) => {
      if (isBroken) {
        throw new HeapCorruption(undefined, 'not now');
      }
      // The last first: nothing says in which order an engine walks.
      visit(HEAP_BASE + 16, 16, 'free');
      visit(HEAP_BASE, 16, 'allocated');
    },
  };
  const operation = (eventIndex: number, walks: boolean, placement: Placement): void => {
    isBroken = !walks;
    const state = { eventIndex, stack: { engine } } as unknown as ReplayState;
    recorder.operation(state, new TraceEvent(), placement);
  };
  const [first, second] = [0, 16].map((offset) => blockPlacement(HEAP_BASE + offset));
  operation(0, true, first!);
  operation(1, false, NOTHING);
  operation(2, true, first!);
  operation(3, false, second!);
  operation(4, true, NOTHING);
  const allocated = (madeBy: number): WalkedBlock => ({ offset: 0, bytes: 16, state: 'allocated', madeBy });
  assert.equal(decodeChanges(recorder.finish()!), [
    { operation: 0, gone: [], come: [allocated(0), { offset: 16, bytes: 16, state: 'free', madeBy: 0 }] },
    { operation: 2, gone: [0], come: [allocated(2)] },
    { operation: 4, gone: [], come: [] },
  ]);
});

test('thinning drops moments that are not pinned and changes nothing at those that stay', async () => {
  const recorder = new HeapWalkRecorder(new Set());
  const expected = await walked(TRACE, recorder);
  let changes: HeapChange[] = decodeChanges(recorder.finish()!);
  const pinned = new Set([5]);
  for (const left of [
    [0, 2, 4, 5, 7],
    [0, 4, 5, 7],
    [0, 5, 7],
    [0, 5, 7],
  ]) {
    changes = thinnedChanges(changes, pinned);
    assert.equal(
      changes.map(({ operation }) => operation),
      left,
    );
    for (const [index, { operation }] of changes.entries()) {
      assert.equal(shape(blocksAfter(changes.slice(0, index + 1))), expected.get(operation));
    }
  }
});

test('a long replay is thinned until it fits, and keeps what is pinned', async () => {
  const storm = Array.from({ length: CHANGES_MAX }, (_, n) => (n % 2 === 0 ? 'alloc 1 100' : 'free 1')).join(
    ', ',
  );
  const recorder = new HeapWalkRecorder(new Set([9_001]));
  await walked(storm, recorder);
  const changes = decodeChanges(recorder.finish()!);
  const size = changes.reduce((sum, { gone, come }) => sum + gone.length + come.length, 0);
  assert.ok(size <= CHANGES_MAX && size > CHANGES_MAX / 8, `${size}`);
  assert.ok(changes.some(({ operation }) => operation === 9_001));
});

const PLAIN = { noNullPrototype: true } as const;
const block = fc.record(
  {
    offset: fc.integer({ min: -HEAP_BASE, max: 2 ** 40 }),
    bytes: fc.integer({ min: 0, max: 2 ** 45 }),
    state: fc.constantFrom('allocated' as const, 'free' as const, 'metadata' as const),
    madeBy: fc.constant(0),
  },
  PLAIN,
);
const byOffset = (blocks: WalkedBlock[]) => blocks.sort((a, b) => a.offset - b.offset);
const change = fc.record(
  {
    operation: fc.integer({ min: 0, max: 2 ** 31 }),
    gone: fc
      .array(fc.integer({ min: -HEAP_BASE, max: 2 ** 40 }))
      .map((offsets) => offsets.sort((a, b) => a - b)),
    come: fc.array(block).map(byOffset),
  },
  PLAIN,
);

test('what is encoded is decoded', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      assert.equal(decodeChanges(encodeChanges(changes)), changes);
    }),
    { seed: 18, numRuns: 200 },
  );
});

test('what is no encoding is told apart, whatever it is, and takes bounded memory', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 5 }), fc.uint8Array({ maxLength: 60 }), (moments, bytes) => {
      assert.type(isDecodable({ moments, changes: Buffer.from(bytes).toString('base64') }), 'boolean');
    }),
    { seed: 18, numRuns: 300 },
  );
  const { changes } = encodeChanges([{ operation: 3, gone: [], come: [] }]);
  assert.ok(isDecodable({ moments: [3], changes }));
  assert.not.ok(isDecodable({ moments: [3, 3], changes }), 'nothing is left for a second moment');
  const bomb = Buffer.from(deflateSync(new Uint8Array(64 * 1024 * 1024).fill(255))).toString('base64');
  assert.not.ok(isDecodable({ moments: [1], changes: bomb }));
});

test('the encoding is the same on every host', () => {
  const changes: HeapChange[] = [
    { operation: 3, gone: [], come: [{ offset: 16, bytes: 4080, state: 'free', madeBy: 2 }] },
    { operation: 9, gone: [16], come: [] },
  ];
  assert.equal(encodeChanges(changes), { moments: [3, 9], changes: EXPECTED });
});

const EXPECTED = 'Y2Cc0NDQwHiwnhHCYAAA';

test('a heap that can never be walked is not tried after every operation', () => {
  const recorder = new HeapWalkRecorder(new Set());
  let walks = 0;
  const engine = {
    blockAt: () => undefined,
    walk: () => {
      walks++;
      throw new HeapCorruption(undefined, 'never');
    },
  };
  for (let eventIndex = 0; eventIndex < 4000; eventIndex++) {
    recorder.operation(
      { eventIndex, stack: { engine } } as unknown as ReplayState,
      new TraceEvent(),
      NOTHING,
    );
  }
  assert.ok(walks > 10 && walks < 200, String(walks));
  assert.is(recorder.finish(), null);
});

test.run();
