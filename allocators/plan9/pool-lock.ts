import type { Lock } from '../../harness/machine/lock';
import type { Machine } from '../../harness/machine/machine';
import type { PoolListener } from './events';

const LOCK_BYTES = 64;
/** Who holds the C library's lock, behind the lock word. */
const OWNER_OFFSET = 4;
const OWNER = 1;

/**
 * The pool's lock: taken first and given back last by every routine, whatever it does in between, so a panic leaves
 * it held. The C library's asserts that it had no owner, or the right one; the kernel's disables interrupts instead.
 */
export class PoolLock {
  private readonly lock: Lock;

  /** @param isInstalled whether the pool has lock callbacks at all */
  constructor(
    private readonly machine: Machine,
    private readonly isInstalled: boolean,
    private readonly notesOwner: boolean,
    private readonly listener: PoolListener | undefined,
  ) {
    this.lock = machine.defineLock('pool lock', machine.reserve('pool lock', LOCK_BYTES));
  }

  take(): void {
    if (this.isInstalled) {
      this.machine.lock(this.lock);
      this.noteOwner(OWNER);
    }
    this.listener?.locked?.();
  }

  giveBack(): void {
    if (this.isInstalled) {
      this.noteOwner(0);
      this.machine.unlock(this.lock);
    }
    this.listener?.unlocked?.();
  }

  private noteOwner(owner: number): void {
    if (this.notesOwner) {
      this.machine.load(this.lock.address + OWNER_OFFSET);
      this.machine.store(this.lock.address + OWNER_OFFSET, owner);
    }
  }
}
