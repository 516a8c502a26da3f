import * as assert from 'uvu/assert';
import { compiled, REDUCTION } from './compiled-extras';
import { measuredCounts, type MeasuredCounts } from '../../fidelity/measured';
import { countStorm, type Storm } from '../../fidelity/storm-replay';

/** The storms that were measured on the compiled reference, and how the models compare. */

/** Rows of one measured run: one engine, one storm, one number of live objects. */
export interface MeasuredRun {
  readonly engine: string;
  readonly storm: string;
  readonly live: number;
  readonly rows: readonly MeasuredCounts[];
}

/** What the project promises is 10 % and 15 %; the models do better, and are held to it. */
const ACCESSES_OFF_MAX = 0.04;
const INSTRUCTIONS_OFF_MAX = 0.03;

export function measuredRuns(): readonly MeasuredRun[] {
  const runs = new Map<string, MeasuredCounts[]>();
  for (const row of measuredCounts()) {
    const key = `${row.engine} ${row.storm} ${row.live}`;
    runs.set(key, [...(runs.get(key) ?? []), row]);
  }
  return [...runs.values()].map((rows) => ({ ...rows[0]!, rows }));
}

/** The storm that was measured. */
export function stormOf({ engine, storm, live }: MeasuredRun): Storm {
  const drain = storm !== 'fragnd';
  return { engine, storm: storm === 'near' ? 'near' : 'half', live, pairs: drain ? 4000 : 1000, drain };
}

/** Replays the run's storm and holds loads, stores and instructions per operation against each of its rows. */
export async function compareRun(run: MeasuredRun): Promise<void> {
  const phases = await countStorm(stormOf(run));
  for (const row of run.rows) {
    const counts = phases.get(`${row.phase} ${row.op}`)!;
    const where = `${row.engine} ${row.storm} ${row.live} ${row.phase} ${row.op}`;
    for (const kind of ['loads', 'stores'] as const) {
      assertNear(compiled(counts, kind, REDUCTION), row[kind], ACCESSES_OFF_MAX, `${kind} of ${where}`);
    }
    const instructions = counts.instructions / counts.operations;
    assertNear(instructions, row.instructions, INSTRUCTIONS_OFF_MAX, `instructions of ${where}`);
  }
}

export function assertNear(actual: number, expected: number, offMax: number, what: string): void {
  const off = Math.abs(actual / expected - 1);
  assert.ok(
    off <= offMax,
    `${what}: ${actual.toFixed(2)}, measured ${expected} (${(off * 100).toFixed(1)} %)`,
  );
}
