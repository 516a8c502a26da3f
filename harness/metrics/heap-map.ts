import * as v from 'valibot';
import type { Machine } from '../machine/machine';
import { HEAP_BASE, PAGE_BYTES } from '../machine/memory-layout';
import { FREE, VISIT_NUMBERS } from '../replay/port';
import { counts, positive, text, type Shape } from './schema';

export const HEAP_MAP_ROWS_MAX = 256;

/**
 * How full which part of the heap was at which moment. Only what was ever held has a row, so the picture is not
 * mostly empty; rows cover a chunk of 2^k pages, with k the smallest that keeps them few enough.
 */
export const heapMap = v.pipe(
  v.strictObject({
    chunkBytes: positive,
    /** Heap offsets of the chunks that were ever held, ascending: one row of the map each. */
    chunkOffsets: v.pipe(counts, v.maxLength(HEAP_MAP_ROWS_MAX, `at most ${HEAP_MAP_ROWS_MAX} rows`)),
    /**
     * One text a moment, one letter a chunk: `.` not held, `0` held and empty, … `9` full: floor(9 × used / held),
     * where metadata counts as used.
     */
    columns: v.array(v.pipe(text, v.regex(/^[.0-9]*$/, 'letters from . to 9'))),
  }),
  v.check(
    ({ chunkOffsets, columns }) => columns.every(({ length }) => length === chunkOffsets.length),
    'columns of one letter a row',
  ),
);
export type HeapMap = Shape<typeof heapMap>;

interface ChunkUse {
  used: number;
  readonly held: number;
}

/** Used and held bytes by chunk number. */
type Chunks = Map<number, ChunkUse>;

/** One moment of the map while a walk over the heap fills it. */
export class HeapMapColumn {
  readonly chunks: Chunks = new Map();
  /** As small as the map can have them, as far as this moment goes: so much memory in so few rows. */
  readonly chunkBytes: number;
  /** The chunk of the last block: blocks come nearly in the order of their addresses, so most lie in that. */
  private start = 0;
  private end = 0;
  private entry: ChunkUse | undefined;

  constructor(machine: Machine) {
    let chunkBytes = PAGE_BYTES;
    while (chunkBytes * HEAP_MAP_ROWS_MAX < machine.ledger.heldBytes) {
      chunkBytes *= 2;
    }
    this.chunkBytes = chunkBytes;
    machine.ledger.runs(({ address, bytes }) => {
      const end = address - HEAP_BASE + bytes;
      for (let at = address - HEAP_BASE; at < end;) {
        const chunk = Math.floor(at / chunkBytes);
        const next = Math.min((chunk + 1) * chunkBytes, end);
        const held = (this.chunks.get(chunk)?.held ?? 0) + next - at;
        this.chunks.set(chunk, { used: 0, held });
        at = next;
      }
    });
  }

  blocks(rows: Float64Array, count: number): void {
    let { start, end } = this;
    let used = 0;
    for (let at = 0; at < count * VISIT_NUMBERS; at += VISIT_NUMBERS) {
      if (rows[at + 2] === FREE) {
        continue;
      }
      const offset = rows[at]! - HEAP_BASE;
      const bytes = rows[at + 1]!;
      if (offset >= start && offset + bytes <= end) {
        used += bytes;
      } else {
        this.use(used);
        this.useThrough(offset, offset + bytes);
        used = 0;
        ({ start, end } = this);
      }
    }
    this.use(used);
  }

  /** Of the chunk of the last block. */
  private use(bytes: number): void {
    if (this.entry !== undefined) {
      this.entry.used += bytes;
    }
  }

  private useThrough(from: number, until: number): void {
    for (let at = from; at < until;) {
      if (at < this.start || at >= this.end) {
        this.comeTo(at);
      }
      const next = Math.min(this.end, until);
      this.use(next - at);
      at = next;
    }
  }

  private comeTo(at: number): void {
    const chunk = Math.floor(at / this.chunkBytes);
    this.start = chunk * this.chunkBytes;
    this.end = this.start + this.chunkBytes;
    this.entry = this.chunks.get(chunk);
  }
}

export class HeapMapRecorder {
  private chunkBytes = PAGE_BYTES;
  private columns: Chunks[] = [];
  private readonly everHeld = new Set<number>();

  add(column: HeapMapColumn): void {
    while (this.chunkBytes < column.chunkBytes) {
      this.doubleChunks();
    }
    let { chunks } = column;
    for (let { chunkBytes } = column; chunkBytes < this.chunkBytes; chunkBytes *= 2) {
      chunks = pairedChunks(chunks);
    }
    this.columns.push(chunks);
    for (const chunk of chunks.keys()) {
      this.everHeld.add(chunk);
    }
    while (this.everHeld.size > HEAP_MAP_ROWS_MAX) {
      this.doubleChunks();
    }
  }

  finish(): HeapMap {
    const rows = [...this.everHeld].sort((a, b) => a - b);
    return {
      chunkBytes: this.chunkBytes,
      chunkOffsets: rows.map((chunk) => chunk * this.chunkBytes),
      columns: this.columns.map((chunks) => rows.map((chunk) => letterOf(chunks, chunk)).join('')),
    };
  }

  private doubleChunks(): void {
    this.chunkBytes *= 2;
    this.columns = this.columns.map(pairedChunks);
    const chunks = [...this.everHeld];
    this.everHeld.clear();
    for (const chunk of chunks) {
      this.everHeld.add(Math.floor(chunk / 2));
    }
  }
}

function pairedChunks(chunks: Chunks): Chunks {
  const paired: Chunks = new Map();
  for (const [chunk, { used, held }] of chunks) {
    const pair = Math.floor(chunk / 2);
    const other = paired.get(pair) ?? { used: 0, held: 0 };
    paired.set(pair, { used: other.used + used, held: other.held + held });
  }
  return paired;
}

function letterOf(chunks: Chunks, chunk: number): string {
  const entry = chunks.get(chunk);
  return entry === undefined ? '.' : String(Math.floor((9 * entry.used) / entry.held));
}
