/** A spin lock of the modelled system: a word in simulated memory and a bit in the stream's lock set. */
export interface Lock {
  readonly name: string;
  readonly address: number;
  readonly bit: number;
}

/** The stream keeps one bit a lock; real stacks nest two or three. */
const LOCKS_MAX = 8;

/** The locks of one machine, in the order of their definition. */
export class LockTable {
  private readonly locks: Lock[] = [];

  define(name: string, address: number): Lock {
    if (this.locks.length >= LOCKS_MAX) {
      throw new RangeError(`more than ${LOCKS_MAX} locks on one machine`);
    }
    const lock = { name, address, bit: 1 << this.locks.length };
    this.locks.push(lock);
    return lock;
  }

  list(): readonly Lock[] {
    return this.locks;
  }
}
