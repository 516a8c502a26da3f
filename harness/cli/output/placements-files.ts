import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import type { Cell } from '../../results/cell';
import { OutputFolder } from './output-folder';
import type { Task } from '../workers/task';

/**
 * Runs cells with their placements written to `<folder>/<trace>.<engine>.csv`: to partial files while they run, and
 * renamed when all are done. Without a folder the cells just run.
 */
export async function withPlacements(
  folder: string | undefined,
  cells: readonly Cell[],
  runTasks: (tasks: readonly Task[]) => Promise<MeasuredReplay[]>,
): Promise<MeasuredReplay[]> {
  if (folder === undefined) {
    return runTasks(cells.map((cell) => ({ cell })));
  }
  const out = OutputFolder.at(folder, '--placements');
  const { path } = out;
  out.make();
  const partial = cells.map((_, index) => join(path, `.placements-${process.pid}-${index}.partial`));
  try {
    const replays = await runTasks(cells.map((cell, index) => ({ cell, placementsFile: partial[index]! })));
    const names = placementsFileNames(replays);
    partial.forEach((file, index) => renameSync(file, join(path, names[index]!)));
    return replays;
  } finally {
    for (const file of partial) {
      if (existsSync(file)) {
        rmSync(file);
      }
    }
    out.discard();
  }
}

/** File names of replays; equal names (two traces called alike) are told apart by a number. */
export function placementsFileNames(replays: readonly MeasuredReplay[]): string[] {
  const taken = new Map<string, number>();
  return replays.map(({ trace, engine }) => {
    const base = fileNameOf(`${trace.name}.${engine.name}`);
    const count = (taken.get(base) ?? 0) + 1;
    taken.set(base, count);
    return count === 1 ? `${base}.csv` : `${base}-${count}.csv`;
  });
}

/** Names of traces and engines may hold anything; a file name may not. */
const fileNameOf = (name: string): string => name.replace(/[^\w.=+-]/g, '_').slice(0, 200);
