/** A spin lock of the modelled system: a word in simulated memory and a bit in the stream's lock set. */
export interface Lock extends UnplacedLock {
  readonly address: number;
}

/** A lock inside an object that is allocated itself: whoever takes it says where its word lies. */
export interface UnplacedLock {
  readonly name: string;
  readonly bit: number;
}

/** The stream keeps one bit a lock; real stacks nest two or three. */
const LOCKS_MAX = 8;

/** The locks of one machine, in the order of their definition. */
export class LockTable {
  private readonly locks: UnplacedLock[] = [];

  define(name: string, address: number): Lock {
    return this.enter({ name, address, bit: this.nextBit() });
  }

  defineUnplaced(name: string): UnplacedLock {
    return this.enter({ name, bit: this.nextBit() });
  }

  list(): readonly UnplacedLock[] {
    return this.locks;
  }

  private enter<T extends UnplacedLock>(lock: T): T {
    this.locks.push(lock);
    return lock;
  }

  private nextBit(): number {
    if (this.locks.length >= LOCKS_MAX) {
      throw new RangeError(`more than ${LOCKS_MAX} locks on one machine`);
    }
    return 1 << this.locks.length;
  }
}
