import type { MeasuredReplay } from '../metrics/measured-replay';
import type { EngineDefinition } from '../replay/port';
import type { Cell } from '../results/cell';
import type { CellStore } from './cell-store';
import { crashedReplay } from './crashed';
import type { PlannedCell } from './matrix';

/**
 * Runs the cells of a suite: takes what is known already, deals the rest to lanes, keeps each result the moment it is
 * there. Whatever one cell does to its worker is the outcome of that cell; the rest goes on.
 */

/** What became of one cell in a worker. */
export type CellReport =
  | { readonly kind: 'measured'; readonly replay: MeasuredReplay }
  /** The worker died or threw. */
  | { readonly kind: 'crashed'; readonly problem: string }
  /** The two passes of the replay differed. */
  | { readonly kind: 'differed'; readonly problem: string };

/** A worker process; runs one cell at a time. */
export interface Lane {
  /** Rejects with the `UsageError` or `InputError` of a cell that cannot be run as described. */
  run(cell: Cell): Promise<CellReport>;
}

export interface CellRun {
  readonly cells: readonly PlannedCell[];
  /** The keys of the cells, in their order. */
  readonly keys: readonly string[];
  /** Whether all that the results of a cell follow from is in its key. */
  isKnowable(cell: PlannedCell): boolean;
  /** Where known results are sought, and where new ones are kept. */
  readonly known: readonly CellStore[];
  readonly kept: readonly CellStore[];
  /** Each teller of the truth alone; with two in a lane, both must say the same. */
  readonly lanes: readonly (readonly [Lane] | readonly [Lane, Lane])[];
  engineNamed(name: string): EngineDefinition;
  /** Told after every cell. */
  finished(cell: PlannedCell): void;
  /** Whether to start no more cells. */
  isStopping(): boolean;
}

export interface CellRunReport {
  /** By cell; undefined where the run was stopped before. */
  readonly replays: readonly (MeasuredReplay | undefined)[];
  /** Cells that needed no replay. */
  readonly knownCount: number;
  /** Cells of which two runs were not the same, and how. */
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly cell: PlannedCell;
  readonly problem: string;
}

export async function runCells(run: CellRun): Promise<CellRunReport> {
  const replays = run.keys.map((key, index) =>
    run.isKnowable(run.cells[index]!) ? knownReplay(run.known, key) : undefined,
  );
  const knownCount = replays.filter((replay) => replay !== undefined).length;
  replays.forEach((replay, index) => replay !== undefined && run.finished(run.cells[index]!));
  const waiting = replays.flatMap((replay, index) => (replay === undefined ? [index] : []));
  const differences = new Map<number, Difference>();
  const failures = new Map<number, unknown>();
  const work = async (lane: CellRun['lanes'][number]): Promise<void> => {
    while (failures.size === 0 && !run.isStopping()) {
      const index = waiting.shift();
      if (index === undefined) {
        return;
      }
      const cell = run.cells[index]!;
      try {
        const report = await runIn(lane, cell.cell);
        // A worker that dies while everything is being stopped says nothing about its cell.
        if (report.kind === 'measured' || !run.isStopping()) {
          replays[index] = settle(run, index, report);
          if (report.kind === 'differed') {
            differences.set(index, { cell, problem: report.problem });
          }
        }
      } catch (error) {
        failures.set(index, error);
      }
      run.finished(cell);
    }
  };
  await Promise.all(run.lanes.map(work));
  for (const [, error] of inOrder(failures)) {
    throw error;
  }
  return { replays, knownCount, differences: inOrder(differences).map(([, difference]) => difference) };
}

const inOrder = <T>(byCell: ReadonlyMap<number, T>): [number, T][] => [...byCell].sort(([a], [b]) => a - b);

function knownReplay(stores: readonly CellStore[], key: string): MeasuredReplay | undefined {
  for (const store of stores) {
    const replay = store.read(key);
    if (replay !== undefined) {
      return replay;
    }
  }
  return undefined;
}

/** The result of a cell that ran; what was measured is kept, what went wrong is tried again by the next run. */
function settle(run: CellRun, index: number, report: CellReport): MeasuredReplay {
  if (report.kind !== 'measured') {
    const { cell, trace } = run.cells[index]!;
    return crashedReplay(cell, trace.header, report.problem, (name) => run.engineNamed(name));
  }
  for (const store of run.isKnowable(run.cells[index]!) ? run.kept : []) {
    store.write(run.keys[index]!, report.replay);
  }
  return report.replay;
}

async function runIn(lane: CellRun['lanes'][number], cell: Cell): Promise<CellReport> {
  const [first, second] = await Promise.all(lane.map((each) => each.run(cell)));
  return second === undefined ? first! : agreed(first!, second);
}

/** One report if both are the same, and otherwise what sets them apart. */
function agreed(first: CellReport, second: CellReport): CellReport {
  if (first.kind !== 'measured' || second.kind !== 'measured') {
    const problem = `two runs ended differently: ${endOf(first)}; ${endOf(second)}`;
    return endOf(first) === endOf(second) ? first : { kind: 'differed', problem };
  }
  const parts = differingParts(first.replay, second.replay);
  return parts.length === 0
    ? first
    : { kind: 'differed', problem: `two runs differ in their ${parts.join(', ')}` };
}

const endOf = (report: CellReport): string =>
  report.kind === 'measured' ? report.replay.outcome.kind : `${report.kind}, ${report.problem}`;

/** Names of the parts of two replays that are not the same, in the order of results. */
function differingParts(first: MeasuredReplay, second: MeasuredReplay): string[] {
  const names = Object.keys(first) as (keyof MeasuredReplay)[];
  return names.filter((name) => JSON.stringify(first[name]) !== JSON.stringify(second[name]));
}
