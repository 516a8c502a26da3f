import { Ledger } from '../machine/ledger';
import type { HeldMemory } from './oracle';

/**
 * What was held when the row of a block was performed, told after the engine has gone on: the changes wait, each with
 * its row, until somebody comes to it. Between blocks they are made at once.
 */
export class DelayedLedger implements HeldMemory {
  private readonly copy: Ledger;
  private readonly rows: number[] = [];
  private readonly addresses: number[] = [];
  private readonly bytes: number[] = [];
  private readonly isHeld: boolean[] = [];
  private waiting = 0;

  constructor(ledger: Ledger) {
    this.copy = new Ledger(ledger.base, ledger.bytes, ledger.granuleBytes);
    ledger.runs(({ address, bytes }) => this.copy.take(address, bytes));
  }

  /** A change in a row of the block under way. */
  add(row: number, address: number, bytes: number, isHeld: boolean): void {
    this.rows.push(row);
    this.addresses.push(address);
    this.bytes.push(bytes);
    this.isHeld.push(isHeld);
  }

  /** Makes the changes of all rows up to this one. */
  comeTo(row: number): void {
    while (this.waiting < this.rows.length && this.rows[this.waiting]! <= row) {
      this.make(this.addresses[this.waiting]!, this.bytes[this.waiting]!, this.isHeld[this.waiting]!);
      this.waiting++;
    }
    if (this.waiting > 0 && this.waiting === this.rows.length) {
      this.forget();
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

  private forget(): void {
    this.rows.length = 0;
    this.addresses.length = 0;
    this.bytes.length = 0;
    this.isHeld.length = 0;
    this.waiting = 0;
  }
}
