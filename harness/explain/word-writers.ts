import { integerHash } from '../../traces/ground/integer-hash';

/**
 * Who did something last to each word of simulated memory: an open-addressing table from words to operations. It
 * grows with the words that anything was ever done to, at most the simulated memory, and not with the trace.
 */

const SLOTS_INITIAL = 1 << 12;
/** No word of simulated memory is word 0: nothing lies below 256 MiB. */
const EMPTY = 0;

export class WordWriters {
  private slotMask = SLOTS_INITIAL - 1;
  private words = new Uint32Array(SLOTS_INITIAL);
  private operations = new Float64Array(SLOTS_INITIAL);
  private kinds = new Uint32Array(SLOTS_INITIAL);
  private used = 0;

  /**
   * @param word address / 4
   * @param operation index of the event
   * @param writerKind number of the operation's kind
   */
  set(word: number, operation: number, writerKind: number): void {
    const slot = this.slotOf(word);
    this.operations[slot] = operation;
    this.kinds[slot] = writerKind;
    if (this.words[slot] === EMPTY) {
      this.words[slot] = word;
      if (++this.used * 2 > this.slotMask) {
        this.grow();
      }
    }
  }

  /** Where the word's operation stands, or −1 where there is none; valid until the next `set`. */
  find(word: number): number {
    const slot = this.slotOf(word);
    return this.words[slot] === EMPTY ? -1 : slot;
  }

  forEach(visit: (word: number, operation: number, writerKind: number) => void): void {
    for (const [slot, word] of this.words.entries()) {
      if (word !== EMPTY) {
        visit(word, this.operations[slot]!, this.kinds[slot]!);
      }
    }
  }

  operationAt(slot: number): number {
    return this.operations[slot]!;
  }

  kindAt(slot: number): number {
    return this.kinds[slot]!;
  }

  /** The word's slot, or the empty one where it belongs. */
  private slotOf(word: number): number {
    const { words, slotMask } = this;
    let slot = integerHash(word) & slotMask;
    while (words[slot] !== EMPTY && words[slot] !== word) {
      slot = (slot + 1) & slotMask;
    }
    return slot;
  }

  private grow(): void {
    const { words, operations, kinds } = this;
    const slots = 2 * words.length;
    this.slotMask = slots - 1;
    this.words = new Uint32Array(slots);
    this.operations = new Float64Array(slots);
    this.kinds = new Uint32Array(slots);
    for (let from = 0; from < words.length; from++) {
      if (words[from] !== EMPTY) {
        const slot = this.slotOf(words[from]!);
        this.words[slot] = words[from]!;
        this.operations[slot] = operations[from]!;
        this.kinds[slot] = kinds[from]!;
      }
    }
  }
}
