import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../results/results';
import { readResults } from '../../results/results-file';

/** Reads results from a file, or from the `results.json` of a folder. Throws an `InputError` that names the place. */
export function resultsAt(path: string): Results {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return readResults(isFolder ? join(path, 'results.json') : path);
}
