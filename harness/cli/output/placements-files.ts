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
  const files = out.begin(cells.length);
  try {
    const replays = await runTasks(cells.map((cell, index) => ({ cell, placementsFile: files[index]! })));
    out.commit(placementsFileNames(replays));
    return replays;
  } finally {
    out.discard();
  }
}

/** File names of replays, no two the same: traces may be called alike, and engines like another with a number. */
export function placementsFileNames(
  replays: readonly {
    readonly trace: { readonly name: string };
    readonly engine: { readonly name: string };
  }[],
): string[] {
  const taken = new Set<string>();
  return replays.map(({ trace, engine }) => {
    const base = fileNameOf(`${trace.name}.${engine.name}`);
    let name = `${base}.csv`;
    for (let number = 2; taken.has(name.toLowerCase()); number++) {
      name = `${base}-${number}.csv`;
    }
    // Some file systems do not tell capitals apart.
    taken.add(name.toLowerCase());
    return name;
  });
}

/** Names of traces and engines may hold anything; a file name may not. */
export const fileNameOf = (name: string): string => name.replace(/[^\w.=+-]/g, '_').slice(0, 200);
