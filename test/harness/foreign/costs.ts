import * as assert from 'uvu/assert';
import { compiled, REDUCTION, type ExtrasByStep } from '../../allocators/xen/compiled-extras';
import { assertNear, measuredRuns, stormOf, type MeasuredRun } from '../../allocators/xen/measured-rows';
import type { PhaseFigures } from '../../fidelity/phase-figures';
import { countStorm } from '../../fidelity/storm-replay';
import { cEngine, TWINS } from './c-engine';

/**
 * What an engine in C does an operation against what callgrind counted of the reference.
 *
 * The reference's counts hold what its compiler kept on the stack, which through WebAssembly is no access. That share
 * is known by step (`compiled-extras.ts`); the model of the same allocator says how often each step was taken.
 */

const ACCESSES_OFF_MAX = 0.06;
/** Two compilers keep different words in registers. */
const KIND_OFF_MAX = 0.12;
const INSTRUCTIONS_OFF_MAX = 0.15;

/** Per operation, what callgrind counted. */
export interface Counted {
  readonly instructions: number;
  readonly loads: number;
  readonly stores: number;
}

/** The measured runs of engines that have a twin in C. */
export function twinRuns(): readonly MeasuredRun[] {
  return measuredRuns().filter(({ engine }) => TWINS.has(engine));
}

/** Replays the run's storm through model and twin and holds the twin against each of the run's rows. */
export async function assertStormCosts(run: MeasuredRun): Promise<void> {
  const model = await countStorm(stormOf(run));
  const twin = await countStorm({ ...stormOf(run), definition: cEngine(TWINS.get(run.engine)!) });
  for (const row of run.rows) {
    const key = `${row.phase} ${row.op}`;
    assertCosts(twin.get(key)!, model.get(key)!, row, REDUCTION, `${row.storm} ${row.live} ${key}`);
  }
}

export function assertCosts(
  engine: PhaseFigures,
  model: PhaseFigures,
  measured: Counted,
  extras: ExtrasByStep,
  what: string,
): void {
  assert.is(engine.operations, model.operations);
  const reference = {
    loads: measured.loads - onStack(model, 'loads', extras),
    stores: measured.stores - onStack(model, 'stores', extras),
    instructions: measured.instructions,
  };
  assertWithinLimits(engine, reference, what);
}

/** Holds an engine in C against what was counted of it, or of its twin, without the stack. */
export function assertWithinLimits(
  engine: PhaseFigures,
  { loads, stores, instructions }: Counted,
  what: string,
): void {
  const each = (sum: number) => sum / engine.operations;
  assertNear(each(engine.loads), loads, KIND_OFF_MAX, `loads of ${what}`);
  assertNear(each(engine.stores), stores, KIND_OFF_MAX, `stores of ${what}`);
  assertNear(each(engine.loads + engine.stores), loads + stores, ACCESSES_OFF_MAX, `accesses of ${what}`);
  assertNear(each(engine.instructions), instructions, INSTRUCTIONS_OFF_MAX, `instructions of ${what}`);
}

function onStack(model: PhaseFigures, kind: 'loads' | 'stores', extras: ExtrasByStep): number {
  return compiled(model, kind, extras) - model[kind] / model.operations;
}
