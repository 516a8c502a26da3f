import { isVirtual, type Placement } from '../../traces/trace';
import { HeapCorruption } from '../machine/failures';
import { HEAP_BASE, PAGE_BYTES } from '../machine/memory-layout';
import { breaksGuarantee, type RequestFacts } from './demonstration';
import { integerHash } from '../../traces/ground/integer-hash';
import type { ObjectTable } from './object-table';
import type { Stack } from './stack';

/**
 * The witness of payload: whether what the program stored in its objects stays as it was stored.
 *
 * Every object is painted when it is allocated, with words that depend on the object and on the place in it, so that a
 * copy that is too short, shifted or another object's is noticed. The paint is looked at when the object is freed or
 * resized, for all objects now and then, and at the end. Nothing of it is charged. The paint stands for whatever a
 * program stores: nobody but the program has any business with it.
 *
 * Of objects of more than 64 KiB the first and the last page and 256 lines spread between them are painted, which
 * bounds the time; beside the paint itself a replay keeps two numbers an object.
 */

/**
 * `throughout`: at every occasion. `at-end`: everything once, after the last event, which tells whether it was intact
 * up to there without stopping before.
 */
export type PayloadChecks = 'throughout' | 'at-end';

/** A byte that is not as the program stored it, and what was known of it before. */
export interface SpoiltByte {
  readonly objectId: number;
  readonly placement: Placement;
  readonly objectBytes: number;
  readonly byteOffset: number;
  readonly expected: number;
  readonly found: number;
  /** Where the byte lies in memory. */
  readonly address: number;
  /** Index of the last event after which all payload was seen to be intact; −1 before the first. */
  readonly intactAfter: number;
  /** Whether it was noticed after the last event, and not in the middle of one. */
  readonly atEnd: boolean;
}

/** Ends a replay as corrupt: an object does not hold what its program stored. */
export class PayloadSpoilt extends HeapCorruption {
  override readonly name = 'PayloadSpoilt';

  constructor(readonly spoilt: SpoiltByte) {
    super(undefined, spoiltText(spoilt));
  }
}

/** The byte in words: which one of which block, what it holds and what was stored. */
export function spoiltText({
  objectId,
  placement,
  objectBytes,
  byteOffset,
  expected,
  found,
}: SpoiltByte): string {
  const base = isVirtual(placement) ? '' : `heap offset 0x${(placement - HEAP_BASE).toString(16)}`;
  const where = base === '' ? `address 0x${placement.toString(16)}` : base;
  return (
    `byte ${byteOffset} of live object ${objectId} (${objectBytes} bytes at ${where}) ` +
    `is 0x${hexByte(found)}, not 0x${hexByte(expected)} as it was stored`
  );
}

const WHOLE_BYTES_MAX = 1 << 16;
const EDGE_BYTES = PAGE_BYTES;
const LINE_BYTES = 64;
const SAMPLED_LINES = 256;
const SAMPLED_BYTES = 2 * EDGE_BYTES + SAMPLED_LINES * LINE_BYTES;

/** An object that the program has not filled with a byte of its own choice. */
const NOT_FILLED = -1;
/** Everything is looked at after at least so many painted bytes. */
const CHECKED_BYTES_MIN = 1 << 12;
const NONE = -1;

export class Payload {
  /** By slot: which paint an object has; 0 for none. */
  private serials = new Int32Array(0);
  private fills = new Int16Array(0);
  private serialLast = 0;
  private intactAfter = -1;
  private isAtEnd = false;
  /** Bytes of the painted objects, and of those painted since everything was looked at. */
  private paintedBytes = 0;
  private freshBytes = 0;
  private checkDueBytes = CHECKED_BYTES_MIN;
  private checksMade = 0;

  constructor(
    private readonly stack: Stack,
    private readonly table: ObjectTable,
    private readonly checks: PayloadChecks,
  ) {}

  /** Paints an object that has a block. */
  paint(slot: number): void {
    if (!this.canSee(this.table.placement(slot))) {
      return;
    }
    this.makeRoom();
    this.serialLast = (this.serialLast + 1) & 0x7fff_ffff || 1;
    this.serials[slot] = this.serialLast;
    this.fills[slot] = NOT_FILLED;
    const bytes = sampledBytes(this.table.requestedBytes(slot));
    this.paintedBytes += bytes;
    this.freshBytes += bytes;
    this.write(slot);
  }

  /** The object has no block any more. */
  forget(slot: number): void {
    if (this.isPainted(slot)) {
      this.paintedBytes -= sampledBytes(this.table.requestedBytes(slot));
      this.serials[slot] = 0;
    }
  }

  /** Looks at an object before the engine is told to free or resize it. */
  verify(slot: number): void {
    this.verifyCarried(slot, this.table.placement(slot), this.table.requestedBytes(slot));
  }

  /** Looks at the first bytes of an object that the engine had to carry along to where it is now. */
  verifyCarried(slot: number, placement: Placement, bytes: number): void {
    if (this.checks === 'throughout') {
      this.compare(slot, placement, bytes);
    }
  }

  /** Looks at what a realloc had to carry along, unless a quirk of the engine says that it does not. */
  verifyResized(slot: number, placement: Placement, sizeBytes: number, align: number): void {
    const { table, stack } = this;
    const old = table.placement(slot);
    const oldBytes = table.requestedBytes(slot);
    const request: RequestFacts = { op: 'realloc', sizeBytes, align, oldBytes, oldAlign: table.align(slot) };
    // Where the engine has no such verb, its caller copies: memory of the heap alone.
    const isCarried =
      stack.engine.reallocate === undefined
        ? !isVirtual(old) && !isVirtual(placement)
        : !breaksGuarantee(stack.definition.quirks, 'kept', request);
    if (isCarried) {
      this.verifyCarried(slot, placement, Math.min(oldBytes, sizeBytes));
    }
  }

  /** The program writes over its whole object. */
  filled(slot: number, value: number, write: () => void): void {
    this.verify(slot);
    write();
    if (this.isPainted(slot)) {
      this.fills[slot] = value & 0xff;
    }
  }

  /**
   * The program writes where it should not, over other objects too, perhaps. Their paint is put back: what is looked
   * for are writes of the engine, and no engine reads payload.
   */
  overrun(first: number, end: number, write: () => void): void {
    const hit: number[] = [];
    this.table.forEach((slot) => {
      if (this.isPainted(slot) && this.lies(slot, first, end)) {
        hit.push(slot);
      }
    });
    hit.forEach((slot) => this.verify(slot));
    write();
    hit.forEach((slot) => this.write(slot));
  }

  /** An event is over: now and then everything is looked at. */
  eventEnds(index: number): void {
    if (this.checks === 'throughout' && this.freshBytes >= this.checkDueBytes) {
      this.verifyAll();
      this.intactAfter = index;
      this.freshBytes = 0;
      // As much is looked at as was painted, at moments that no pattern of a trace can keep step with.
      const spread = this.paintedBytes + CHECKED_BYTES_MIN;
      this.checkDueBytes = spread + (integerHash(++this.checksMade) % spread);
    }
  }

  /** The last event is over: looks at everything. */
  finish(): void {
    this.isAtEnd = true;
    this.verifyAll();
  }

  private verifyAll(): void {
    this.table.forEach((slot) =>
      this.compare(slot, this.table.placement(slot), this.table.requestedBytes(slot)),
    );
  }

  private isPainted(slot: number): boolean {
    return slot < this.serials.length && this.serials[slot] !== 0;
  }

  /** Bytes in the virtual area can be looked at only where the engine says what lies behind them. */
  private canSee(placement: Placement): boolean {
    return !isVirtual(placement) || this.stack.engine.translate !== undefined;
  }

  private makeRoom(): void {
    if (this.serials.length < this.table.capacity) {
      const serials = new Int32Array(this.table.capacity);
      serials.set(this.serials);
      this.serials = serials;
      const fills = new Int16Array(this.table.capacity);
      fills.set(this.fills);
      this.fills = fills;
    }
  }

  private compare(slot: number, placement: Placement, bytesMax: number): void {
    if (!this.isPainted(slot) || !this.canSee(placement)) {
      return;
    }
    const byteOffset = this.eachRun(slot, placement, bytesMax, (address, offset, bytes) =>
      this.firstSpoilt(slot, address, offset, bytes),
    );
    if (byteOffset !== NONE) {
      const address = this.addressOf(placement, byteOffset);
      throw new PayloadSpoilt({
        objectId: this.table.id(slot),
        placement,
        objectBytes: this.table.requestedBytes(slot),
        byteOffset,
        expected: this.expectedByte(slot, byteOffset),
        found: this.stack.machine.peek8(address),
        address,
        intactAfter: this.intactAfter,
        atEnd: this.isAtEnd,
      });
    }
  }

  private firstSpoilt(slot: number, address: number, offset: number, bytes: number): number {
    const { machine } = this.stack;
    const isAligned = ((address | offset) & 3) === 0;
    let at = 0;
    for (; isAligned && at + 4 <= bytes; at += 4) {
      if (machine.peek(address + at) !== this.expectedWord(slot, (offset + at) >>> 2)) {
        break;
      }
    }
    for (; at < bytes; at++) {
      if (machine.peek8(address + at) !== this.expectedByte(slot, offset + at)) {
        return offset + at;
      }
    }
    return NONE;
  }

  private write(slot: number): void {
    const { machine } = this.stack;
    this.eachRun(slot, this.table.placement(slot), Infinity, (address, offset, bytes) => {
      const isAligned = ((address | offset) & 3) === 0;
      let at = 0;
      for (; isAligned && at + 4 <= bytes; at += 4) {
        machine.poke(address + at, this.expectedWord(slot, (offset + at) >>> 2));
      }
      for (; at < bytes; at++) {
        machine.poke8(address + at, this.expectedByte(slot, offset + at));
      }
      return NONE;
    });
  }

  private expectedWord(slot: number, index: number): number {
    const fill = this.fills[slot]!;
    return fill === NOT_FILLED ? paintedWord(this.serials[slot]!, index) : Math.imul(fill, 0x0101_0101) >>> 0;
  }

  private expectedByte(slot: number, offset: number): number {
    return (this.expectedWord(slot, offset >>> 2) >>> (8 * (offset & 3))) & 0xff;
  }

  /**
   * Calls `look` for the painted stretches of an object, at an address where they lie together in memory, until it
   * returns an offset; returns that, or NONE. What lies at `bytesMax` or beyond is left alone.
   */
  private eachRun(
    slot: number,
    placement: Placement,
    bytesMax: number,
    look: (address: number, offset: number, bytes: number) => number,
  ): number {
    const bytes = this.table.requestedBytes(slot);
    for (let sample = 0; ; sample++) {
      const [first, stretchEnd] = stretch(bytes, sample);
      if (first >= Math.min(bytes, bytesMax)) {
        return NONE;
      }
      const end = Math.min(stretchEnd, bytesMax);
      for (let offset = first; offset < end;) {
        const address = this.addressOf(placement, offset);
        const together = isVirtual(placement)
          ? Math.min(end - offset, PAGE_BYTES - (address % PAGE_BYTES))
          : end - offset;
        const found = look(address, offset, together);
        if (found !== NONE) {
          return found;
        }
        offset += together;
      }
    }
  }

  private addressOf(placement: Placement, offset: number): number {
    if (!isVirtual(placement)) {
      return placement + offset;
    }
    const address = this.stack.engine.translate!(placement + offset);
    if (!this.stack.machine.isMapped(address, 1)) {
      throw new HeapCorruption(placement, `no page of memory lies behind byte ${offset} of a live object`);
    }
    return address;
  }

  /** Whether a byte of a painted object lies in a range of memory. */
  private lies(slot: number, first: number, end: number): boolean {
    const placement = this.table.placement(slot);
    const bytes = this.table.requestedBytes(slot);
    if (!isVirtual(placement)) {
      return placement < end && first < placement + bytes;
    }
    const look = (address: number, offset: number, together: number) =>
      address < end && first < address + together ? offset : NONE;
    return this.eachRun(slot, placement, Infinity, look) !== NONE;
  }
}

/** The n-th painted stretch of an object, from offset to offset; beyond the object after the last. */
function stretch(bytes: number, sample: number): readonly [first: number, end: number] {
  if (bytes <= WHOLE_BYTES_MAX) {
    return sample === 0 ? [0, bytes] : [bytes, bytes];
  }
  if (sample === 0) {
    return [0, EDGE_BYTES];
  }
  if (sample <= SAMPLED_LINES) {
    const middle = EDGE_BYTES + Math.floor(((bytes - 2 * EDGE_BYTES) * (sample - 1)) / SAMPLED_LINES);
    const first = middle - (middle % LINE_BYTES);
    return [first, first + LINE_BYTES];
  }
  return sample === SAMPLED_LINES + 1 ? [bytes - EDGE_BYTES, bytes] : [bytes, bytes];
}

const sampledBytes = (bytes: number): number => (bytes <= WHOLE_BYTES_MAX ? bytes : SAMPLED_BYTES);

/** Differs between neighbours in an object and between objects painted one after the other. */
function paintedWord(serial: number, index: number): number {
  const mixed = Math.imul(serial ^ Math.imul(index + 1, 0x9e37_79b1), 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

const hexByte = (byte: number): string => byte.toString(16).padStart(2, '0');
