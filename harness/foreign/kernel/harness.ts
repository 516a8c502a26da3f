/** What the kernel asks of `../engine-kernel.ts`. */

/** The bit of the lock of that name; enters the name, so that it is known the next time. */
export declare function lockBit(name: f64): i32;

/** The segments are full: has the stream drained in the middle of an operation. */
export declare function segmentsFull(): void;

/** The column of visits is full: has it read. */
export declare function visited(): void;

/** A visit goes beyond the memory: ends the walk. */
export declare function visitedOutside(start: f64, bytes: f64): void;

/** The journal is full: has it kept. */
export declare function journalFull(): void;
