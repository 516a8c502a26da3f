import type { MeasuredReplay } from '../../metrics/measured-replay';
import type { Cell } from '../../results/cell';
import { OutputFolder } from './output-folder';
import { tellLine } from './terminal';
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
    const names = placementsFileNames(replays);
    out.commit(names);
    tellLine(`placements in ${folder}: ${names.join(' ')}`);
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

/** Names of traces and engines may hold anything; a file name letters and digits of any script, and few signs. */
export function fileNameOf(name: string): string {
  const letters = [...name.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}_.=+-]/gu, '_')].slice(
    0,
    FILE_NAME_BYTES_MAX,
  );
  while (Buffer.byteLength(letters.join('')) > FILE_NAME_BYTES_MAX) {
    letters.pop();
  }
  return letters.join('');
}

/** File systems take 255 bytes; an ending and a number come behind. */
const FILE_NAME_BYTES_MAX = 200;
