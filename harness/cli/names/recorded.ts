import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The genuine recordings that ship with the project, as `recorded:NAME`. */

export interface RecordedTrace {
  readonly name: string;
  readonly file: string;
}

/** `traces/recorded/`, in the sources and, copied there by the build, in the compiled package. */
const RECORDED_FOLDER = join(__dirname, '../../../traces/recorded');

/** A recording's file name without its endings: `sqlite3-2000.vg.txt.gz` is `sqlite3-2000`. */
export function recordedTraces(): readonly RecordedTrace[] {
  return readdirSync(RECORDED_FOLDER)
    .filter((name) => !name.endsWith('.md'))
    .sort()
    .map((name) => ({ name: name.slice(0, name.indexOf('.')), file: join(RECORDED_FOLDER, name) }));
}
