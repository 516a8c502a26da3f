import { isVirtual, type Placement } from '../../traces/trace';
import type { Engine } from '../replay/port';
import type { WatchedMachine } from './watched-machine';

/** An object as its owner knows it. */
export interface LiveObject {
  readonly id: number;
  readonly placement: Placement;
  readonly sizeBytes: number;
  readonly align: number;
  /** Tells the bytes that its owner wrote from everybody else's. */
  readonly pattern: number;
}

/** Of large objects, the first and the last bytes are enough: nobody overwrites the middle alone. */
const EDGE_BYTES = 96;

/**
 * The naive oracle: every live object in a list, compared with each other one, its bytes written and read again. It
 * shares nothing with the oracle of the replay but the questions.
 */
export class LiveObjects {
  private readonly objects = new Map<number, LiveObject>();
  private patterns = 0;

  constructor(
    private readonly machine: WatchedMachine,
    private readonly engine: Engine,
  ) {}

  /** Whether the bytes at an address can be looked at: in the virtual area only where the engine translates. */
  canRead(placement: Placement): boolean {
    return !isVirtual(placement) || this.engine.translate !== undefined;
  }

  get(id: number): LiveObject | undefined {
    return this.objects.get(id);
  }

  list(): LiveObject[] {
    return [...this.objects.values()];
  }

  /** Enters an object and writes its bytes. */
  enter(id: number, placement: Placement, sizeBytes: number, align: number): LiveObject {
    const object = { id, placement, sizeBytes, align, pattern: this.patterns++ };
    this.objects.set(id, object);
    this.write(object);
    return object;
  }

  remove(id: number): void {
    this.objects.delete(id);
  }

  /** The engine moved an object; its bytes must have come along. */
  move(object: LiveObject, placement: Placement): LiveObject {
    const moved = { ...object, placement };
    this.objects.set(object.id, moved);
    return moved;
  }

  /** A live object of which a byte lies in the range, other than the object `but` itself. */
  overlapped(placement: Placement, sizeBytes: number, but?: number): LiveObject | undefined {
    for (const object of this.objects.values()) {
      const { placement: start, sizeBytes: bytes, id } = object;
      if (id !== but && placement < start + bytes && start < placement + sizeBytes) {
        return object;
      }
    }
    return undefined;
  }

  /** Index of the first of `bytes` bytes at `placement` that is not as the owner wrote it, or undefined. */
  spoiltByte({ sizeBytes, pattern }: LiveObject, placement: Placement, bytes: number): number | undefined {
    return edges(sizeBytes).find(
      (byte) =>
        byte < bytes && this.machine.peek8(this.memoryAt(placement + byte)) !== patternByte(pattern, byte),
    );
  }

  private write({ placement, sizeBytes, pattern }: LiveObject): void {
    if (!this.canRead(placement) || (!isVirtual(placement) && !this.machine.isMapped(placement, sizeBytes))) {
      return;
    }
    for (const byte of edges(sizeBytes)) {
      this.machine.poke8(this.memoryAt(placement + byte), patternByte(pattern, byte));
    }
  }

  private memoryAt(address: number): number {
    return isVirtual(address as Placement) ? this.engine.translate!(address) : address;
  }
}

function edges(bytes: number): number[] {
  const first = Math.min(bytes, EDGE_BYTES);
  const last = Math.max(first, bytes - EDGE_BYTES);
  const indices: number[] = [];
  for (let byte = 0; byte < first; byte++) {
    indices.push(byte);
  }
  for (let byte = last; byte < bytes; byte++) {
    indices.push(byte);
  }
  return indices;
}

/** Differs between neighbours in an object and between objects one after the other. */
function patternByte(pattern: number, byte: number): number {
  return (pattern * 37 + byte * 11 + 0x5a) & 0xff;
}
