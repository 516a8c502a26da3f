import { Runaway } from '../../harness/machine/failures';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { PoolListener } from './events';

/** A dump of a corrupted pool can print for ever. */
const EVENTS_MAX = 1 << 20;

/** Collects what the pool tells during one operation, in the words of the golden vectors. */
export class VectorEvents implements PoolListener {
  locks = 0;
  unlocks = 0;
  onMove: (from: number, to: number) => void = () => undefined;
  private entries: string[] = [];

  clear(): void {
    this.entries = [];
  }

  text(): string {
    return this.entries.join(';');
  }

  add(entry: string): void {
    if (this.entries.length >= EVENTS_MAX) {
      throw new Runaway(EVENTS_MAX);
    }
    this.entries.push(entry);
  }

  print(text: string): void {
    this.add(`print:${text}`);
  }

  panic(text: string): void {
    this.add(`panic:${text}`);
  }

  assertionFailed(text: string): void {
    this.add(`assert:${text}`);
  }

  error(text: string): void {
    this.add(`errstr:${text}`);
  }

  logStack(): void {
    this.add('logstack');
  }

  sourced(address: number, bytes: number): void {
    this.add(`arena:${address === 0 ? 'nil' : address - HEAP_BASE}:${bytes}`);
  }

  asked(lower: number, upper: number, merged: boolean): void {
    this.add(`merge:${lower - HEAP_BASE}+${upper - HEAP_BASE}=${merged ? 1 : 0}`);
  }

  moved(from: number, to: number): void {
    this.add(`move:${from - HEAP_BASE}>${to - HEAP_BASE}`);
    this.onMove(from, to);
  }

  locked(): void {
    this.locks++;
  }

  unlocked(): void {
    this.unlocks++;
  }
}
