import type { TextTable } from '../../traces/trace';
import { KIND_COUNT, STORE } from '../machine/access-stream';
import type { Machine } from '../machine/machine';
import { HEAP_BASE, type Region } from '../machine/memory-layout';
import type { Provenance, WriterGroup } from './explanation';
import type { HeapBlocks } from './heap-blocks';
import type { History } from './history';
import { RunningCycles, totalCost, type CauseCosts } from './piecewise-pricing';
import type { WordWriters } from './word-writers';

/**
 * Which earlier operations left the state that one found, by what it reads: a word of the engine's own tables was left
 * so by the operation that wrote it last, and any word of a block by the operation that made the block what it is.
 *
 * A block in use was made by the operation that placed its object. A free block was made by the one that freed the
 * last object in it or, if that came later, by the one that wrote its first words: a split leaves the rest of a block
 * behind. Links in a free block change hands with every neighbour on its list and tell nothing of where it comes from.
 */

const GROUPS_LISTED_MAX = 12;
const KIND_MASK = KIND_COUNT - 1;
/** Words at the front of a block that are written when it comes into being. */
const FIRST_WORDS = 4;

/** The group of what is nobody else's doing: instructions, writes, and reads of what the operation itself wrote. */
export const OWN = -1;

/** Places besides the machine's control regions, which follow them. */
const PLACES = ['free blocks', 'blocks in use', 'metadata', 'pages not held'] as const;
const FREE_BLOCKS = 0;
const BLOCKS_IN_USE = 1;
const METADATA = 2;
const NOT_HELD = 3;
/** More kinds of writers than there can be; the start of the engine is none of them. */
const KINDS = 1 << 18;
const START = KINDS - 1;

interface Maker {
  readonly operation: number;
  readonly kind: number;
}

/** What nobody has made: as the engine's start left it. */
const AT_START: Maker = { operation: -1, kind: START };

interface GroupRecord {
  reads: number;
  cost: number;
  firstOperation: number;
  lastOperation: number;
}

/** Follows the accesses of one operation. */
export class ProvenanceRecorder {
  private readonly groups = new Map<number, GroupRecord>();
  private ownCost = 0;
  private readonly regions: readonly Region[];
  private readonly heapEnd: number;
  private readonly makers = new Map<number, Maker>();
  private readonly lastPlaced: LatestByBlock;
  private readonly lastFreed: LatestByBlock;

  /** @param blocks the heap before the operation */
  constructor(
    machine: Machine,
    private readonly history: History,
    private readonly blocks: HeapBlocks,
  ) {
    this.regions = machine.layout.list();
    this.heapEnd = HEAP_BASE + machine.layout.heapBytes;
    this.lastPlaced = new LatestByBlock(history.placed, blocks);
    this.lastFreed = new LatestByBlock(history.freed, blocks);
  }

  /** Notes an access and returns the group that it belongs to. */
  access(entry: number): number {
    const { history } = this;
    const word = entry >>> 2;
    if ((entry & KIND_MASK) >= STORE) {
      history.noteWrite(word);
      return OWN;
    }
    const writer = this.writerOf(word);
    if (writer.operation === history.operation) {
      return OWN;
    }
    const { place, maker } = this.placeOf(word * 4, writer);
    const group = place * KINDS + maker.kind;
    const record = this.record(group);
    record.reads++;
    record.firstOperation = Math.min(record.firstOperation, maker.operation);
    record.lastOperation = Math.max(record.lastOperation, maker.operation);
    return group;
  }

  /** Puts what accesses cost down to their group. */
  addCosts(group: number, costs: CauseCosts): void {
    const cost = totalCost(costs);
    if (group === OWN) {
      this.ownCost += cost;
    } else {
      this.record(group).cost += cost;
    }
  }

  finish(texts: TextTable): Provenance {
    const sorted = [...this.groups].sort(
      ([, a], [, b]) => b.cost - a.cost || b.reads - a.reads || a.firstOperation - b.firstOperation,
    );
    const running = new RunningCycles();
    const groups = sorted
      .slice(0, GROUPS_LISTED_MAX)
      .map(([group, record]) => this.writerGroup(group, record, running.add(record.cost), texts));
    const others = sorted.slice(GROUPS_LISTED_MAX).reduce((sum, [, { cost }]) => sum + cost, 0);
    return { groups, otherCycles: running.add(others), ownCycles: running.add(this.ownCost) };
  }

  private placeOf(address: number, writer: Maker): { place: number; maker: Maker } {
    if (address >= this.heapEnd) {
      const region = this.regions.findIndex((each) => address < each.address + each.bytes);
      return { place: PLACES.length + region, maker: writer };
    }
    const index = this.blocks.indexAt(address);
    if (index < 0) {
      return { place: NOT_HELD, maker: writer };
    }
    const { state } = this.blocks.block(index);
    if (state === 'metadata') {
      return { place: METADATA, maker: writer };
    }
    return { place: state === 'free' ? FREE_BLOCKS : BLOCKS_IN_USE, maker: this.makerOf(index) };
  }

  private makerOf(index: number): Maker {
    let maker = this.makers.get(index);
    if (maker === undefined) {
      const { start, state } = this.blocks.block(index);
      const written = this.firstWriterOf(start);
      const latest = (state === 'free' ? this.lastFreed : this.lastPlaced).of(index);
      maker =
        latest === undefined || (state === 'free' && written.operation > latest.operation) ? written : latest;
      this.makers.set(index, maker);
    }
    return maker;
  }

  /** The earliest among the last writers of a block's first words. */
  private firstWriterOf(start: number): Maker {
    const writers = Array.from({ length: FIRST_WORDS }, (_, word) => this.writerOf(start / 4 + word));
    return writers
      .filter((writer) => writer !== AT_START)
      .reduce((a, b) => (a === AT_START || b.operation < a.operation ? b : a), AT_START);
  }

  private writerOf(word: number): Maker {
    const { writers } = this.history;
    const found = writers.find(word);
    return found < 0 ? AT_START : { operation: writers.operationAt(found), kind: writers.kindAt(found) };
  }

  private record(group: number): GroupRecord {
    let record = this.groups.get(group);
    if (record === undefined) {
      record = { reads: 0, cost: 0, firstOperation: Infinity, lastOperation: -1 };
      this.groups.set(group, record);
    }
    return record;
  }

  private writerGroup(group: number, record: GroupRecord, cycles: number, texts: TextTable): WriterGroup {
    const { reads, firstOperation, lastOperation } = record;
    const place = Math.floor(group / KINDS);
    const where = PLACES[place] ?? this.regions[place - PLACES.length]?.name ?? 'unmapped';
    const kind = group % KINDS;
    return kind === START
      ? { where, by: null, reads, cycles, firstOperation: null, lastOperation: null }
      : { where, by: this.history.kinds.describe(kind, texts), reads, cycles, firstOperation, lastOperation };
  }
}

/** The latest of the operations noted at addresses within each block. */
class LatestByBlock {
  private readonly operations: Float64Array;
  private readonly kinds: Uint32Array;

  constructor(noted: WordWriters, blocks: HeapBlocks) {
    this.operations = new Float64Array(blocks.count).fill(-1);
    this.kinds = new Uint32Array(blocks.count);
    noted.forEach((word, operation, kind) => {
      const index = blocks.indexAt(word * 4);
      if (index >= 0 && operation > this.operations[index]!) {
        this.operations[index] = operation;
        this.kinds[index] = kind;
      }
    });
  }

  of(index: number): Maker | undefined {
    const operation = this.operations[index]!;
    return operation < 0 ? undefined : { operation, kind: this.kinds[index]! };
  }
}
