import { Machine } from '../machine/machine';

/** A verb or an observer looked at memory so often without being charged that it will hardly ever end. */
class Stuck extends Error {
  constructor() {
    super(`looked at memory more than ${LOOKS_MAX} times without end`);
    this.name = 'Stuck';
  }
}

/** Some thousand times what any observer needs on the small heaps of the suite. */
const LOOKS_MAX = 1 << 22;

/**
 * A machine that notices when an uncharged look at memory never ends: accesses have their limit, but a check that
 * follows a damaged list in a circle would hang the suite.
 */
export class WatchedMachine extends Machine {
  private looks = 0;

  /** Begins a new verb or observation. */
  watch(): void {
    this.looks = 0;
  }

  override peek(address: number): number {
    this.look();
    return super.peek(address);
  }

  override peek8(address: number): number {
    this.look();
    return super.peek8(address);
  }

  override peek64(address: number): number {
    this.look();
    return super.peek64(address);
  }

  private look(): void {
    this.looks++;
    if (this.looks > LOOKS_MAX) {
      throw new Stuck();
    }
  }
}
