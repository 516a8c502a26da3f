import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { C_FOLDER, type EngineDescription } from './engine-file';
import { sourceClosure } from './source-closure';

/**
 * How a described engine is built, as plain data: what a compiler in another process needs, and what the identity of
 * the build is. Names in it are those that the build gives files: relative to the description, `$NAME/…` below a
 * folder that the environment named, `$alloc-replay/…` for our own.
 */

/** The compiler in the package `@yowasp/clang`, or a program on this machine. */
export type Compiler =
  | { readonly kind: 'package'; readonly module: string; readonly version: string }
  | {
      readonly kind: 'program';
      readonly path: string;
      readonly version: string;
      /** A folder for files that live as long as the build. */
      readonly scratch: string;
    };

export interface BuildPlan {
  readonly compiler: Compiler;
  readonly isLp64: boolean;
  readonly libc: 'own' | 'wasi';
  readonly files: readonly { readonly file: string; readonly content: string }[];
  /** In the order in which they are searched. */
  readonly includeFolders: readonly string[];
  readonly units: readonly { readonly source: string; readonly arguments: readonly string[] }[];
  readonly prefixes: readonly NamedFolder[];
  /** What stands before every path while the compiler runs: in the package's own tree some folders are taken. */
  readonly root: string;
  /** For messages: what is written of a path in front of it is taken away. */
  readonly workingFolder: string;
}

/** A folder and what the build calls it. */
export interface NamedFolder {
  readonly folder: string;
  readonly name: string;
}

const RUNTIME = path.join(C_FOLDER, 'runtime.c');
const LIBC = path.join(C_FOLDER, 'libc');

/**
 * As an allocator is built for release, with lines to tell of. Unrolled loops would count instructions that no gcc -O2
 * emits; `malloc` and its like are what the engine defines, so nothing may be known of them.
 */
export const COMPILE_FLAGS = [
  ...['-std=gnu11', '-O2', '-g', '-fno-unroll-loops', '-fno-vectorize', '-fno-slp-vectorize'],
  ...['malloc', 'calloc', 'realloc', 'free', 'aligned_alloc'].map((name) => `-fno-builtin-${name}`),
  ...['-mbulk-memory', '-msign-ext', '-mmutable-globals', '-mnontrapping-fptoint', '-matomics'],
  ...['-fno-stack-protector', '-fno-exceptions', '-fdebug-compilation-dir=.'],
  ...['-Wno-unknown-attributes', '-Wno-ignored-attributes', '-Wno-unknown-warning-option'],
];

/** 256 KiB: deep enough for a printf, small enough that a recursion without end is noticed soon. */
const STACK_BYTES = 0x4_0000;

/**
 * The table is asked for because wasm-ld crashes where functions have their addresses taken, as `runtime.c` takes some,
 * and what called through pointers is left out of the module: it leaves the table out too. A crash at the same place
 * is https://github.com/llvm/llvm-project/issues/174676. Recordings do without the export.
 */
export const LINK_FLAGS = [
  ...['--no-entry', '--gc-sections', '--stack-first', '-z', `stack-size=${STACK_BYTES}`],
  ...['--export-if-defined=__stack_pointer', '--export-if-defined=_initialize', '--export-table'],
];

export function planBuild(
  description: EngineDescription,
  compiler: Compiler,
  workingFolder: string,
): BuildPlan {
  const { sources, include, pack, defines, flags, facts, libc } = description;
  const isLp64 = facts.abi === 'lp64';
  const root = compiler.kind === 'package' ? '/host' : '';
  const own = [...(pack === undefined ? [] : [pack]), ...include, C_FOLDER];
  const system = libc === 'own' ? [LIBC] : [];
  const all = [...sources, RUNTIME];
  const files = sourceClosure(all, [...own, LIBC]);
  const prefixes = prefixesOf(description);
  const target = isLp64
    ? 'wasm64-unknown-unknown'
    : libc === 'wasi'
      ? 'wasm32-wasip1'
      : 'wasm32-unknown-unknown';
  const common = [
    `--target=${target}`,
    ...COMPILE_FLAGS,
    ...prefixes.map(({ folder, name }) => `-ffile-prefix-map=${root}${folder}=${name}`),
    ...own.map((folder) => `-I${root}${folder}`),
    ...system.flatMap((folder) => ['-isystem', root + folder]),
    ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
    ...flags,
  ];
  return {
    compiler,
    isLp64,
    libc,
    files: files.map(({ file, content }) => ({ file, content: content.toString('base64') })),
    includeFolders: [...own, LIBC],
    units: all.map((source) => ({
      source,
      arguments: [
        ...(isCxx(source) ? common.filter((flag) => flag !== '-std=gnu11').concat('-fno-rtti') : common),
        // Over wasi's libc the runtime stays what it is: what it defines is taken from it, the rest from there.
        ...(source === RUNTIME ? ['-fno-builtin'] : []),
        ...(source === RUNTIME && libc === 'wasi' ? ['-DAR_OVER_WASI', '-isystem', root + LIBC] : []),
      ],
    })),
    prefixes,
    root,
    workingFolder,
  };
}

const isCxx = (source: string): boolean => /\.(cc|cpp|cxx|C)$/.test(source);

/** A later one is preferred by the compiler, so the most particular stand last. */
function prefixesOf({ folder, roots }: EngineDescription): NamedFolder[] {
  const above: NamedFolder[] = [];
  let name = '..';
  for (let parent = path.dirname(folder); parent !== path.dirname(parent); parent = path.dirname(parent)) {
    above.unshift({ folder: parent, name });
    name += '/..';
  }
  return [
    ...above,
    { folder, name: '.' },
    ...roots.map((root) => ({ folder: root.folder, name: `$${root.name}` })),
    { folder: C_FOLDER, name: '$alloc-replay' },
  ];
}

/** What the build calls a file. */
export function buildName(file: string, prefixes: readonly NamedFolder[]): string {
  const found = [...prefixes].reverse().find(({ folder }) => file.startsWith(folder + path.sep));
  if (found === undefined) {
    return file;
  }
  const rest = file
    .slice(found.folder.length + 1)
    .split(path.sep)
    .join('/');
  return found.name === '.' ? rest : `${found.name}/${rest}`;
}

/** Raised when another build of the same sources would be another module. */
const BUILD_FORMAT = 'alloc-replay/build@3';

/** What a build follows from, wherever it happens: equal keys mean equal modules. */
export function buildKey(plan: BuildPlan, description: EngineDescription): string {
  const { compiler, units, files, prefixes } = plan;
  const facts = {
    format: BUILD_FORMAT,
    compiler: compiler.version,
    engine: description.facts,
    link: LINK_FLAGS,
    libc: plan.libc,
    units: units.map((unit) => ({
      source: buildName(unit.source, prefixes),
      arguments: unit.arguments
        .filter((argument) => !argument.startsWith('-ffile-prefix-map='))
        .map((argument) => renamed(argument, plan)),
    })),
    files: files.map(({ file, content }) => [buildName(file, prefixes), sha256(content)]),
  };
  return sha256(JSON.stringify(facts));
}

/** Flags that name folders name them as the build does. */
function renamed(argument: string, { root, prefixes }: BuildPlan): string {
  const start = [`-I${root}`, root].find((each) => argument.startsWith(`${each}/`));
  return start === undefined
    ? argument
    : `${start.slice(0, start.length - root.length)}${buildName(argument.slice(start.length), prefixes)}`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The sha256 of every file, by the name that the build gives it: what results say of a build. */
export function sourceHashes(plan: BuildPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(
    plan.files.map(({ file, content }) => [
      buildName(file, plan.prefixes),
      createHash('sha256').update(Buffer.from(content, 'base64')).digest('hex'),
    ]),
  );
}
