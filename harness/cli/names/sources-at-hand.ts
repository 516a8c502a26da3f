import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';

/**
 * The sources of a compiled engine, as far as they lie where its build says. A file is taken only when it is the one
 * that was compiled: a module names files as it likes, and must not have others shown.
 */

/** Longer than any allocator. */
const SOURCE_BYTES_MAX = 1 << 22;

/**
 * The lines of each file by the name that the build gave it: relative to the engine's description, or to a folder that
 * a variable of the environment holds.
 *
 * @param engine the path of the engine's description or module
 * @param sha256s of the files, by name
 */
export function sourcesAtHand(
  engine: string,
  sha256s: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [name, sha256] of Object.entries(sha256s)) {
    const contents = contentsOf(fileOf(name, path.dirname(engine)));
    if (contents !== undefined && createHash('sha256').update(contents).digest('hex') === sha256) {
      found.set(name, contents.toString('utf8').split('\n'));
    }
  }
  return found;
}

function fileOf(name: string, folder: string): string {
  const [, variable, rest] = /^\$(\w+)\/(.*)$/.exec(name) ?? [];
  const root = variable === undefined ? undefined : process.env[variable];
  return root === undefined ? path.resolve(folder, name) : path.resolve(root, rest!);
}

function contentsOf(file: string): Buffer | undefined {
  try {
    const { size } = statSync(file);
    return size > SOURCE_BYTES_MAX ? undefined : readFileSync(file);
  } catch {
    return undefined;
  }
}
