import type { Placement } from '../../traces/trace';
import type { Machine } from '../machine/machine';
import type { Block, BlockVisitor } from '../replay/port';

/**
 * The heap as the program sees it, for engines that show nothing of theirs: the live objects, and between them what is
 * held and not live, which counts as free although headers lie in it.
 */
export class ProgramBlocks {
  private readonly bytesOf = new Map<number, number>();

  constructor(
    private readonly machine: Machine,
    private readonly granuleBytes: number,
  ) {}

  add(object: Placement, bytes: number): void {
    this.bytesOf.set(object, this.whole(bytes));
  }

  remove(object: Placement): void {
    this.bytesOf.delete(object);
  }

  resize(object: Placement, bytes: number): void {
    this.bytesOf.set(object, this.whole(bytes));
  }

  move(from: Placement, to: Placement): void {
    const bytes = this.bytesOf.get(from);
    if (bytes !== undefined) {
      this.bytesOf.delete(from);
      this.bytesOf.set(to, bytes);
    }
  }

  blockAt(object: Placement, headerBytes: number): Block | undefined {
    const bytes = this.bytesOf.get(object);
    return bytes === undefined
      ? undefined
      : { start: object - headerBytes, bytes: bytes + headerBytes, headerBytes };
  }

  walk(visit: BlockVisitor): void {
    const objects = [...this.bytesOf].sort(([a], [b]) => a - b);
    let next = 0;
    this.machine.ledger.runs(({ address, bytes }) => {
      const end = address + bytes;
      let at = address;
      while (next < objects.length && objects[next]![0] < end) {
        const [start, objectBytes] = objects[next++]!;
        if (start > at) {
          visit(at, start - at, 'free');
        }
        visit(start, objectBytes, 'allocated');
        at = start + objectBytes;
      }
      if (at < end) {
        visit(at, end - at, 'free');
      }
    });
  }

  private whole(bytes: number): number {
    return Math.ceil(Math.max(bytes, 1) / this.granuleBytes) * this.granuleBytes;
  }
}
