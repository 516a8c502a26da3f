import type { Placement } from '../../traces/trace';
import type { Machine } from '../machine/machine';
import type { Block, BlockVisitor } from '../replay/port';

/** What every allocator's description says of its blocks. */
export interface BlockShape {
  readonly headerBytes: number;
  readonly granuleBytes: number;
  readonly blockBytesMin: number;
}

/**
 * The heap as the program sees it, for engines that show nothing of theirs: the live objects with their headers, and
 * between them what is held and not live, which counts as free.
 */
export class ProgramBlocks {
  private readonly bytesOf = new Map<number, number>();

  constructor(
    private readonly machine: Machine,
    private readonly shape: BlockShape,
    /** How much the engine says that an object can hold, where it says it. */
    private readonly usableBytes: ((object: Placement) => number) | undefined,
  ) {}

  add(object: Placement, bytes: number): void {
    this.bytesOf.set(object, this.usableBytes?.(object) ?? payloadBytes(this.shape, bytes));
  }

  remove(object: Placement): void {
    this.bytesOf.delete(object);
  }

  move(from: Placement, to: Placement): void {
    const bytes = this.bytesOf.get(from);
    if (bytes !== undefined) {
      this.bytesOf.delete(from);
      this.bytesOf.set(to, bytes);
    }
  }

  /** Of an object that the engine was never asked for, as after its memory was copied, the shape alone is known. */
  blockAt(object: Placement, sizeBytes: number): Block {
    return blockAround(this.shape, object, this.bytesOf.get(object) ?? payloadBytes(this.shape, sizeBytes));
  }

  walk(visit: BlockVisitor): void {
    const objects = [...this.bytesOf].sort(([a], [b]) => a - b);
    let next = 0;
    this.machine.ledger.runs(({ address, bytes }) => {
      const end = address + bytes;
      let at = address;
      while (next < objects.length && objects[next]![0] < end) {
        const [object, objectBytes] = objects[next++]!;
        const start = object - this.shape.headerBytes;
        if (start > at) {
          visit(at, start - at, 'free');
        }
        visit(start, object + objectBytes - start, 'allocated');
        at = object + objectBytes;
      }
      if (at < end) {
        visit(at, end - at, 'free');
      }
    });
  }
}

/** The block of an object that asked for so much, as far as the shape tells. */
export const assumedBlock = (shape: BlockShape, object: Placement, sizeBytes: number): Block =>
  blockAround(shape, object, payloadBytes(shape, sizeBytes));

function blockAround({ headerBytes }: BlockShape, object: Placement, payload: number): Block {
  return { start: object - headerBytes, bytes: payload + headerBytes, headerBytes };
}

/** What a block of this shape has room for, when it is as small as the request allows. */
function payloadBytes({ headerBytes, granuleBytes, blockBytesMin }: BlockShape, bytes: number): number {
  const block = Math.max(bytes + headerBytes, blockBytesMin, 1);
  return Math.ceil(block / granuleBytes) * granuleBytes - headerBytes;
}
