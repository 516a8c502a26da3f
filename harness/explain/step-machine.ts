import { Machine, type MachineOptions } from '../machine/machine';
import type { Stack } from '../replay/stack';
import { MACHINE_STEPS, type MachineStep } from './story';

/**
 * Makes an engine on a fresh machine, with what is to watch it; called once a pass. `makeMachine` makes the machine, a
 * plain one where it is left out.
 */
export type StackMaker = (
  watch: Pick<MachineOptions, 'drain' | 'observer'>,
  makeMachine?: (options: MachineOptions) => Machine,
) => Stack;

/** Told where verbs of the machine begin and end that no engine reports as steps of its own. */
export interface MachineObserver {
  machineStepBegins(): void;
  /** `times` is left out where it is the number of lines. */
  machineStepEnds(step: MachineStep, times?: number): void;
}

/** A machine on which a copy of half a megabyte is a step, and no part of the engine's step that comes after it. */
export class StepMachine extends Machine {
  private isInStep = false;

  constructor(
    options: MachineOptions,
    private readonly machineObserver: MachineObserver,
  ) {
    super(options);
  }

  override clear(address: number, bytes: number): void {
    this.step(MACHINE_STEPS.clear, () => super.clear(address, bytes));
  }

  override fill(address: number, bytes: number, value: number): void {
    this.step(MACHINE_STEPS.fill, () => super.fill(address, bytes, value));
  }

  override copy(destination: number, source: number, bytes: number): void {
    this.step(MACHINE_STEPS.copy, () => super.copy(destination, source, bytes));
  }

  override map(pages: number): void {
    this.step(MACHINE_STEPS.map, () => super.map(pages), pages);
  }

  override unmap(pages: number): void {
    this.step(MACHINE_STEPS.unmap, () => super.unmap(pages), pages);
  }

  override tlbFlush(times: number): void {
    this.step(MACHINE_STEPS.tlbFlush, () => super.tlbFlush(times), times);
  }

  /** One of these verbs may be made of another: the outer one is told. */
  private step(step: MachineStep, action: () => void, times?: number): void {
    if (this.isInStep) {
      action();
      return;
    }
    this.isInStep = true;
    this.machineObserver.machineStepBegins();
    action();
    this.machineObserver.machineStepEnds(step, times);
    this.isInStep = false;
  }
}
