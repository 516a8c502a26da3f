import type { AccessStream } from '../machine/access-stream';
import { ENTRIES, ENTRIES_END, FUEL_UNITS, NUMBER, UNITS_PER_INSTRUCTION, WORD } from './memory-map';

/**
 * The access stream between the harness and an engine that appends to it by itself. Either has it at a time; where it
 * stands is kept in the stream's own fields while the harness has it, in the control block while the engine has it.
 */

/**
 * The end of the ring, to which an observer's call appends again and again: a walk over the heap makes more entries
 * than the host's caches hold, and nobody wants them. A function with more accesses than have room here goes on in the
 * megabytes between ring and heap.
 */
const OBSERVED_FROM = ENTRIES_END - (1 << 14);

export class SharedStream {
  /** @param words, numbers the control block, as words and as numbers of 64 bits */
  constructor(
    private readonly stream: AccessStream,
    private readonly words: Int32Array,
    private readonly numbers: Float64Array,
  ) {
    words[WORD.fuel] = FUEL_UNITS;
    words[WORD.position] = ENTRIES;
  }

  /** Before a call for the program. */
  beginCall(): void {
    this.numbers[NUMBER.units] = 0;
    this.numbers[NUMBER.unitsGiven] = 0;
    this.give();
  }

  /** Hands the stream to the engine. */
  give(): void {
    const { words, stream } = this;
    words[WORD.position] = ENTRIES + 4 * stream.entryCount;
    words[WORD.segmentCount] = stream.segmentCount;
    words[WORD.locksHeld] = stream.locksHeld;
    words[WORD.operationCount] = stream.operationCount;
    words[WORD.segmentBitScans] = stream.bitScans;
    this.numbers[NUMBER.instructions] = stream.instructions;
  }

  /** Takes the stream back, with what the engine has counted since. */
  take(): void {
    const { words, numbers, stream } = this;
    const entryCount = (words[WORD.position]! - ENTRIES) >> 2;
    stream.standAt(entryCount, words[WORD.segmentCount]!, words[WORD.operationCount]!);
    stream.locksHeld = words[WORD.locksHeld]!;
    this.useFuel();
    const instructions = Math.floor(this.instructionsOfCall + 1 / 2);
    stream.instructions = numbers[NUMBER.instructions]! + instructions - numbers[NUMBER.unitsGiven]!;
    numbers[NUMBER.unitsGiven] = instructions;
    stream.bitScans = words[WORD.segmentBitScans]! + words[WORD.bitScans]!;
    words[WORD.bitScans] = 0;
  }

  /** Instructions of the call under way, as far as its fuel has been counted. */
  get instructionsOfCall(): number {
    return this.numbers[NUMBER.units]! / UNITS_PER_INSTRUCTION;
  }

  useFuel(): void {
    this.numbers[NUMBER.units]! += FUEL_UNITS - this.words[WORD.fuel]!;
    this.words[WORD.fuel] = FUEL_UNITS;
  }

  /** From here on the engine runs for an observer: nothing of it is recorded. */
  beginObserving(): void {
    const position = Math.max(ENTRIES + 4 * this.stream.entryCount, OBSERVED_FROM);
    this.words[WORD.observing] = position;
    this.words[WORD.position] = position;
  }

  endObserving(): void {
    this.words[WORD.observing] = 0;
    this.words[WORD.fuel] = FUEL_UNITS;
    this.words[WORD.bitScans] = 0;
  }

  /** Ends what an observer has begun in the kernel: the ring is where it was before. */
  leaveObserver(): void {
    this.words[WORD.position] = this.words[WORD.observing]!;
    this.endObserving();
  }

  get isObserving(): boolean {
    return this.words[WORD.observing] !== 0;
  }

  /** Makes room in the ring for an observer. */
  rewind(): void {
    this.words[WORD.position] = this.words[WORD.observing]!;
    this.useFuel();
  }
}
