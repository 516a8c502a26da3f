import { NOTED, type NotedName } from './domain-events';

/**
 * The steps of the engines on one machine: every engine names its steps once, with the instructions that the compiled
 * reference spends on each and the domain event that the step is, if it is one. Engines report a step with
 * `machine.work(step)` after the accesses that belong to it; `explain` reads the same calls as a story.
 */

declare const stepBrand: unique symbol;
/** Index of a step in the machine's table. */
export type Step = number & { readonly [stepBrand]: true };

export interface StepDefinition {
  /** Instructions of the compiled reference, without the memory operands' own cost. */
  readonly instructions: number;
  readonly event?: NotedName;
  /** Branches in this step that the reference's predictor misses (the exit of a data-dependent loop). */
  readonly mispredicts?: number;
}

export type StepDefinitions = Readonly<Record<string, StepDefinition>>;

export interface NamedStep extends StepDefinition {
  readonly engine: string;
  readonly name: string;
}

/** More steps than all engines together need; fixed so that the weights are plain typed arrays. */
const STEPS_MAX = 1024;

export class StepTable {
  /** Twice the instructions, plus 1 where a step is more than these: one look says what nearly all steps are. */
  readonly weights = new Int32Array(STEPS_MAX);
  readonly mispredicts = new Float64Array(STEPS_MAX);
  readonly noted = new Uint8Array(STEPS_MAX);
  private readonly steps: NamedStep[] = [];

  /** @param isObserved whether somebody is told of every step, so that each is more than its instructions */
  constructor(private readonly isObserved = false) {}

  /** Registers an engine's steps and returns their indices under the same names. */
  define<T extends StepDefinitions>(engine: string, definitions: T): { readonly [name in keyof T]: Step } {
    const indices: Record<string, Step> = {};
    for (const [name, definition] of Object.entries(definitions)) {
      const step = this.steps.length;
      if (step >= STEPS_MAX) {
        throw new RangeError(`more than ${STEPS_MAX} engine steps on one machine`);
      }
      if (!Number.isInteger(definition.instructions)) {
        throw new RangeError(
          `${engine}: step ${name} has ${definition.instructions} instructions, not a whole number`,
        );
      }
      this.steps.push({ engine, name, ...definition });
      this.mispredicts[step] = definition.mispredicts ?? 0;
      this.noted[step] = NOTED[definition.event ?? 'none'];
      const isMore = this.isObserved || this.noted[step] !== NOTED.none || this.mispredicts[step] !== 0;
      this.weights[step] = 2 * definition.instructions + (isMore ? 1 : 0);
      indices[name] = step as Step;
    }
    return indices as { readonly [name in keyof T]: Step };
  }

  step(index: number): NamedStep {
    const step = this.steps[index];
    if (step === undefined) {
      throw new RangeError(`no step ${index} on this machine`);
    }
    return step;
  }
}
