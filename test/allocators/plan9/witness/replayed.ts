import { Pool } from './pool';
import { BASE, Stop } from './region';
import { LAYOUTS, type Settings } from './layout';
import type { VectorOperation } from './vectors';

/** Plays a canonical trace on the witness: lines as a replay writes them, up to where the process ends. */

interface Held {
  pointer: bigint;
  /** Where the data of the block begins. */
  data: bigint;
}

/** A null pointer that a realloc to nothing left, which may be resized; a failed allocation is left alone. */
type State = Held | 'nothing' | 'failed';

export class Replayed {
  readonly lines = ['index,op,id,offset'];
  private readonly held = new Map<number, State>();
  private readonly pool: Pool;
  /** Bytes of the tags before an object, where the program calls malloc(2) and not the pool. */
  private readonly tagBytes: bigint;
  private readonly clears: boolean;

  constructor(settings: Settings, shim: 'none' | 'malloc') {
    this.tagBytes = shim === 'malloc' ? BigInt(2 * LAYOUTS[settings.layout]!.U) : 0n;
    this.clears = shim === 'malloc' && settings.preset !== 'sbrkmem';
    this.pool = new Pool(settings, { event: () => {}, moved: (from, to) => this.moved(from, to) });
  }

  /** False where the process ended. */
  play(operations: Iterable<VectorOperation>): boolean {
    for (const operation of operations) {
      this.pool.region.accesses = 0;
      try {
        const offset = this.perform(operation);
        this.lines.push([this.lines.length - 1, operation.op, operation.id, offset].join());
      } catch (error) {
        if (!(error instanceof Stop)) {
          throw error;
        }
        return false;
      }
    }
    return true;
  }

  private perform({ op, id, size, align, offset, span }: VectorOperation): bigint {
    const { pool, tagBytes } = this;
    const bytes = BigInt(size);
    if (op === 'compact') {
      pool.compact();
      return -1n;
    }
    if (op === 'alloc') {
      return this.settled(id, pool.alloc(this.tagged(bytes)), bytes);
    }
    if (op === 'alignedalloc') {
      const aligned = pool.allocAligned(
        bytes + tagBytes,
        BigInt(align),
        BigInt(offset) - tagBytes,
        BigInt(span),
      );
      return this.settled(id, aligned, bytes);
    }
    const state = this.held.get(id)!;
    if (op === 'free') {
      this.held.delete(id);
    }
    if (state === 'failed') {
      return -1n;
    }
    const pointer = state === 'nothing' ? 0n : state.pointer;
    if (op === 'realloc') {
      return this.resized(id, pointer, bytes);
    }
    if (op === 'free') {
      pool.free(pointer);
    } else if (pointer !== 0n) {
      pool.msize(pointer);
    }
    return this.offset(pointer);
  }

  private resized(id: number, pointer: bigint, bytes: bigint): bigint {
    if (bytes === 0n) {
      this.pool.realloc(pointer, 0n);
      this.held.set(id, 'nothing');
      return -1n;
    }
    const moved = this.pool.realloc(pointer, this.tagged(bytes));
    return moved === 0n ? -1n : this.settled(id, moved, 0n);
  }

  private settled(id: number, pointer: bigint, cleared: bigint): bigint {
    this.held.set(
      id,
      pointer === 0n ? 'failed' : { pointer, data: this.pool.resolve(pointer) + this.pool.blocks.layout.BH },
    );
    if (pointer !== 0n && this.clears) {
      this.pool.region.fill(pointer + this.tagBytes, cleared, 0);
    }
    return this.offset(pointer);
  }

  private tagged(bytes: bigint): bigint {
    return this.pool.blocks.word(bytes + this.tagBytes);
  }

  private offset(pointer: bigint): bigint {
    return pointer === 0n ? -1n : pointer + this.tagBytes - BASE;
  }

  private moved(from: bigint, to: bigint): void {
    for (const state of this.held.values()) {
      if (typeof state === 'string' || state.data !== from) {
        continue;
      }
      state.pointer += to - from;
      state.data = to;
      return;
    }
  }
}
