import type { Machine } from '../../harness/machine/machine';
import { classOf, countClassScans, SECOND_LEVEL_SHIFT, SECOND_LEVELS } from './tlsf-classes';
import { FIRST_LEVEL_MAP, LIST_HEADS, LIST_NEXT, LIST_PREVIOUS, SECOND_LEVEL_MAPS } from './tlsf-layout';

/**
 * The segregated lists of a TLSF pool and the two levels of bitmaps that say which of them hold a block. They lie in
 * the pool object, whose address every verb is given. Xen sets and clears the bits with locked instructions.
 */

/** Instructions of the compiled reference (gcc 12 -O2), solved from the callgrind totals per operation. */
const STEPS = {
  search: { instructions: 23 },
  searchHigher: { instructions: 12, event: 'searchSteps' },
  pop: { instructions: 18 },
  push: { instructions: 30 },
  remove: { instructions: 22 },
} as const;

export class TlsfLists {
  private readonly step;

  constructor(private readonly machine: Machine) {
    this.step = machine.defineSteps('tlsf-lists', STEPS);
  }

  /** The lowest list with a block that serves `wanted` bytes, which `requested` was rounded to; −1 where none has. */
  find(pool: number, requested: number, wanted: number): number {
    const { machine, step } = this;
    countClassScans(machine, requested);
    countClassScans(machine, wanted);
    machine.work(step.search);
    const list = classOf(wanted);
    const level = list >>> SECOND_LEVEL_SHIFT;
    const fitting = machine.load(secondLevelMap(pool, level)) & (-1 << (list & (SECOND_LEVELS - 1)));
    if (fitting !== 0) {
      machine.bitScan();
      return level * SECOND_LEVELS + lowestBit(fitting);
    }
    machine.work(step.searchHigher);
    const higher = machine.load(pool + FIRST_LEVEL_MAP) & (-2 << level);
    if (higher === 0) {
      return -1;
    }
    machine.bitScan();
    machine.bitScan();
    const found = lowestBit(higher);
    return found * SECOND_LEVELS + lowestBit(machine.chase(secondLevelMap(pool, found)));
  }

  /** Takes the first block off a list. */
  pop(pool: number, list: number): number {
    const { machine } = this;
    const head = listHead(pool, list);
    const block = machine.chase(head);
    const next = machine.chase(block + LIST_NEXT);
    machine.store(head, next);
    if (next !== 0) {
      machine.store(next + LIST_PREVIOUS, 0);
    } else {
      this.markEmpty(pool, list);
    }
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, 0);
    machine.work(this.step.pop);
    return block;
  }

  /** Puts a block of that payload at the head of its list; both bits are set whether they were set or not. */
  push(pool: number, block: number, payloadBytes: number): void {
    const { machine } = this;
    countClassScans(machine, payloadBytes);
    const list = classOf(payloadBytes);
    const head = listHead(pool, list);
    const first = machine.load(head);
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, first);
    if (first !== 0) {
      machine.store(first + LIST_PREVIOUS, block);
    }
    machine.store(head, block);
    const level = list >>> SECOND_LEVEL_SHIFT;
    const map = secondLevelMap(pool, level);
    machine.update(map, machine.peek(map) | (1 << (list & (SECOND_LEVELS - 1))));
    machine.update(pool + FIRST_LEVEL_MAP, machine.peek(pool + FIRST_LEVEL_MAP) | (1 << level));
    machine.work(this.step.push);
  }

  /** Takes a block of that payload out of wherever it stands in its list. */
  remove(pool: number, block: number, payloadBytes: number): void {
    const { machine } = this;
    const next = machine.load(block + LIST_NEXT);
    const previous = machine.load(block + LIST_PREVIOUS);
    if (next !== 0) {
      machine.store(next + LIST_PREVIOUS, previous);
    }
    if (previous !== 0) {
      machine.store(previous + LIST_NEXT, next);
    }
    countClassScans(machine, payloadBytes);
    const list = classOf(payloadBytes);
    const head = listHead(pool, list);
    if (machine.load(head) === block) {
      machine.store(head, next);
      if (next === 0) {
        this.markEmpty(pool, list);
      }
    }
    machine.store(block + LIST_PREVIOUS, 0);
    machine.store(block + LIST_NEXT, 0);
    machine.work(this.step.remove);
  }

  private markEmpty(pool: number, list: number): void {
    const { machine } = this;
    const level = list >>> SECOND_LEVEL_SHIFT;
    const map = secondLevelMap(pool, level);
    machine.update(map, machine.peek(map) & ~(1 << (list & (SECOND_LEVELS - 1))));
    if (machine.load(map) === 0) {
      machine.update(pool + FIRST_LEVEL_MAP, machine.peek(pool + FIRST_LEVEL_MAP) & ~(1 << level));
    }
  }
}

export function secondLevelMap(pool: number, level: number): number {
  return pool + SECOND_LEVEL_MAPS + 4 * level;
}

export function listHead(pool: number, list: number): number {
  return pool + LIST_HEADS + 8 * list;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
