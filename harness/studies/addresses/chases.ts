import { LINE_BYTES } from '../../machine/machine';

/**
 * Which loads of a real program are pointer chases: their address was itself just loaded, so that they wait for one
 * another. An address trace does not say so, but instructions give it away. One that walks a list or a tree loads from
 * places of no order within one operation, where one that goes over an array keeps its stride. The addresses of such
 * instructions may also be named.
 */

export interface Load {
  readonly address: number | bigint;
  /** The instruction that loads; undefined for other accesses, and where the trace does not say it. */
  readonly instruction: number | bigint | undefined;
}

export interface Chases {
  /** The accesses of an operation, before any of them is judged. */
  learn(loads: readonly Load[]): void;
  /** Whether a load waits for the one before: of a node that is there already none does. */
  isChase(instruction: number | bigint, address: number | bigint): boolean;
  walkEnds(): void;
  /** The instructions that chase, in their order. */
  readonly instructions: readonly (number | bigint)[];
}

/** Shorter walks tell nothing. */
const STEPS_MIN = 4;

/** Of so many hostile instructions no more are watched. */
const INSTRUCTIONS_MAX = 1 << 16;

/** Chases of the instructions that are named, or of those that are found out where none is. */
export function chasesOf(named: readonly (number | bigint)[] | undefined): Chases {
  return new ChaseWatch(new Set(named), named === undefined);
}

class ChaseWatch implements Chases {
  private line = NO_LINE;

  constructor(
    private readonly chasing: Set<number | bigint>,
    private readonly isLearning: boolean,
  ) {}

  learn(loads: readonly Load[]): void {
    if (!this.isLearning) {
      return;
    }
    const walks = new Map<number | bigint, Walk>();
    for (const { instruction, address } of loads) {
      if (instruction === undefined || this.chasing.has(instruction)) {
        continue;
      }
      const known = walks.get(instruction);
      if (known !== undefined) {
        known.step(Number(address));
      } else if (walks.size < INSTRUCTIONS_MAX) {
        walks.set(instruction, new Walk(Number(address)));
      }
    }
    for (const [instruction, walk] of walks) {
      if (walk.isChase && this.chasing.size < INSTRUCTIONS_MAX) {
        this.chasing.add(instruction);
      }
    }
  }

  isChase(instruction: number | bigint, address: number | bigint): boolean {
    if (!this.chasing.has(instruction)) {
      return false;
    }
    const line = Math.floor(Number(address) / LINE_BYTES);
    const isThere = line === this.line;
    this.line = line;
    return !isThere;
  }

  walkEnds(): void {
    this.line = NO_LINE;
  }

  get instructions(): readonly (number | bigint)[] {
    return [...this.chasing].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  }
}

const NO_LINE = -1;

/** Where one instruction has loaded from during one operation. */
class Walk {
  private stride = 0;
  private steps = 0;
  private strays = 0;

  constructor(private last: number) {}

  step(address: number): void {
    const stride = address - this.last;
    if (stride !== 0) {
      this.steps++;
      if (stride !== this.stride) {
        this.strays++;
      }
      this.stride = stride;
    }
    this.last = address;
  }

  /** An array that is gone over twice jumps once; a walk strays at every other step. */
  get isChase(): boolean {
    return this.steps >= STEPS_MIN && this.strays * 2 > this.steps;
  }
}
