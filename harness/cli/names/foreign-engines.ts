import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';
import { ENGINE_NAMES, engineNamed } from '../../../allocators/registry';
import { didYouMean, InputError, UsageError } from '../../../traces/input-error';
import { buildEngine, buildRecordOf } from '../../foreign/build/build';
import {
  describeSource,
  nameOf,
  readEngineFile,
  type EngineDescription,
} from '../../foreign/build/engine-file';
import { buildKey, planBuild, type Compiler } from '../../foreign/build/plan';
import { foreignDefinition, refusingMalformed } from '../../foreign/definition';
import { ForeignModule } from '../../foreign/foreign-module';
import type { EngineDefinition, Quirk } from '../../replay/port';
import { writeWholeFile } from '../../../traces/output/whole-file';
import { requireFrom } from './engine-module';

/**
 * Real allocators as engines: `-a ./my.engine.yaml`, `-a ./my.c`, `-a ./my.wasm`. What has been built once is kept
 * under the hash of everything that it follows from, so that the compiler runs only for what is new.
 */

export const isForeignEngine = (name: string): boolean => /\.(ya?ml|c|cc|cpp|cxx|wasm)$/.test(name);

/** Throws a `UsageError` without a compiler, an `InputError` for what cannot be built or is no engine. */
export function loadForeignEngine(name: string, file: string): EngineDefinition {
  return definitionOf(name, file.endsWith('.wasm') ? readModule(name, file) : builtModule(name, file));
}

export const definitionOf = (name: string, bytes: Uint8Array): EngineDefinition =>
  refusingMalformed(name, () => {
    const module = new ForeignModule(bytes);
    return foreignDefinition(module, nameOf(name), buildRecordOf(module.image.customs), (model) =>
      quirksOf(name, model),
    );
  });

/** Throws an `InputError` for a model that is not registered. */
function quirksOf(name: string, model: string): readonly Quirk[] {
  if (!ENGINE_NAMES.includes(model)) {
    throw new InputError({
      where: `${name}: model`,
      problem: `unknown engine "${model}"${didYouMean(model, ENGINE_NAMES)}`,
      expected: 'one of `list allocators`',
    });
  }
  return engineNamed(model).quirks;
}

/** Larger than any allocator, small enough to be looked at. */
const MODULE_BYTES_MAX = 1 << 26;

function readModule(name: string, file: string): Uint8Array {
  const { size } = fs.statSync(file);
  if (size > MODULE_BYTES_MAX) {
    throw new InputError({ where: name, problem: `${size} bytes`, expected: 'a module of at most 64 MiB' });
  }
  return fs.readFileSync(file);
}

function descriptionOf(name: string, file: string): EngineDescription {
  return /\.ya?ml$/.test(file)
    ? readEngineFile(file, name, (variable) => process.env[variable])
    : describeSource(file);
}

interface BuiltModule {
  /** What it is kept under. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** The module of a description: from the cache, or built now and kept there. */
export const builtModule = (name: string, file: string): Uint8Array => built(name, file).bytes;

function built(name: string, file: string): BuiltModule {
  const description = descriptionOf(name, file);
  const plan = planBuild(description, compilerInUse(), process.cwd());
  const key = buildKey(plan, description);
  const kept = keptModule(key);
  if (kept !== undefined) {
    return { key, bytes: fs.readFileSync(kept) };
  }
  const bytes = buildEngine(plan, description);
  keep(key, bytes);
  return { key, bytes };
}

/**
 * The file of an engine's module, for a process that has neither compiler nor environment; every other name stays what
 * it is.
 */
export const moduleFile = (name: string, file: string): string =>
  isForeignEngine(file) && !file.endsWith('.wasm') ? (keptModule(built(name, file).key) ?? name) : name;

/** Where built modules are kept; where the first cannot be written, the second serves. */
const cacheFolders = (): string[] => [cacheFolder(), path.join(tmpdir(), 'alloc-replay-engines')];

const keptModule = (key: string): string | undefined =>
  cacheFolders()
    .map((folder) => path.join(folder, `${key}.wasm`))
    .find((file) => fs.existsSync(file));

function keep(key: string, bytes: Uint8Array): void {
  for (const folder of cacheFolders()) {
    try {
      fs.mkdirSync(folder, { recursive: true });
      writeWholeFile(path.join(folder, `${key}.wasm`), bytes);
      return;
    } catch {
      // Nothing is lost: the next folder may take it, and else the next run builds it again.
    }
  }
}

function cacheFolder(): string {
  const { ALLOC_REPLAY_CACHE, XDG_CACHE_HOME } = process.env;
  const own =
    ALLOC_REPLAY_CACHE ?? path.join(XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'alloc-replay');
  return path.join(own, 'engines');
}

/** Names the clang of `--cc`: workers and the other side of a comparison compile with it too. */
export const COMPILER_VARIABLE = 'ALLOC_REPLAY_CC';
const COMPILER_PACKAGE = '@yowasp/clang';

/** The program that `--cc` names, else the compiler package: of the user's project or ours. */
function compilerInUse(): Compiler {
  const program = process.env[COMPILER_VARIABLE];
  if (program !== undefined && program !== '') {
    return programOf(program);
  }
  for (const folder of [process.cwd(), __dirname]) {
    const module = resolvedFrom(folder);
    if (module !== undefined) {
      return { kind: 'package', module, version: `${COMPILER_PACKAGE} ${packageVersion(module)}` };
    }
  }
  throw new UsageError({
    problem: `${COMPILER_PACKAGE} is not installed, which compiles engines in C`,
    expected: `npm install ${COMPILER_PACKAGE}, or --cc with a clang of at least 14, or a module that is built already`,
  });
}

function resolvedFrom(folder: string): string | undefined {
  try {
    return requireFrom(folder).resolve(COMPILER_PACKAGE);
  } catch {
    return undefined;
  }
}

function packageVersion(module: string): string {
  const manifest = path.join(path.dirname(module), '..', 'package.json');
  return (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string }).version;
}

function programOf(name: string): Compiler {
  const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
  const version = /clang version (\d+)\S*/.exec(stdout ?? '');
  if (status !== 0 || version === null) {
    throw new UsageError({
      where: '--cc',
      problem: `"${name}" is no clang that runs`,
      expected: 'clang 14 or later',
    });
  }
  if (Number(version[1]) < 14) {
    throw new UsageError({ where: '--cc', problem: version[0], expected: 'clang 14 or later' });
  }
  return { kind: 'program', path: name, version: version[0], scratch: tmpdir() };
}
