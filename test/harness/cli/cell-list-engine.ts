/**
 * The source of an engine module as a user would write one: cells of 256 bytes on one free list. The tests change a
 * line of it and expect the comparison to notice.
 */
export const CELL_LIST_ENGINE = `'use strict';
const { blockPlacement, HEAP_BASE, HeapCorruption, NULL } = require('alloc-replay');

const CELL = 256;
const HEAP = 64 * 4096;

class CellList {
  constructor(machine) {
    this.machine = machine;
    this.ledger = machine.openLedger(4096);
    this.head = machine.reserve('head of the free list', 8);
    this.step = machine.defineSteps('cell-list', {
      take: { instructions: 4 },
      put: { instructions: 5 },
      seek: { instructions: 2, event: 'searchSteps' },
    });
  }
  start() {
    this.ledger.take(HEAP_BASE, HEAP);
    this.machine.poke(this.head, HEAP_BASE);
    for (let cell = HEAP_BASE; cell < HEAP_BASE + HEAP; cell += CELL) {
      this.machine.poke(cell, cell + CELL < HEAP_BASE + HEAP ? cell + CELL : 0);
    }
  }
  allocate(sizeBytes) {
    const cell = sizeBytes > CELL ? 0 : this.machine.load(this.head);
    this.machine.work(this.step.take);
    if (cell === 0) return NULL;
    this.machine.store(this.head, this.machine.chase(cell));
    return blockPlacement(cell);
  }
  free(cell) {
    this.machine.work(this.step.put);
    this.pushAtHead(cell);
  }
  pushAtHead(cell) {
    this.machine.store(cell, this.machine.load(this.head));
    this.machine.store(this.head, cell);
  }
  pushAtTail(cell) {
    let link = this.head;
    for (let next = this.machine.load(link); next !== 0; next = this.machine.chase(link)) {
      this.machine.work(this.step.seek);
      link = next;
    }
    this.machine.store(cell, 0);
    this.machine.store(link, cell);
  }
  blockAt(object) {
    return { start: object, bytes: CELL, headerBytes: 0 };
  }
  walk(visit) {
    const free = new Set();
    for (let cell = this.machine.peek(this.head); cell !== 0; cell = this.machine.peek(cell)) free.add(cell);
    for (let cell = HEAP_BASE; cell < HEAP_BASE + HEAP; cell += CELL) {
      visit(cell, CELL, free.has(cell) ? 'free' : 'allocated');
    }
  }
  check() {}
}

exports.engine = {
  name: 'cell-list',
  version: 1,
  summary: 'cells of 256 bytes on one list',
  lineage: 'none: for tests',
  constants: { headerBytes: 0, granuleBytes: CELL, blockBytesMin: CELL, requestBytesMax: CELL },
  options: {},
  capabilities: [],
  bounds: [],
  quirks: [],
  placementsForm: 'xen',
  create: (machine) => new CellList(machine),
};
`;

/** The deliberate change: freed cells are reused last instead of first. */
export const PUSHED_AT_TAIL = CELL_LIST_ENGINE.replace('this.pushAtHead(cell)', 'this.pushAtTail(cell)');

/** The same placements for more cycles. */
export const SLOWER = CELL_LIST_ENGINE.replace('put: { instructions: 5 }', 'put: { instructions: 500 }');

/** The same placements for fewer cycles. */
export const FASTER = CELL_LIST_ENGINE.replace('put: { instructions: 5 }', 'put: { instructions: 1 }');

/** Runs over its own heap in the first free. */
export const BROKEN = CELL_LIST_ENGINE.replace(
  'this.pushAtHead(cell)',
  "throw new HeapCorruption(cell, 'broken | on purpose')",
);

/** The same engine called another version. */
export const NEXT_VERSION = CELL_LIST_ENGINE.replace('version: 1', 'version: 2');
