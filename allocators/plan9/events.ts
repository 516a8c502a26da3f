/**
 * What a pool tells the program around it while it works: its callbacks (print, panic, logstack, move) and, for
 * whoever watches the model, what it asked of its arena source. A replay listens to moves only; a run over golden
 * vectors writes all of it down. Texts show heap addresses as `@offset` and nil as `0`.
 * A listener hears what it has a method for.
 */
export interface PoolListener {
  print?(text: string): void;
  panic?(text: string): void;
  /** An assertion of the original did not hold; it would have ended the process. */
  assertionFailed?(text: string): void;
  /** The error string that the call leaves for the caller. */
  error?(text: string): void;
  logStack?(): void;
  /** The arena source was asked for `bytes`; address 0 when it had none. */
  sourced?(address: number, bytes: number): void;
  /** The merge callback was asked about two addresses from the source. */
  asked?(lower: number, upper: number, merged: boolean): void;
  /** Compaction moved a block; both addresses are data starts. */
  moved?(from: number, to: number): void;
  locked?(): void;
  unlocked?(): void;
}
