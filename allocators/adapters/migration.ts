import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';

const PERCENTS = 0xffff;

/**
 * Which call sites have moved to a new allocator: a fixed share of them, chosen by the hash of their names, so that a
 * site that has moved at one share has moved at every larger one. Calls without a site move in their turn.
 */
export class Migration {
  private site = '';
  /** Where the percents of the calls that have not moved add up: in memory, but no business of any allocator. */
  private readonly turnAt: number;

  constructor(
    private readonly machine: Machine,
    private readonly sharePercent: number,
  ) {
    this.turnAt = machine.reserve('turns of the calls', 4);
  }

  start(): void {
    this.machine.poke(this.turnAt, withCheck(0));
  }

  /** Throws `HeapCorruption` where the count of turns is damaged. */
  check(): void {
    const word = this.machine.peek(this.turnAt);
    if (word !== withCheck(word & PERCENTS)) {
      throw new HeapCorruption(this.turnAt, `the turns of the calls read 0x${word.toString(16)}`);
    }
  }

  /** The site of the next call; empty where the trace names none. */
  callSite(site: string): void {
    this.site = site;
  }

  /** Whether the next call goes to the new allocator. */
  hasMoved(): boolean {
    if (this.site !== '') {
      return hash(this.site) % 100 < this.sharePercent;
    }
    const turn = (this.machine.peek(this.turnAt) & PERCENTS) + this.sharePercent;
    this.machine.poke(this.turnAt, withCheck(turn % 100));
    return turn >= 100;
  }
}

/** A count of percents with its complement above it, so that damage to it is seen. */
function withCheck(percents: number): number {
  return ((~percents << 16) | percents) >>> 0;
}

/** FNV-1a, 32 bits, over the text's code units. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x0100_0193);
  }
  return value >>> 0;
}
