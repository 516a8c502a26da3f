import * as fs from 'node:fs';
import * as path from 'node:path';
import * as v from 'valibot';
import { didYouMean, InputError, UsageError } from '../../traces/input-error';
import { parsePlacedYaml, type PlacedYaml } from '../text/placed-yaml';
import { PROFILE_SCHEMAS, type Profile } from './profile';

/**
 * Reads profiles: the shipped ones by name, those of users by path. Whatever is wrong with a file is said in one line
 * with its place, the way a compiler would.
 */

/** The shipped profiles, oldest processor first. */
export const PROFILE_NAMES = [
  'flat',
  'core2-2008',
  'nehalem-2009',
  'skylake-sp-2017',
  'zen4-2022',
  'zen4-guest-2026',
] as const;

const FILE_BYTES_MAX = 1 << 20;

/** Whether a pricing names a file rather than a shipped profile: `./lab.yaml`, `lab.yml`. */
export function isProfilePath(name: string): boolean {
  return name.includes('/') || name.includes('\\') || /\.ya?ml$/.test(name);
}

/** Loads a shipped profile. Throws a `UsageError` for a name that is none. */
export function loadShippedProfile(name: string): Profile {
  if (!PROFILE_NAMES.some((shipped) => shipped === name)) {
    throw new UsageError({
      where: '--pricing',
      problem: `unknown profile "${name}"${didYouMean(name, PROFILE_NAMES)}`,
      expected: `one of ${PROFILE_NAMES.join(', ')}, or a file such as ./lab.yaml`,
    });
  }
  const file = path.join(__dirname, 'profiles', name);
  return builtProfile(file) ?? parseProfile(fs.readFileSync(`${file}.yaml`, 'utf8'), `${name}.yaml`);
}

/** What the build has made of a shipped profile. */
function builtProfile(file: string): Profile | undefined {
  return fs.existsSync(`${file}.json`)
    ? (JSON.parse(fs.readFileSync(`${file}.json`, 'utf8')) as Profile)
    : undefined;
}

/** Loads a user's profile. Throws an `InputError` for a file that cannot be read or is no valid profile. */
export function loadProfileFile(file: string): Profile {
  const profile = parseProfile(readText(file), file);
  if (PROFILE_NAMES.some((shipped) => shipped === profile.name)) {
    throw new InputError({
      where: file,
      problem: `the name "${profile.name}" belongs to a shipped profile`,
      expected: 'a name of its own, so that results say which figures they rest on',
    });
  }
  return profile;
}

function readText(file: string): string {
  try {
    const { size } = fs.statSync(file);
    if (size > FILE_BYTES_MAX) {
      throw new InputError({ where: file, problem: `${size} bytes`, expected: 'a profile of at most 1 MiB' });
    }
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InputError) {
      throw error;
    }
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError({ where: file, problem: `cannot be read (${code})`, expected: 'a profile in YAML' });
  }
}

/** Parses and validates a profile; `file` is the name that errors give. */
export function parseProfile(text: string, file: string): Profile {
  const yaml = parsePlacedYaml(text, file);
  const { schema, model } = schemaOf(yaml);
  const result = v.safeParse(schema, yaml.data);
  if (!result.success) {
    // A misspelt key is also a missing one: the misspelling is what helps.
    const unknown = result.issues.find(({ expected }) => expected === 'never');
    throw invalid(unknown ?? result.issues[0], PROFILE_SCHEMAS[model], yaml);
  }
  return result.output;
}

/** The model decides which keys there are, so it is looked at first. */
function schemaOf({ data: value, placeOf }: PlacedYaml) {
  const models = Object.keys(PROFILE_SCHEMAS) as (keyof typeof PROFILE_SCHEMAS)[];
  const stated = typeof value === 'object' && value !== null && 'model' in value ? value.model : undefined;
  const model = models.find((each) => each === stated);
  if (model === undefined) {
    const problem = stated === undefined ? 'no model' : `model: ${JSON.stringify(stated)}`;
    const hint = typeof stated === 'string' ? didYouMean(stated, models) : '';
    throw new InputError({
      where: placeOf(['model']),
      problem: `${problem}${hint}`,
      expected: `model: ${models.join(' or ')}`,
    });
  }
  return { schema: PROFILE_SCHEMAS[model], model };
}

function invalid(issue: v.BaseIssue<unknown>, schema: v.GenericSchema, { placeOf }: PlacedYaml): InputError {
  const items = issue.path ?? [];
  const keys = items.map((item) => String(item.key));
  const where = placeOf(keys);
  const last = items.at(-1);
  const inside = keys.slice(0, -1).join('.');
  if (issue.type === 'strict_object' && last !== undefined && 'origin' in last && last.origin === 'key') {
    const known = keysAt(schema, keys.slice(0, -1));
    const group = inside === '' ? 'a profile' : inside;
    const name = keys.at(-1)!;
    return issue.expected === 'never'
      ? new InputError({
          where,
          problem: `unknown key "${name}" in ${group}${didYouMean(name, known)}`,
          expected: `one of ${known.join(', ')}`,
        })
      : new InputError({ where, problem: `no "${name}" in ${group}`, expected: known.join(', ') });
  }
  const expected = issue.kind === 'validation' ? issue.message : (issue.expected ?? 'another value');
  const found = typeof issue.input === 'object' ? '' : ` is ${shown(issue.input)}`;
  return new InputError({ where, problem: `${keys.join('.')}${found}`, expected });
}

/** Infinities and the like are no JSON. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** The keys that an object of the schema has at `path`. */
function keysAt(schema: v.GenericSchema, path: readonly string[]): readonly string[] {
  let here: v.GenericSchema = schema;
  for (const key of path) {
    here = (entriesOf(here) ?? {})[key] ?? here;
  }
  return Object.keys(entriesOf(here) ?? {});
}

function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | undefined {
  if ('wrapped' in schema) {
    return entriesOf(schema.wrapped as v.GenericSchema);
  }
  return 'entries' in schema ? (schema.entries as Record<string, v.GenericSchema>) : undefined;
}
