/**
 * The ways an engine can stop in the middle of an operation. They end the replay with a result that says where; none
 * of them may take the harness down.
 */

/** An access outside mapped memory: the real program would have taken a page fault. */
export class Fault extends Error {
  constructor(
    readonly address: number,
    detail: string,
  ) {
    super(`access to 0x${address.toString(16)} outside mapped memory (${detail})`);
    this.name = 'Fault';
  }
}

/** The engine's own code came to a stop that its processor would have stopped at: a trap, a stack that overflows. */
export class Trap extends Error {
  override readonly name = 'Trap';
}

/**
 * An operation, or all of a replay together, passed its access limit: a cycle in a corrupted list, or a workload that
 * no one can wait for.
 */
export class Runaway extends Error {
  constructor(
    readonly most: number,
    readonly scope: 'operation' | 'replay' = 'operation',
    readonly unit: 'memory accesses' | 'instructions' = 'memory accesses',
    /** Where the engine was, to follow the message. */
    where = '',
  ) {
    super(`${scope} passed its limit of ${most} ${unit}${where}`);
    this.name = 'Runaway';
  }
}

/** The engine found its own metadata broken: a failed assertion, a bad magic number, a double free. */
export class HeapCorruption extends Error {
  constructor(
    /** Address of the block that is wrong, where it is one block. */
    readonly block: number | undefined,
    problem: string,
  ) {
    super(block === undefined ? problem : `${problem} (block 0x${block.toString(16)})`);
    this.name = 'HeapCorruption';
  }
}

/** The engine's own code let out an exception that is none of these: a bug of the engine, whatever the heap holds. */
export class EscapedException extends Error {
  override readonly name = 'EscapedException';
}

/** Whether an error is one of those in which an engine says that it cannot go on over this heap. */
export function isEngineFailure(error: unknown): error is Fault | Trap | Runaway | HeapCorruption {
  return (
    error instanceof HeapCorruption ||
    error instanceof Fault ||
    error instanceof Trap ||
    error instanceof Runaway
  );
}
