import type { AccessStream, StepObserver } from '../machine/access-stream';
import type { Machine } from '../machine/machine';
import type { Step } from '../machine/steps';

/**
 * Which step touched a range of memory last: of an engine in C the function and the line, of a block that nobody has
 * any more where it was lost.
 */
export class LastTouch implements StepObserver {
  private examined = 0;
  private last: Step | undefined;
  private machine: Machine | undefined;

  constructor(
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** From now on, when the engine has started. */
  watch(machine: Machine): void {
    this.machine = machine;
  }

  step(step: Step, _times: number, position: number): void {
    if (this.machine === undefined) {
      return;
    }
    const { entries } = this.machine.stream;
    for (; this.examined < position; this.examined++) {
      const address = entries[this.examined]! & ~3;
      if (address >= this.start && address < this.end) {
        this.last = step;
      }
    }
  }

  readonly drain = (_batch: AccessStream): void => {
    this.examined = 0;
  };

  /** The step's name, or undefined where no step touched the range. */
  get place(): string | undefined {
    return this.last === undefined ? undefined : this.machine?.steps.step(this.last).name;
  }
}
