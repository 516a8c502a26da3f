import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import type {
  Block,
  BlockVisitor,
  Engine,
  EngineDefinition,
  EngineOption,
  OptionValues,
  WorstCaseBound,
} from '../../harness/replay/port';
import { blockPlacement, isBlock, NULL, type Placement } from '../../traces/trace';
import { IN_USE, NEXT, SIZE, WORDS_BYTES } from './block-words';
import { FreeList } from './free-list';
import { checkHeap, walkHeap, type HeapView } from './observers';
import { Store } from './store';

/**
 * The allocators of the textbooks, which differ only in the free block that they choose: `first`, the lowest that is
 * large enough, or `best`, the smallest.
 *
 * By itself an allocated block carries nothing and its user says how long it is when freeing it, as in Knuth's
 * Algorithms A and B and as the theory assumes. With `-o headers=yes` the two words of a free block stay in front of
 * the data, as in the storage allocator of Kernighan and Ritchie.
 */
export type Fit = 'first' | 'best';

const OPTIONS = {
  headers: {
    kind: 'choice',
    summary: 'a header of one granule before each object; without, its user has to remember the size',
    choices: ['yes', 'no'],
    byDefault: 'no',
  },
  granule: {
    kind: 'choice',
    summary: 'bytes that addresses and sizes of blocks are multiples of',
    choices: ['16', '32', '64', '128', '256'],
    byDefault: '16',
  },
} as const satisfies Record<string, EngineOption>;

/** Our choice, as in the free list. */
const STEPS = {
  allocate: { instructions: 16 },
  free: { instructions: 12 },
  reallocate: { instructions: 20 },
} as const;

export class TextbookHeap implements Engine {
  private readonly store: Store;
  private readonly list: FreeList;
  private readonly headerBytes: number;
  private readonly granuleBytes: number;
  private readonly step;

  constructor(
    private readonly machine: Machine,
    private readonly fit: Fit,
    options: OptionValues,
  ) {
    this.granuleBytes = Number(options['granule']);
    this.headerBytes = options['headers'] === 'yes' ? this.granuleBytes : 0;
    this.store = new Store(machine, this.granuleBytes);
    this.list = new FreeList(machine, this.store, this.headerBytes);
    this.step = machine.defineSteps(`textbook-${fit}-fit`, STEPS);
  }

  start(): void {
    this.store.start();
  }

  allocate(sizeBytes: number, align: number): Placement {
    const { list } = this;
    const wanted = this.blockBytes(sizeBytes);
    this.machine.work(this.step.allocate);
    const link = this.fit === 'first' ? list.searchFirst(wanted, align) : list.searchBest(wanted, align);
    const block = list.take(link, wanted, align);
    if (block === 0) {
      return NULL;
    }
    this.headerWrite(block, wanted);
    return blockPlacement(block + this.headerBytes);
  }

  free(object: Placement, sizeBytes: number): void {
    if (!isBlock(object)) {
      return;
    }
    this.machine.work(this.step.free);
    const block = object - this.headerBytes;
    this.list.insert(block, this.blockBytesOf(block, sizeBytes));
  }

  reallocate(object: Placement, sizeBytes: number, align: number, oldBytes: number): Placement {
    if (!isBlock(object)) {
      return this.allocate(sizeBytes, align);
    }
    if (sizeBytes === 0) {
      this.free(object, oldBytes);
      return NULL;
    }
    this.machine.work(this.step.reallocate);
    const isAligned = align === 0 || object % align === 0;
    if (isAligned && this.blockResize(object - this.headerBytes, oldBytes, sizeBytes)) {
      return object;
    }
    const moved = this.allocate(sizeBytes, align);
    if (moved !== NULL) {
      this.machine.copy(moved, object, Math.min(oldBytes, sizeBytes));
      this.free(object, oldBytes);
    }
    return moved;
  }

  blockAt(object: Placement, sizeBytes: number): Block | undefined {
    const { machine, headerBytes } = this;
    const start = object - headerBytes;
    const bytes = headerBytes === 0 ? this.blockBytes(sizeBytes) : machine.peek(start + SIZE);
    const isHeld = machine.ledger.holds(start, bytes);
    const isAllocated = headerBytes === 0 || machine.peek(start + NEXT) === IN_USE;
    return isHeld && isAllocated ? { start, bytes, headerBytes } : undefined;
  }

  /** Without headers nothing tells allocated blocks apart: what lies between two free ones is visited as one. */
  walk(visit: BlockVisitor): void {
    walkHeap(this.view(), visit);
  }

  check(): void {
    checkHeap(this.view());
  }

  private view(): HeapView {
    const { machine, store, list, granuleBytes, headerBytes } = this;
    const { head, freeBytes } = list;
    return { machine, end: store.peekEnd(), head, freeBytes, granuleBytes, hasHeaders: headerBytes > 0 };
  }

  /** Bytes of the block for a request; a request for nothing gets a block of its own too. */
  private blockBytes(sizeBytes: number): number {
    const needed = Math.max(sizeBytes, 1) + this.headerBytes;
    return Math.ceil(needed / this.granuleBytes) * this.granuleBytes;
  }

  /** Bytes of an allocated block: its header says so, or else the caller's request does. */
  private blockBytesOf(block: number, sizeBytes: number): number {
    const { machine } = this;
    if (this.headerBytes === 0) {
      return this.blockBytes(sizeBytes);
    }
    if (machine.load(block + NEXT) !== IN_USE) {
      throw new HeapCorruption(block, 'what is freed or resized is no allocated block');
    }
    return machine.load(block + SIZE);
  }

  /** Cuts an allocated block short or adds what lies free behind it; false where too little does. */
  private blockResize(block: number, oldBytes: number, sizeBytes: number): boolean {
    const bytes = this.blockBytesOf(block, oldBytes);
    const wanted = this.blockBytes(sizeBytes);
    if (wanted > bytes && !this.blockGrow(block + bytes, wanted - bytes)) {
      return false;
    }
    if (wanted < bytes) {
      this.list.insert(block + wanted, bytes - wanted);
    }
    if (wanted !== bytes) {
      this.headerWrite(block, wanted);
    }
    return true;
  }

  /** Takes `missing` bytes that begin at `behind`, the end of an allocated block; false where they are not free. */
  private blockGrow(behind: number, missing: number): boolean {
    const { machine, list } = this;
    const end = this.store.end();
    const link = list.linkFrom(behind);
    const next = machine.load(link);
    const freeBytes = next === behind ? machine.load(next + SIZE) : 0;
    const touchesBreak = behind + freeBytes === end;
    return (freeBytes >= missing || touchesBreak) && list.take(link, missing, 0) !== 0;
  }

  private headerWrite(block: number, bytes: number): void {
    if (this.headerBytes > 0) {
      this.machine.store(block + SIZE, bytes);
      this.machine.store(block + NEXT, IN_USE);
    }
  }
}

/** What the definitions of both allocators say alike. */
export const TEXTBOOK = {
  lineage:
    'D. E. Knuth, The Art of Computer Programming 1, 2.5, Algorithms A and B (1968); with headers: ' +
    'B. W. Kernighan and D. M. Ritchie, The C Programming Language, 8.7, without its roving pointer',
  constants: {
    headerBytes: 0,
    granuleBytes: WORDS_BYTES,
    blockBytesMin: WORDS_BYTES,
    requestBytesMax: undefined,
  },
  options: OPTIONS,
  capabilities: ['reallocate'],
  quirks: [],
  placementsForm: 'xen',
  isAllInMemory: true,
} as const satisfies Partial<EngineDefinition>;

/** Both visit the free blocks below the one that is freed. */
export const TEXTBOOK_FREE_BOUND: WorstCaseBound = {
  verb: 'free',
  unit: 'accesses',
  most: undefined,
  statement: 'unbounded: every free block below the freed one is visited',
  source: 'Knuth, 2.5, Algorithm B',
};
