import * as fs from 'node:fs';
import * as path from 'node:path';
import * as v from 'valibot';
import { didYouMean, InputError } from '../../../traces/input-error';
import { parsePlacedYaml, type PlacedYaml } from '../../text/placed-yaml';

/**
 * The description of a foreign engine: which sources it is made of and how they are compiled. A `.engine.yaml` says it
 * in full; a single `.c` file that carries its glue describes itself.
 */

const ABIS = ['lp64', 'ilp32'] as const;
export type Abi = (typeof ABIS)[number];

export interface EngineConstants {
  readonly headerBytes: number;
  readonly granuleBytes: number;
  readonly blockBytesMin: number;
  readonly alignBytesMax?: number;
  readonly requestBytesMax?: number;
}

/** What results and lists say of an engine; it travels in the built module. */
export interface EngineFacts {
  readonly name: string;
  readonly summary: string;
  readonly lineage: string;
  readonly abi: Abi;
  readonly constants: EngineConstants;
  /** The registered engine that models it, whose known deviations from what callers expect are its own too. */
  readonly model?: string;
  /** The engine that serves `ar_page_alloc`, and its options. */
  readonly pages: { readonly engine: string; readonly options: Readonly<Record<string, string>> };
}

export interface EngineDescription {
  readonly facts: EngineFacts;
  /** The folder that names of sources are relative to. */
  readonly folder: string;
  /** Absolute, in the order of the description. */
  readonly sources: readonly string[];
  /** Absolute folders, in the order in which they are searched. */
  readonly include: readonly string[];
  readonly pack: string | undefined;
  readonly libc: 'own' | 'wasi';
  readonly defines: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  /** Folders outside that a `$NAME` stood for, so that the build names their files by it. */
  readonly roots: readonly { readonly name: string; readonly folder: string }[];
}

/** What a name of the environment stands for; undefined where it is not set. */
export type Variables = (name: string) => string | undefined;

const TEXT = 'a text that is not empty';
const COUNT = 'a whole number from 0';
const text = v.pipe(v.string(TEXT), v.nonEmpty(TEXT));
const texts = v.pipe(v.array(text, 'a list of texts'), v.minLength(1, 'a list with an entry at least'));
const count = v.pipe(v.number(COUNT), v.safeInteger(COUNT), v.minValue(0, COUNT));
const powerOfTwo = v.pipe(
  count,
  v.check((value) => value > 0 && value <= 0x4000_0000 && (value & (value - 1)) === 0, 'a power of two'),
);
const scalar = v.union([v.string(), v.number(), v.boolean()], 'a text or a number');
const NAME = 'lowercase letters, digits and hyphens, beginning with a letter or digit';

const FIELDS = {
  name: v.optional(v.pipe(v.string(NAME), v.regex(/^[a-z0-9][a-z0-9-]*$/, NAME))),
  summary: v.optional(text),
  lineage: v.optional(text),
  model: v.optional(text),
  abi: v.optional(v.picklist(ABIS, 'lp64 or ilp32')),
  sources: texts,
  include: v.optional(texts),
  pack: v.optional(text),
  libc: v.optional(v.picklist(['own', 'wasi'], 'own or wasi')),
  defines: v.optional(v.record(v.string(), v.nullable(scalar), 'names and their values')),
  flags: v.optional(texts),
  pages: v.optional(
    v.union([text, v.objectWithRest({ engine: text }, scalar)], 'an engine, or `engine:` and its options'),
  ),
  constants: v.optional(
    v.strictObject(
      {
        headerBytes: v.optional(count),
        granuleBytes: v.optional(powerOfTwo),
        blockBytesMin: v.optional(count),
        alignBytesMax: v.optional(powerOfTwo),
        requestBytesMax: v.optional(count),
      },
      'headerBytes, granuleBytes, blockBytesMin, alignBytesMax, requestBytesMax',
    ),
  ),
};
const schema = v.strictObject(FIELDS, 'a mapping with `sources:`');
type Fields = v.InferOutput<typeof schema>;

const FILE_BYTES_MAX = 1 << 20;
const PAGES_DEFAULT = 'xenheap-pages';

/** Reads a description. Throws an `InputError` with the place of what is wrong. */
export function readEngineFile(file: string, shownAs: string, variables: Variables): EngineDescription {
  const yaml = parsePlacedYaml(readText(file, shownAs), shownAs);
  const result = v.safeParse(schema, yaml.data);
  if (!result.success) {
    throw problemOf(result.issues[0], yaml, shownAs);
  }
  return described(result.output, file, yaml, variables);
}

/** The description of a single source that carries its glue. */
export function describeSource(file: string): EngineDescription {
  return {
    facts: factsOf({ sources: [file] }, nameOf(file)),
    folder: path.dirname(file),
    sources: [file],
    include: [path.dirname(file)],
    pack: undefined,
    libc: 'own',
    defines: {},
    flags: [],
    roots: [],
  };
}

/** The name of an engine whose description says none: its file's. */
export function nameOf(file: string): string {
  const base = path.basename(file).replace(/\.(engine\.ya?ml|ya?ml|c|cc|cpp|cxx|wasm)$/i, '');
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'engine' : name;
}

/** What is said of an engine of which nothing is said. */
export function factsOf(fields: Fields, name: string): EngineFacts {
  const abi = fields.abi ?? 'lp64';
  const { constants = {}, pages = PAGES_DEFAULT } = fields;
  const granuleBytes = constants.granuleBytes ?? (abi === 'lp64' ? 8 : 4);
  const { engine, ...options } = typeof pages === 'string' ? { engine: pages } : pages;
  return {
    name: fields.name ?? name,
    summary: fields.summary ?? `${fields.name ?? name}, compiled from C to WebAssembly`,
    lineage: fields.lineage ?? 'brought by the user',
    abi,
    ...(fields.model !== undefined && { model: fields.model }),
    constants: {
      headerBytes: constants.headerBytes ?? 0,
      granuleBytes,
      blockBytesMin: constants.blockBytesMin ?? granuleBytes,
      ...(constants.alignBytesMax !== undefined && { alignBytesMax: constants.alignBytesMax }),
      ...(constants.requestBytesMax !== undefined && { requestBytesMax: constants.requestBytesMax }),
    },
    pages: {
      engine,
      options: Object.fromEntries(Object.entries(options).map(([option, value]) => [option, String(value)])),
    },
  };
}

function described(fields: Fields, file: string, yaml: PlacedYaml, variables: Variables): EngineDescription {
  const folder = path.dirname(file);
  const roots = new Map<string, string>();
  const absolute = (field: 'sources' | 'include') =>
    (fields[field] ?? []).map((name, index) => {
      const expanded = name.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
        const variable = (braced ?? bare)!;
        const value = variables(variable);
        if (value === undefined || value === '') {
          throw new InputError({
            where: yaml.placeOf([field, index]),
            problem: `$${variable} is not set`,
            expected: `it in the environment, as in ${variable}=/path/to/tree`,
          });
        }
        roots.set(variable, path.resolve(value));
        return value;
      });
      const found = path.resolve(folder, expanded);
      if (!fs.existsSync(found)) {
        throw new InputError({
          where: yaml.placeOf([field, index]),
          problem: `no file "${name}"`,
          expected: `a path relative to ${path.basename(file)}`,
        });
      }
      return found;
    });
  const pack = fields.pack === undefined ? undefined : packOf(fields.pack, yaml);
  return {
    facts: factsOf(fields, nameOf(file)),
    folder,
    sources: [...absolute('sources'), ...(pack === undefined ? [] : glueOf(pack))],
    include: absolute('include'),
    pack,
    libc: fields.libc ?? 'own',
    defines: Object.fromEntries(
      Object.entries(fields.defines ?? {}).map(([name, value]) => [
        name,
        value === null ? '1' : String(value),
      ]),
    ),
    flags: fields.flags ?? [],
    roots: [...roots].map(([name, root]) => ({ name, folder: root })),
  };
}

/** The folder of C that every engine is built with: the port, the runtime, libc's headers, the packs. */
export const C_FOLDER = path.join(__dirname, '..', 'c');
const PACKS_FOLDER = path.join(C_FOLDER, 'packs');

function packOf(name: string, yaml: PlacedYaml): string {
  const packs = fs
    .readdirSync(PACKS_FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name: pack }) => pack)
    .sort();
  if (!packs.includes(name)) {
    throw new InputError({
      where: yaml.placeOf(['pack']),
      problem: `unknown pack "${name}"${didYouMean(name, packs)}`,
      expected: `one of ${packs.join(', ')}`,
    });
  }
  return path.join(PACKS_FOLDER, name);
}

/** The sources of a pack, which stand between what it is for and the port. */
function glueOf(pack: string): string[] {
  return fs
    .readdirSync(pack)
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => path.join(pack, name));
}

function readText(file: string, shownAs: string): string {
  try {
    const { size } = fs.statSync(file);
    if (size > FILE_BYTES_MAX) {
      throw new InputError({
        where: shownAs,
        problem: `${size} bytes`,
        expected: 'a description of at most 1 MiB',
      });
    }
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof InputError) {
      throw error;
    }
    throw new InputError({
      where: shownAs,
      problem: 'cannot be read',
      expected: 'the description of an engine',
    });
  }
}

function problemOf(issue: v.BaseIssue<unknown>, yaml: PlacedYaml, file: string): InputError {
  const keys = (issue.path ?? []).map(({ key }) => key as string | number);
  const where = keys.length === 0 ? file : yaml.placeOf(keys);
  const unknown = issue.expected === 'never' ? keys.at(-1) : undefined;
  if (unknown !== undefined) {
    const names = keys.length === 1 ? Object.keys(FIELDS) : [];
    return new InputError({
      where,
      problem: `unknown field "${unknown}"${didYouMean(String(unknown), names)}`,
      expected: names.length === 0 ? issue.message : `one of ${names.join(', ')}`,
    });
  }
  const missing = issue.received === 'undefined';
  return new InputError({
    where,
    problem: missing ? `no ${keys.join('.')}` : `${keys.join('.') || 'the file'} is ${issue.received}`,
    expected: issue.message,
  });
}
