import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest folder around `folder` that holds a package.json: compiled code lies deeper in it than the sources. */
export function packageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) {
    return folder;
  }
  const above = dirname(folder);
  if (above === folder) {
    throw new Error('no package.json around the program');
  }
  return packageRoot(above);
}

export const PACKAGE_ROOT = packageRoot(__dirname);

/** The version in package.json: what `--version` prints and results record. */
export const TOOL_VERSION = (
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;
