import { HeapCorruption } from '../../harness/machine/failures';
import type { Machine } from '../../harness/machine/machine';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { Step } from '../../harness/machine/steps';
import type { PoolListener } from './events';
import { HeapWords, type TouchWatcher } from './heap-words';
import { roundDown, roundUp, type PoolLayout } from './layout';
import { FIELD, PoolObject } from './pool-object';
import type { PrintBuffer } from './print-buffer';
import type { PoolSteps } from './steps';
import { TWO_TO_32 } from '../../traces/ground/integers';

/** How a context looks at its pool. */
export interface PoolView {
  /** Whether accesses and steps are charged: not to observers. */
  readonly charged: boolean;
  /** Whether the pool behaves as the manual page says where the code differs. */
  readonly manual: boolean;
  readonly listener?: PoolListener | undefined;
  readonly touches?: TouchWatcher | undefined;
  /** Where prints are formatted; observers print nothing. */
  readonly printBuffer?: PrintBuffer;
}

/** What every part of one pool shares: memory, the Pool structure, steps, and where messages go. */
export class PoolContext {
  readonly words: HeapWords;
  readonly pool: PoolObject;
  readonly manual: boolean;
  readonly listener: PoolListener | undefined;
  readonly printBuffer: PrintBuffer | undefined;
  private readonly charged: boolean;

  /** @param objectAddress where the Pool structure lies */
  constructor(
    readonly machine: Machine,
    readonly layout: PoolLayout,
    objectAddress: number,
    readonly steps: PoolSteps,
    { charged, manual, listener, touches, printBuffer }: PoolView,
  ) {
    this.words = new HeapWords(machine, layout, charged, touches);
    this.pool = new PoolObject(machine, layout, objectAddress, charged);
    this.charged = charged;
    this.manual = manual;
    this.listener = listener;
    this.printBuffer = printBuffer;
  }

  work(step: Step, times = 1): void {
    if (this.charged && times > 0) {
      this.machine.work(step, times);
    }
  }

  hasFlag(flag: number): boolean {
    return (this.pool.load(FIELD.flags) & flag) !== 0;
  }

  /** Pointer arithmetic of the layout: 32-bit addresses wrap. */
  address(sum: number): number {
    return this.layout.pointerBytes === 4 ? sum >>> 0 : sum;
  }

  /** Arithmetic on words: 32-bit ones wrap; 64-bit ones stay negative, which stands for 2^64 less. */
  word(value: number): number {
    return this.layout.wordBytes === 4 ? value >>> 0 : value;
  }

  /** Whether a number fits a word: no caller can pass a larger one. */
  isWord(value: number): boolean {
    return this.layout.wordBytes === 8 || value < TWO_TO_32;
  }

  /** Up to whole quanta. */
  roundedUp(bytes: number): number {
    const quantum = this.pool.load(FIELD.quantum);
    return this.manual ? roundUp(bytes, quantum) : masked(bytes + quantum - 1, quantum);
  }

  /** Down to whole quanta. */
  roundedDown(bytes: number): number {
    const quantum = this.pool.load(FIELD.quantum);
    return this.manual ? roundDown(bytes, quantum) : masked(bytes, quantum);
  }

  /** The callback `panic` never returns. */
  panic(block: number, text: string): never {
    this.listener?.panic?.(text);
    throw new HeapCorruption(block, text);
  }

  /** A failed check prints what is wrong and then panics in general terms. */
  corrupt(block: number, text: string): never {
    this.print(text);
    this.listener?.panic?.('pool panic');
    throw new HeapCorruption(block, text);
  }

  assert(holds: boolean, block: number, text: string): void {
    if (!holds) {
      this.listener?.assertionFailed?.(text);
      throw new HeapCorruption(block, `assertion failed: ${text}`);
    }
  }

  print(text: string): void {
    this.work(this.steps.printLine);
    this.printBuffer?.line(text);
    this.listener?.print?.(text);
  }
}

/**
 * C's `value & ~(quantum - 1)`: multiples of the quantum where it is a power of two, and numbers without some of their
 * bits where it is not. The manual page speaks of multiples.
 */
function masked(value: number, quantum: number): number {
  const low = value - Math.floor(value / TWO_TO_32) * TWO_TO_32;
  return value - low + ((low & ~(quantum - 1)) >>> 0);
}

/** A pointer as the golden vectors print it. */
export function pointerText(address: number): string {
  return address === 0 ? '0' : `@${address - HEAP_BASE}`;
}
