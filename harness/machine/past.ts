import { OPERATION_CAPACITY } from './access-stream';
import type { Ledger } from './ledger';

/**
 * How an engine's memory was at other moments than now: for engines that know nothing but what lies there. What is
 * overwritten is kept, a row each; by exchanging rows and memory from the last row to the first the memory is as it
 * was, and the rows say how to come forth again. An allocator reads far more than it writes, so that going back and
 * forth takes a small part of replaying it.
 */
export interface Past {
  /** The moment now, a number that grows; undefined where more was written than is kept. */
  readonly now: number | undefined;
  /** The moment after a row of the block that was just performed. */
  after(row: number): number;
  /**
   * Puts the memory back, or forth, to a moment, once the replay has ended: a walk sees it as it was then, but the page
   * source knows only now.
   */
  standAt(moment: number): void;
}

/** Is told of words of an array before they are written. */
export interface OverwrittenWords {
  enterWord(index: number): void;
}

const ROWS_INITIAL = 1 << 12;
/** 64 MiB. */
const ROWS_MAX = 1 << 23;

/** The past of a machine whose words lie in an array: each row a word, or whether a granule is held. */
export class WordJournal implements Past, OverwrittenWords {
  /** Indices of words; of granules their complements. */
  private places = new Int32Array(ROWS_INITIAL);
  private olds = new Int32Array(ROWS_INITIAL);
  private count = 0;
  private stoodAt: number | undefined;
  private isLost = false;
  private readonly afterRows = new Int32Array(OPERATION_CAPACITY);

  constructor(
    private readonly words: Int32Array,
    private readonly ledger: Ledger,
  ) {
    ledger.beforeChange = (first, count) => {
      for (let granule = first; granule < first + count; granule++) {
        this.enter(~granule, ledger.isHeld(granule));
      }
    };
  }

  /** Before a word is written. */
  enterWord(index: number): void {
    this.enter(index, this.words[index]!);
  }

  endRow(row: number): void {
    this.afterRows[row] = this.count;
  }

  get now(): number | undefined {
    return this.isLost ? undefined : this.count;
  }

  after(row: number): number {
    return this.afterRows[row]!;
  }

  standAt(moment: number): void {
    let at = this.stoodAt ?? this.count;
    while (at > moment) {
      this.exchange(--at);
    }
    while (at < moment) {
      this.exchange(at++);
    }
    this.stoodAt = at;
  }

  private enter(place: number, old: number): void {
    const { count } = this;
    if (count === this.places.length && !this.grow()) {
      return;
    }
    this.places[count] = place;
    this.olds[count] = old;
    this.count = count + 1;
  }

  private grow(): boolean {
    const { places, olds, count } = this;
    this.isLost ||= count === ROWS_MAX;
    if (this.isLost) {
      this.count = 0;
      this.places = new Int32Array(0);
      this.olds = new Int32Array(0);
      return false;
    }
    this.places = new Int32Array(2 * count);
    this.places.set(places);
    this.olds = new Int32Array(2 * count);
    this.olds.set(olds);
    return true;
  }

  private exchange(row: number): void {
    const { words, ledger, places, olds } = this;
    const place = places[row]!;
    const old = olds[row]!;
    if (place >= 0) {
      olds[row] = words[place]!;
      words[place] = old;
    } else {
      olds[row] = ledger.isHeld(~place);
      ledger.putBack(~place, old);
    }
  }
}
