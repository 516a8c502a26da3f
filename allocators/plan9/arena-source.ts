import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import { HeapCorruption } from '../../harness/machine/failures';
import type { Ledger } from '../../harness/machine/ledger';
import type { PoolContext } from './context';
import { roundDown, roundUp } from './layout';

/** sbrk rounds the break up to this; so does the ledger's granule. */
const CHUNK_ALIGN_BYTES = 8;

/**
 * Where a pool gets its arenas from: chunks of the machine's heap, lowest first like sbrk (or highest first, to try
 * the pool's merging), each behind two words of bookkeeping. What it took it never gives back.
 *
 * `sbrk` is the C library's: the exact bytes asked for. `xalloc` is the kernel's: zeroed, and eight bytes of slack
 * between arenas. The break and the total lie in a control region.
 */
export interface SourceSettings {
  readonly kind: 'sbrk' | 'xalloc';
  /** Bytes left unused after every chunk, so that neighbours never touch. */
  readonly gapBytes: number;
  readonly descending: boolean;
  /** The source runs dry when its chunks would exceed this many bytes; 0 leaves it to the heap's end. */
  readonly limitBytes: number;
}

/** The second word of a chunk's bookkeeping: 0xDEADBEEF, and "HOLE". */
const CHUNK_MAGIC = { sbrk: 0xdead_beef, xalloc: 0x484f_4c45 } as const;
const XALLOC_SLACK_BYTES = 8;

export class ArenaSource {
  /** Bytes of the control region. */
  static readonly STATE_BYTES = 16;

  private readonly breakAt: number;
  private readonly takenAt: number;
  private readonly ledger: Ledger;

  constructor(
    private readonly context: PoolContext,
    private readonly settings: SourceSettings,
    stateAddress: number,
  ) {
    this.breakAt = stateAddress;
    this.takenAt = stateAddress + 8;
    this.ledger = context.machine.openLedger(CHUNK_ALIGN_BYTES);
  }

  start(): void {
    this.context.machine.store64(
      this.breakAt,
      this.settings.descending ? this.context.words.heapEnd : HEAP_BASE,
    );
    this.context.machine.store64(this.takenAt, 0);
  }

  /** Address of `bytes` bytes for an arena, or 0. */
  take(bytes: number): number {
    const { machine, words, layout, steps } = this.context;
    const chunkBytes = this.chunkBytes(bytes);
    const taken = machine.load64(this.takenAt) + chunkBytes;
    const chunk = this.place(chunkBytes);
    const { limitBytes } = this.settings;
    this.context.work(steps.sourceCall);
    if (chunk === 0 || (limitBytes > 0 && taken > limitBytes)) {
      this.context.listener?.sourced?.(0, bytes);
      return 0;
    }
    this.advance(chunk, chunkBytes);
    machine.store64(this.takenAt, taken);
    this.ledger.take(chunk, chunkBytes);
    this.context.work(steps.sourcePage, Math.ceil(chunkBytes / PAGE_BYTES));
    if (this.settings.kind === 'xalloc') {
      words.clear(chunk, chunkBytes);
    }
    words.store(chunk, chunkBytes);
    words.store(chunk + layout.wordBytes, CHUNK_MAGIC[this.settings.kind]);
    const address = chunk + 2 * layout.wordBytes;
    this.context.listener?.sourced?.(address, bytes);
    return address;
  }

  /** The merge callback: joins two chunks in the source's own books when they touch. */
  merge(lower: number, upper: number): boolean {
    const { words, layout, steps } = this.context;
    const bookkeepingBytes = 2 * layout.wordBytes;
    const [lowerChunk, upperChunk] = [lower - bookkeepingBytes, upper - bookkeepingBytes];
    words.load(lowerChunk + layout.wordBytes);
    const lowerBytes = words.load(lowerChunk);
    const merged = lowerChunk + lowerBytes === upperChunk;
    if (merged) {
      words.store(lowerChunk, lowerBytes + words.load(upperChunk));
    }
    this.context.work(steps.sourceMerge);
    this.context.listener?.asked?.(lower, upper, merged);
    return merged;
  }

  /** Whether the books agree with the arenas and with the machine's ledger; uncharged. Throws `HeapCorruption`. */
  check(arenas: readonly number[]): void {
    const { machine, words, layout } = this.context;
    for (const arena of arenas) {
      const chunk = arena - 2 * layout.wordBytes;
      const bytes = this.chunkBytes(words.peek(arena + layout.arenaSize));
      const magic = words.peek(chunk + layout.wordBytes);
      if (words.peek(chunk) !== bytes || magic !== CHUNK_MAGIC[this.settings.kind]) {
        throw new HeapCorruption(chunk, 'the arena source no longer knows the chunk of an arena');
      }
    }
    let lowest = this.settings.descending ? this.context.words.heapEnd : HEAP_BASE;
    let highest = HEAP_BASE;
    this.ledger.runs(({ address, bytes }) => {
      lowest = Math.min(lowest, address);
      highest = address + bytes;
    });
    const gapBytes = this.ledger.heldBytes === 0 ? 0 : this.settings.gapBytes;
    const expected = this.settings.descending ? lowest - gapBytes : highest + gapBytes;
    if (machine.peek64(this.breakAt) !== expected || machine.peek64(this.takenAt) !== this.ledger.heldBytes) {
      throw new HeapCorruption(this.breakAt, 'the arena source has lost its break');
    }
  }

  private chunkBytes(bytes: number): number {
    const withBookkeeping = bytes + 2 * this.context.layout.wordBytes;
    return this.settings.kind === 'sbrk'
      ? roundUp(withBookkeeping, CHUNK_ALIGN_BYTES)
      : roundDown(withBookkeeping + XALLOC_SLACK_BYTES, CHUNK_ALIGN_BYTES);
  }

  /** Where the next chunk would lie, or 0 where the heap has no room for it. */
  private place(chunkBytes: number): number {
    const end = this.context.machine.load64(this.breakAt);
    if (this.settings.descending) {
      const chunk = roundDown(end - chunkBytes, CHUNK_ALIGN_BYTES);
      return chunk >= HEAP_BASE ? chunk : 0;
    }
    const chunk = roundUp(end, CHUNK_ALIGN_BYTES);
    return chunk + chunkBytes <= this.context.words.heapEnd ? chunk : 0;
  }

  private advance(chunk: number, chunkBytes: number): void {
    const { gapBytes, descending } = this.settings;
    this.context.machine.store64(this.breakAt, descending ? chunk - gapBytes : chunk + chunkBytes + gapBytes);
  }
}
