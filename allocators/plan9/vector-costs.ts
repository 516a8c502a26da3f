import type { StepObserver } from '../../harness/machine/access-stream';
import { HEAP_BASE, PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Step } from '../../harness/machine/steps';
import type { TouchWatcher } from './heap-words';
import type { PoolSteps } from './steps';

export interface VectorAccess {
  readonly kind: 'read' | 'write';
  readonly offset: number;
  readonly bytes: number;
}

const LINE_SHIFT = 6;

/** What one operation cost, in the counts of the goldens `*.treecost` and `*.touch`. */
export class VectorCosts implements StepObserver, TouchWatcher {
  treeVisits = 0;
  successorHops = 0;
  arenaHops = 0;
  /** Filled only when asked for: a run of twenty thousand operations has millions. */
  accesses: VectorAccess[] = [];
  private steps: PoolSteps | undefined;
  /** Pages that are no longer all zero, by address. */
  private readonly pages = new Set<number>();

  constructor(private readonly keepsAccesses: boolean) {}

  watch(steps: PoolSteps): void {
    this.steps = steps;
    this.clear();
  }

  clear(): void {
    this.treeVisits = 0;
    this.successorHops = 0;
    this.arenaHops = 0;
    this.accesses = [];
  }

  /** The 64-byte lines touched, by number from the region's start, in the order of their first touch. */
  lines(): number[] {
    const lines = new Set<number>();
    for (const { offset, bytes } of this.accesses) {
      for (let line = offset >>> LINE_SHIFT; line <= (offset + bytes - 1) >>> LINE_SHIFT; line++) {
        lines.add(line);
      }
    }
    return [...lines];
  }

  step(step: Step, times: number): void {
    const { steps } = this;
    switch (step) {
      case steps?.fitVisit:
      case steps?.findVisit:
      case steps?.nodeRemove:
      case steps?.headChange:
        this.treeVisits += times;
        break;
      case steps?.successorHop:
        this.successorHops += times;
        break;
      case steps?.arenaHop:
        this.arenaHops += times;
        break;
    }
  }

  touched(kind: 'read' | 'write', address: number, bytes: number): void {
    if (this.keepsAccesses) {
      this.accesses.push({ kind, offset: address - HEAP_BASE, bytes });
    }
    if (kind === 'write') {
      this.notePages(address, bytes);
    }
  }

  notePages(address: number, bytes: number): void {
    for (let page = address - (address % PAGE_BYTES); page < address + bytes; page += PAGE_BYTES) {
      this.pages.add(page);
    }
  }

  /** Forgets which pages were written after showing each to `wipe`. */
  forgetPages(wipe: (address: number, bytes: number) => void): void {
    this.pages.forEach((page) => wipe(page, PAGE_BYTES));
    this.pages.clear();
  }
}
