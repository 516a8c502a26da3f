import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { HeapCorruption } from '../../../harness/machine/failures';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import { Oracle } from '../../../harness/replay/oracle';
import { VIRTUAL_BASE, type Placement } from '../../../traces/trace';

const SEED = 20081121;
const HEAP_PAGES = 4;
const VIRTUAL_PAGES = 40;

function oracleWith(alignBytesMax?: number, granuleBytes = 16) {
  const machine = new Machine({ heapPages: HEAP_PAGES, virtualPages: VIRTUAL_PAGES });
  machine.openLedger(PAGE_BYTES).take(HEAP_BASE, HEAP_PAGES * PAGE_BYTES);
  machine.boot();
  const constants = { headerBytes: 0, granuleBytes, blockBytesMin: 16, requestBytesMax: undefined };
  const oracle = new Oracle(
    machine,
    alignBytesMax === undefined ? constants : { ...constants, alignBytesMax },
  );
  return { machine, oracle };
}

const at = (offset: number) => (HEAP_BASE + offset) as Placement;
const virtual = (page: number) => (VIRTUAL_BASE + page * PAGE_BYTES) as Placement;
const corrupt = (problem: RegExp) => (error: unknown) =>
  error instanceof HeapCorruption && problem.test(error.message);

interface Block {
  readonly start: number;
  readonly end: number;
}

/** Blocks in granules, placed or released at random, judged by comparing each with each. */
function agreesWithIntervals(
  granules: number,
  place: (oracle: Oracle, block: Block) => void,
  release: typeof place,
) {
  const move = fc.record({ start: fc.nat(granules - 1), length: fc.integer({ min: 1, max: granules }) });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 80, size: 'max' }), (moves) => {
      const { oracle } = oracleWith();
      let live: Block[] = [];
      for (const { start, length } of moves) {
        const block = { start, end: Math.min(start + length, granules) };
        const known = live.find((each) => each.start === block.start);
        if (known !== undefined) {
          release(oracle, known);
          live = live.filter((each) => each !== known);
          continue;
        }
        if (live.some((each) => each.start < block.end && block.start < each.end)) {
          assert.throws(() => place(oracle, block), corrupt(/over a live one/));
          // What it saw is broken from here on: the replay ends with the first objection.
          return;
        }
        place(oracle, block);
        live.push(block);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
}

const overlap = suite('blocks over live ones');

overlap('are found in the heap wherever they touch', () => {
  agreesWithIntervals(
    100,
    (oracle, { start, end }) => oracle.placed(at(start * 16), (end - start) * 16, 0),
    (oracle, { start, end }) => oracle.released(at(start * 16), (end - start) * 16),
  );
});

overlap('are found in the virtual area too', () => {
  agreesWithIntervals(
    VIRTUAL_PAGES,
    (oracle, { start, end }) => oracle.placed(virtual(start), (end - start) * PAGE_BYTES, 0),
    (oracle, { start, end }) => oracle.released(virtual(start), (end - start) * PAGE_BYTES),
  );
});

overlap('are found when they share no more than one granule', () => {
  for (const [bytes, offset] of [
    [17, 16],
    [16, 15],
    [1, 0],
    [4096, 4080],
  ] as const) {
    const { oracle } = oracleWith();
    oracle.placed(at(256), bytes, 0);
    assert.throws(() => oracle.placed(at(256 + offset), 1, 0), corrupt(/over a live one/), `${bytes}`);
  }
});

overlap('are none where one object ends and the next begins', () => {
  const { oracle } = oracleWith();
  oracle.placed(at(0), 15, 0);
  oracle.placed(at(16), 16, 0);
  oracle.placed(at(32), 1, 0);
  oracle.placed(virtual(0), 1, 0);
  oracle.placed(virtual(1), PAGE_BYTES, 0);
});

overlap('cannot be made by objects of no bytes', () => {
  const { oracle } = oracleWith();
  oracle.placed(at(64), 0, 0);
  oracle.placed(at(64), 16, 0);
  oracle.placed(at(64), 0, 0);
  oracle.released(at(64), 0);
  assert.throws(() => oracle.placed(at(64), 1, 0), corrupt(/over a live one/));
});

overlap.run();

const alignment = suite('alignment');

alignment('is held to what was asked, as far as the engine honours it', () => {
  const { oracle } = oracleWith(64);
  oracle.placed(at(64), 1, 64);
  oracle.placed(at(192), 1, 4096);
  oracle.placed(at(16), 1, 0);
  oracle.placed(at(33), 1, 1);
  assert.throws(() => oracle.placed(at(96), 1, 64), corrupt(/not aligned to 64/));
  assert.throws(() => oracle.placed(at(160), 1, 4096), corrupt(/not aligned to 64/));
});

alignment('counts in the virtual area as well', () => {
  const { oracle } = oracleWith();
  oracle.placed(virtual(2), 1, 8192);
  assert.throws(() => oracle.placed(virtual(3), 1, 8192), corrupt(/not aligned to 8192/));
});

alignment.run();

const outside = suite('outside the memory that is held');

outside('lies a block of which one byte is not held', () => {
  const { machine, oracle } = oracleWith();
  machine.ledger.give(at(PAGE_BYTES), PAGE_BYTES);
  oracle.placed(at(0), PAGE_BYTES, 0);
  for (const [offset, bytes] of [
    [PAGE_BYTES - 16, 17],
    [PAGE_BYTES, 1],
    [PAGE_BYTES + 16, 0],
    [-16, 0],
    [HEAP_PAGES * PAGE_BYTES + 16, 0],
    [HEAP_PAGES * PAGE_BYTES, 1],
    [HEAP_PAGES * PAGE_BYTES - 16, 17],
    [-16, 16],
    [2 * PAGE_BYTES, 2 ** 40],
  ] as const) {
    assert.throws(
      () => oracle.placed(at(offset), bytes, 0),
      corrupt(/outside the memory/),
      `${offset} ${bytes}`,
    );
  }
});

outside('lies no block of 0 bytes that ends what is held', () => {
  const { machine, oracle } = oracleWith();
  machine.ledger.give(at(PAGE_BYTES), PAGE_BYTES);
  for (const offset of [PAGE_BYTES, HEAP_PAGES * PAGE_BYTES]) {
    oracle.placed(at(offset), 0, 0);
    oracle.released(at(offset), 0);
  }
});

outside('lies a virtual block beyond the virtual area', () => {
  const { oracle } = oracleWith();
  oracle.placed(virtual(VIRTUAL_PAGES - 1), PAGE_BYTES, 0);
  for (const [page, bytes] of [
    [VIRTUAL_PAGES, 1],
    [VIRTUAL_PAGES - 2, 3 * PAGE_BYTES],
    [2 ** 30, 1],
  ] as const) {
    assert.throws(() => oracle.placed(virtual(page), bytes, 0), corrupt(/outside/), `${page}`);
  }
});

outside.run();
