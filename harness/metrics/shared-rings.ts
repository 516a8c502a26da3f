/**
 * Rings of slots in memory that two threads see: one thread fills their slots, the other empties them, each ring in
 * turn. Who finds a ring full sleeps until there is room in it; who finds them all empty sleeps until there is much to
 * do, for each time that a thread is woken costs a call of the system.
 */

/** Longer than a thread of a busy host waits for its turn. */
const SILENCE_SECONDS_MAX = 120;

/** A reader is woken when this part of a ring is full: it then still has time before the writer must wait. */
const PART_WORTH_WAKING = 1 / 4;

/** `signal` changes whenever a reader is woken; then come the rings. */
const WORD = { state: 0, signal: 1, isAsleep: 2, rings: 4 } as const;
/** What the state says beside 0: everything is written; the reader has failed. */
const ENDED = 1;
const FAILED = 2;

/** Of a ring: how many of its slots were ever filled, and emptied. */
const RING_WORDS = 2;

export class SharedRings {
  /** @param slotCounts how many slots each ring has; @param words all zero at first, as many as `wordsFor` says */
  constructor(
    private readonly slotCounts: readonly number[],
    private readonly words: Int32Array,
  ) {}

  static wordsFor(ringCount: number): number {
    return WORD.rings + ringCount * RING_WORDS;
  }

  isFull(ring: number): boolean {
    return this.filled(ring) === this.slotCounts[ring];
  }

  /** The slot to fill next, as soon as it is empty; throws where whoever empties slots does so no more. */
  slotToFill(ring: number): number {
    const { words } = this;
    const read = readWord(ring);
    for (let seconds = 0; this.isFull(ring) && !this.hasFailed && seconds < SILENCE_SECONDS_MAX; seconds++) {
      const emptied = Atomics.load(words, read);
      if (this.isFull(ring)) {
        Atomics.wait(words, read, emptied, 1000);
      }
    }
    if (this.isFull(ring) || this.hasFailed) {
      throw new Error('the thread that prices has stopped');
    }
    return this.slotOf(ring, Atomics.load(words, writtenWord(ring)));
  }

  /** The slot to fill next is filled. */
  filledSlot(ring: number): void {
    Atomics.add(this.words, writtenWord(ring), 1);
    if (this.isWorthWaking(ring)) {
      this.wakeReader();
    }
  }

  /** Says that nothing more will be filled. */
  end(): void {
    Atomics.store(this.words, WORD.state, ENDED);
    this.wakeReader();
  }

  /** Says that nobody will empty any more. */
  fail(): void {
    Atomics.store(this.words, WORD.state, FAILED);
    this.slotCounts.forEach((_, ring) => Atomics.notify(this.words, readWord(ring)));
  }

  /** Hands over the slots of a ring that are full now, and empties them. */
  readFilled(ring: number, take: (slot: number) => void): void {
    const { words } = this;
    const read = readWord(ring);
    for (let emptied = Atomics.load(words, read); this.filled(ring) > 0; emptied++) {
      take(this.slotOf(ring, emptied));
      Atomics.add(words, read, 1);
      Atomics.notify(words, read);
    }
  }

  /**
   * Hands over every slot until there are no more to come.
   * @param takes who takes the slots of each ring
   * @param workAside does a little of something else while there is nothing to read; false when it is done
   */
  readAll(takes: readonly ((slot: number) => void)[], workAside: () => boolean): void {
    try {
      for (;;) {
        // Looked for first: what was filled before the end has to be read.
        const hasEnded = Atomics.load(this.words, WORD.state) === ENDED;
        takes.forEach((take, ring) => this.readFilled(ring, take));
        if (hasEnded) {
          return;
        }
        if (!workAside()) {
          this.sleep();
        }
      }
    } catch (error) {
      this.fail();
      throw error;
    }
  }

  private sleep(): void {
    const { words } = this;
    const signal = Atomics.load(words, WORD.signal);
    Atomics.store(words, WORD.isAsleep, 1);
    // Looked for again: nobody wakes who is not yet asleep.
    const hasWork = this.slotCounts.some((_, ring) => this.isWorthWaking(ring));
    if (!hasWork && Atomics.load(words, WORD.state) === 0) {
      Atomics.wait(words, WORD.signal, signal);
    }
    Atomics.store(words, WORD.isAsleep, 0);
  }

  private wakeReader(): void {
    if (Atomics.exchange(this.words, WORD.isAsleep, 0) === 1) {
      Atomics.add(this.words, WORD.signal, 1);
      Atomics.notify(this.words, WORD.signal);
    }
  }

  private isWorthWaking(ring: number): boolean {
    return this.filled(ring) >= this.slotCounts[ring]! * PART_WORTH_WAKING;
  }

  private get hasFailed(): boolean {
    return Atomics.load(this.words, WORD.state) === FAILED;
  }

  /** How many slots of a ring are full. */
  private filled(ring: number): number {
    return Atomics.load(this.words, writtenWord(ring)) - Atomics.load(this.words, readWord(ring));
  }

  private slotOf(ring: number, number: number): number {
    return number % this.slotCounts[ring]!;
  }
}

function writtenWord(ring: number): number {
  return WORD.rings + ring * RING_WORDS;
}

function readWord(ring: number): number {
  return writtenWord(ring) + 1;
}
