/**
 * The port that engines take their pages from. The page source lives in the same memory as the engines above it, with
 * its own accesses, locks and steps, and enters what it hands out in the machine's ledger. A machine has at most one.
 */
export interface PageSource {
  /** Lays out the initial state; called once by `Machine.boot`. */
  start(): void;
  /** Address of 2^order contiguous pages, or 0. */
  take(order: number): number;
  /** Takes 2^order pages back: all of what `take` gave or a naturally aligned power-of-two piece of it. */
  give(address: number, order: number): void;
  /** Address of a word in the record of a page that its holder may use; absent where pages have no records. */
  ownerWordAt?(address: number): number;
  /** Pages that nobody holds; for observers, never charged. */
  readonly freePages: number;
  /** Visits every free block; for observers, never charged. */
  visitFree(visit: (address: number, order: number) => void): void;
  /** Verifies the metadata; throws `HeapCorruption`. Never charged. */
  check(): void;
  /**
   * Has one of its kind, on a machine that memory and ledger were copied to, go on where this one stands; absent where
   * all it knows lies in them.
   */
  copyTo?(other: PageSource): void;
}
