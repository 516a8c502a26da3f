import { NOTED, PRICED, type NotedName } from './domain-events';

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
  /** Where in a compiled engine's source it stands: innermost first, each inlined into the next. */
  readonly place?: readonly SourceLine[];
}

/** A function at a line of a compiled engine's source. */
export interface SourceLine {
  readonly functionName: string;
  /** As the build named it: relative to the engine's description. */
  readonly file: string;
  /** 0 where the compiler said nothing. */
  readonly line: number;
}

export type StepDefinitions = Readonly<Record<string, StepDefinition>>;

export interface NamedStep extends StepDefinition {
  readonly engine: string;
  readonly name: string;
}

/** More steps than all models together have. The lines of a compiled engine are more: the tables double for them. */
const STEPS_AT_FIRST = 1024;

export class StepTable {
  /** Twice the instructions, plus 1 where a step is more than these: one look says what nearly all steps are. */
  weights = new Int32Array(STEPS_AT_FIRST);
  mispredicts = new Float64Array(STEPS_AT_FIRST);
  noted = new Uint8Array(STEPS_AT_FIRST);
  /** The domain counts that any step may change, a bit each. */
  pricedEvents = 0;
  notedEvents = 0;
  private readonly steps: NamedStep[] = [];

  /** @param isObserved whether somebody is told of every step, so that each is more than its instructions */
  constructor(private readonly isObserved = false) {}

  /** Registers an engine's steps and returns their indices under the same names. */
  define<T extends StepDefinitions>(engine: string, definitions: T): { readonly [name in keyof T]: Step } {
    const indices: Record<string, Step> = {};
    for (const [name, definition] of Object.entries(definitions)) {
      const step = this.steps.length;
      if (step === this.weights.length) {
        this.double();
      }
      if (!Number.isInteger(definition.instructions)) {
        throw new RangeError(
          `${engine}: step ${name} has ${definition.instructions} instructions, not a whole number`,
        );
      }
      this.steps.push({ engine, name, ...definition });
      this.mispredicts[step] = definition.mispredicts ?? 0;
      this.noted[step] = NOTED[definition.event ?? 'none'];
      const isMispredicted = this.mispredicts[step] !== 0;
      this.pricedEvents |= isMispredicted ? 1 << PRICED.mispredicts : 0;
      this.notedEvents |= 1 << this.noted[step]!;
      const isMore = this.isObserved || this.noted[step] !== NOTED.none || isMispredicted;
      this.weights[step] = 2 * definition.instructions + (isMore ? 1 : 0);
      indices[name] = step as Step;
    }
    return indices as { readonly [name in keyof T]: Step };
  }

  private double(): void {
    const size = 2 * this.weights.length;
    const { weights, mispredicts, noted } = this;
    this.weights = new Int32Array(size);
    this.weights.set(weights);
    this.mispredicts = new Float64Array(size);
    this.mispredicts.set(mispredicts);
    this.noted = new Uint8Array(size);
    this.noted.set(noted);
  }

  step(index: number): NamedStep {
    const step = this.steps[index];
    if (step === undefined) {
      throw new RangeError(`no step ${index} on this machine`);
    }
    return step;
  }
}
