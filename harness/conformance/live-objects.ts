import { isVirtual, type Placement } from '../../traces/trace';
import { PAGE_BYTES } from '../machine/memory-layout';
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

/** At either end every byte is written; between them one in each word, for nobody writes less there. */
const EDGE_BYTES = 96;
const MIDDLE_STEP_BYTES = 4;

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
    return this.findByte(
      sizeBytes,
      placement,
      bytes,
      (byte, address) => this.machine.peek8(address) !== patternByte(pattern, byte),
    );
  }

  /** Where in memory the first byte lies that is not as its owner wrote it, or undefined where all are. */
  spoiltAddress(): number | undefined {
    for (const object of this.objects.values()) {
      const { placement, sizeBytes } = object;
      const byte = this.canRead(placement) ? this.spoiltByte(object, placement, sizeBytes) : undefined;
      if (byte !== undefined) {
        return this.memoryAt(placement + byte);
      }
    }
    return undefined;
  }

  private write({ placement, sizeBytes, pattern }: LiveObject): void {
    if (!this.canRead(placement) || (!isVirtual(placement) && !this.machine.isMapped(placement, sizeBytes))) {
      return;
    }
    this.findByte(sizeBytes, placement, sizeBytes, (byte, address) => {
      this.machine.poke8(address, patternByte(pattern, byte));
      return false;
    });
  }

  /** Looks for a byte among those of the first `bytes` that an owner writes, each told with its place in memory. */
  private findByte(
    sizeBytes: number,
    placement: Placement,
    bytes: number,
    isIt: (byte: number, address: number) => boolean,
  ): number | undefined {
    const inPages = isVirtual(placement);
    for (let byte = 0; byte < bytes;) {
      const address = placement + byte;
      const offset = address % PAGE_BYTES;
      const end = inPages ? Math.min(bytes, byte + PAGE_BYTES - offset) : bytes;
      const memory = inPages ? this.engine.translate!(address - offset) + offset : address;
      const start = byte;
      while (byte < end) {
        if (isIt(byte, memory + byte - start)) {
          return byte;
        }
        const isAtEdge = byte < EDGE_BYTES || byte + MIDDLE_STEP_BYTES > sizeBytes - EDGE_BYTES;
        byte += isAtEdge ? 1 : MIDDLE_STEP_BYTES;
      }
    }
    return undefined;
  }

  private memoryAt(address: number): number {
    return isVirtual(address as Placement) ? this.engine.translate!(address) : address;
  }
}

/** Differs between neighbours in an object and between objects one after the other. */
function patternByte(pattern: number, byte: number): number {
  return (pattern * 37 + byte * 11 + 0x5a) & 0xff;
}
