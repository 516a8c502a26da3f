import type { AccessStream, StepObserver } from '../machine/access-stream';
import type { Machine } from '../machine/machine';
import type { NamedStep, Step } from '../machine/steps';

/**
 * A watchpoint: keeps the step that made the last access of interest. A step is reported after its accesses, so those
 * since the step before are its own; what an engine does after its last step is told of that.
 */
export abstract class AccessWatch implements StepObserver {
  private machine: Machine | undefined;
  private noted: Step | undefined;
  /** An access of interest was seen whose step has not been reported yet. */
  private isPending = false;
  private scanned = 0;

  /** From here on: what happened before is of no interest. */
  begin(machine: Machine): void {
    this.machine = machine;
  }

  /** Undefined where no access was of interest. */
  protected get notedStep(): NamedStep | undefined {
    const { machine } = this;
    const step = this.isPending ? machine?.stream.lastStep : this.noted;
    return step === undefined ? undefined : machine?.steps.step(step);
  }

  step(step: Step, _times: number, position: number): void {
    if (this.machine !== undefined) {
      this.scan(this.machine.stream, position);
    }
    if (this.isPending) {
      this.noted = step;
      this.isPending = false;
    }
  }

  readonly drain = (batch: AccessStream): void => {
    if (this.machine !== undefined) {
      this.scan(batch, batch.entryCount);
    }
    this.scanned = 0;
  };

  private scan({ entries }: AccessStream, end: number): void {
    for (; this.scanned < end; this.scanned++) {
      const entry = entries[this.scanned]!;
      if (this.isOfInterest((entry & ~3) >>> 0, entry & 3)) {
        this.isPending = true;
      }
    }
  }

  protected abstract isOfInterest(address: number, kind: number): boolean;
}
