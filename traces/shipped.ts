import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, UsageError } from './input-error';

/**
 * The traces that ship with the project: genuine recordings as `recorded:NAME`, annotated ones as `policy:NAME`, and
 * the worst cases that searches found as `adversaries:NAME`.
 */

export interface ShippedTrace {
  readonly name: string;
  readonly file: string;
}

/** Each scheme's folder beside this module, in the sources and, copied there by the build, in the compiled package. */
type Scheme = 'recorded' | 'policy' | 'adversaries';

const SCHEMES: readonly Scheme[] = ['recorded', 'policy', 'adversaries'];

/** What lies in the folders beside traces. */
const NO_TRACE = /\.md$|^expected\.csv$/;

export const recordedTraces = (): readonly ShippedTrace[] => tracesOf('recorded');

export const adversaryTraces = (): readonly ShippedTrace[] => tracesOf('adversaries');

export const policyTraces = (): readonly ShippedTrace[] => tracesOf('policy');

/**
 * The file behind `recorded:NAME`, `policy:NAME` and `adversaries:NAME`, and behind the bare name by which results and
 * reports call one, unless there is a file of that name; everything else stays as it is. Throws a `UsageError` for a
 * name that none has.
 */
export function traceFile(specification: string): string {
  const scheme = SCHEMES.find((each) => specification.startsWith(`${each}:`));
  if (scheme === undefined) {
    const isName = /^[\w-]+$/.test(specification) && !existsSync(specification);
    const called = isName ? SCHEMES.flatMap(tracesOf).find(({ name }) => name === specification) : undefined;
    return called?.file ?? specification;
  }
  const name = specification.slice(scheme.length + 1);
  const shipped = tracesOf(scheme);
  const found = shipped.find((trace) => trace.name === name);
  if (found !== undefined) {
    return found.file;
  }
  const names = shipped.map((trace) => trace.name);
  throw new UsageError({
    problem: `unknown ${scheme} trace "${name}"${didYouMean(name, names)}`,
    expected: `one of ${names.join(', ')}`,
  });
}

/** In the order of the alphabet; a file's name without its endings: `sqlite3-2000.vg.txt.gz` is `sqlite3-2000`. */
function tracesOf(scheme: Scheme): readonly ShippedTrace[] {
  const folder = join(__dirname, scheme);
  return readdirSync(folder)
    .filter((name) => !NO_TRACE.test(name))
    .sort()
    .map((name) => ({ name: name.slice(0, name.indexOf('.')), file: join(folder, name) }));
}
