import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, UsageError } from '../../../traces/input-error';

/** The annotated traces that ship with the project, as `policy:NAME`. */

/** `traces/policy/`, in the sources and, copied there by the build, in the compiled package. */
const POLICY_FOLDER = join(__dirname, '../../../traces/policy');

const POLICY_SCHEME = 'policy:';
const EXPECTED = 'expected.csv';

/** Names of the shipped traces, in the order of the alphabet. */
export function policyTraces(): readonly string[] {
  return readdirSync(POLICY_FOLDER)
    .filter((name) => name.endsWith('.csv') && name !== EXPECTED)
    .sort()
    .map((name) => name.slice(0, -'.csv'.length));
}

/** The file behind `policy:NAME`; everything else stays as it is. Throws a `UsageError` for a name that none has. */
export function policyTraceFile(specification: string): string {
  if (!specification.startsWith(POLICY_SCHEME)) return specification;
  const name = specification.slice(POLICY_SCHEME.length);
  const names = policyTraces();
  if (!names.includes(name)) {
    throw new UsageError({
      problem: `unknown policy trace "${name}"${didYouMean(name, names)}`,
      expected: `one of ${names.join(', ')}`,
    });
  }
  return join(POLICY_FOLDER, `${name}.csv`);
}
