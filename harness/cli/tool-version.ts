import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that holds package.json: one above `harness/` in the sources, two in the compiled package. */
export const PACKAGE_ROOT = __dirname.includes(`${'dist'}`)
  ? join(__dirname, '../../..')
  : join(__dirname, '../..');

/** The version in package.json: what `--version` prints and results record. */
export const TOOL_VERSION = (
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;
