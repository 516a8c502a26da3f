import { Machine, type MachineOptions } from '../machine/machine';
import type { Stack } from '../replay/stack';
import { BULK_STEPS, type BulkStep } from './story';

/**
 * Makes an engine on a fresh machine, with what is to watch it; called once a pass. `makeMachine` makes the machine, a
 * plain one where it is left out.
 */
export type StackMaker = (
  watch: Pick<MachineOptions, 'drain' | 'observer'>,
  makeMachine?: (options: MachineOptions) => Machine,
) => Stack;

/** Told where bulk verbs of the machine begin and end: no engine reports them as steps of its own. */
export interface BulkObserver {
  bulkBegins(): void;
  bulkEnds(step: BulkStep): void;
}

/** A machine on which a `copy` of half a megabyte is a step, and no part of the one that comes after it. */
export class StepMachine extends Machine {
  private isInBulk = false;

  constructor(
    options: MachineOptions,
    private readonly bulkObserver: BulkObserver,
  ) {
    super(options);
  }

  override clear(address: number, bytes: number): void {
    this.bulk(BULK_STEPS.clear, () => super.clear(address, bytes));
  }

  override fill(address: number, bytes: number, value: number): void {
    this.bulk(BULK_STEPS.fill, () => super.fill(address, bytes, value));
  }

  override copy(destination: number, source: number, bytes: number): void {
    this.bulk(BULK_STEPS.copy, () => super.copy(destination, source, bytes));
  }

  /** One bulk verb may be made of another: the outer one is told. */
  private bulk(step: BulkStep, action: () => void): void {
    if (this.isInBulk) {
      action();
      return;
    }
    this.isInBulk = true;
    this.bulkObserver.bulkBegins();
    action();
    this.bulkObserver.bulkEnds(step);
    this.isInBulk = false;
  }
}
