import { Ledger } from '../machine/ledger';
import type { HeldMemory } from './oracle';

/**
 * What was held when the row of a block was performed, told after the engine has gone on: the changes wait, each with
 * its row, until somebody comes to it. Between blocks they are made at once.
 */
export class DelayedLedger implements HeldMemory {
  private readonly copy: Ledger;
  private changes = room(CHANGES_INITIAL);
  private made = 0;
  private added = 0;

  constructor(ledger: Ledger) {
    this.copy = new Ledger(ledger.base, ledger.bytes, ledger.granuleBytes);
    ledger.runs(({ address, bytes }) => this.copy.take(address, bytes));
  }

  /** A change in a row of the block under way. */
  add(row: number, address: number, bytes: number, isHeld: boolean): void {
    const at = WIDTH * this.added;
    if (at === this.changes.length) {
      const { changes } = this;
      this.changes = room(2 * this.added);
      this.changes.set(changes);
    }
    this.changes[at] = row;
    this.changes[at + 1] = address;
    this.changes[at + 2] = isHeld ? bytes : -bytes;
    this.added++;
  }

  /** Makes the changes of all rows up to this one. */
  comeTo(row: number): void {
    const { changes, added } = this;
    while (this.made < added && changes[WIDTH * this.made]! <= row) {
      const at = WIDTH * this.made++;
      const bytes = changes[at + 2]!;
      this.make(changes[at + 1]!, Math.abs(bytes), bytes > 0);
    }
    if (this.made === added) {
      this.made = 0;
      this.added = 0;
    }
  }

  make(address: number, bytes: number, isHeld: boolean): void {
    if (isHeld) {
      this.copy.take(address, bytes);
    } else {
      this.copy.give(address, bytes);
    }
  }

  holds(address: number, bytes: number): boolean {
    return this.copy.holds(address, bytes);
  }
}

/** Numbers of a change: its row, the address, how many bytes were taken, or given where they are negative. */
const WIDTH = 3;
const CHANGES_INITIAL = 1 << 10;

const room = (changes: number): Float64Array => new Float64Array(WIDTH * changes);
