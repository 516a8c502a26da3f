import Module, { createRequire } from 'node:module';
import * as path from 'node:path';
import { ENGINES } from '../../../allocators/registry';
import { UsageError } from '../../../traces/input-error';
import { definitionProblem } from '../../conformance/definition';
import type { EngineDefinition } from '../../replay/port';

/**
 * Engines that users bring: `-a ./my-engine.ts`, `-a ./my-engine.js` or the name of an installed package. The module
 * exports its definition as `engine` or as its default. Whatever it imports from `alloc-replay` is this very program,
 * wherever the module lies, so that a `HeapCorruption` it throws is one of ours.
 */

const SELF = 'alloc-replay';

/** Whether a name given to `-a` is a module rather than a registered engine. */
export function isEngineModule(name: string): boolean {
  if (ENGINES.some((engine) => engine.name === name)) {
    return false;
  }
  return isPath(name) || resolveModule(name) !== undefined;
}

/** The engine that a module exports. Throws a `UsageError` for what cannot be loaded or is no engine. */
export function loadEngine(name: string): EngineDefinition {
  const exported = exportedEngine(name, requireEngine(name, engineFile(name)));
  const problem = definitionProblem(exported);
  if (problem !== undefined) {
    const where = problem.path === '' ? name : `${name}: ${problem.path}`;
    throw new UsageError({ where, problem: problem.found, expected: problem.expected });
  }
  const engine = exported as EngineDefinition;
  if (ENGINES.some((registered) => registered.name === engine.name)) {
    throw new UsageError({
      where: `${name}: name`,
      problem: `"${engine.name}", which is taken`,
      expected: 'a name that no engine of the registry has',
    });
  }
  return engine;
}

function isPath(name: string): boolean {
  return /^\.{1,2}([/\\]|$)/.test(name) || path.isAbsolute(name) || /\.[cm]?[jt]s$/.test(name);
}

/** The file behind a name, sought from the working directory. */
export function engineFile(name: string): string {
  if (!isPath(name)) {
    const found = resolveModule(name);
    if (found === undefined) {
      throw new UsageError({ problem: `no package "${name}"`, expected: 'one that is installed here' });
    }
    return found;
  }
  const found = resolveModule(path.resolve(name));
  if (found === undefined) {
    throw new UsageError({ problem: `no file "${name}"`, expected: 'a module that exports an engine' });
  }
  return found;
}

/** `createRequire` wants the name of a file in the folder to seek from; it need not exist. */
function requireFrom(folder: string): NodeJS.Require {
  return createRequire(path.join(folder, 'engine'));
}

/** The file that a package or an absolute path leads to; built-in modules are none. */
function resolveModule(name: string): string | undefined {
  try {
    const file = requireFrom(process.cwd()).resolve(name);
    return path.isAbsolute(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

function requireEngine(name: string, file: string): unknown {
  if (/\.[cm]?ts$/.test(file)) {
    readTypeScript(name);
  }
  try {
    return withSelf(() => requireFrom(path.dirname(file))(file) as unknown);
  } catch (error) {
    throw new UsageError({ where: placeOf(error, name), problem: `cannot be loaded: ${reasonOf(error)}` });
  }
}

/** Node puts the line of a syntax error before the stack alone. */
function placeOf(error: unknown, name: string): string {
  const line = error instanceof SyntaxError ? /^[^\n]*:(\d+)\n/.exec(error.stack ?? '')?.[1] : undefined;
  return line === undefined ? name : `${name}:${line}`;
}

/** The first line that says something: ts-node only announces its diagnostics in the first of all. */
function reasonOf(error: unknown): string {
  const lines = String(error instanceof Error ? error.message : error).split('\n');
  return lines.find((line) => line !== '' && !line.endsWith(':')) ?? lines[0]!;
}

/** Lets Node read TypeScript, by the ts-node of the engine's project or ours; not when something does already. */
function readTypeScript(name: string): void {
  if (require.extensions['.ts'] !== undefined) {
    return;
  }
  for (const folder of [process.cwd(), __dirname]) {
    try {
      const tsNode = requireFrom(folder)('ts-node') as typeof import('ts-node');
      const compilerOptions = { module: 'CommonJS', target: 'ES2022', esModuleInterop: true };
      tsNode.register({ transpileOnly: true, skipProject: true, pretty: false, compilerOptions });
      return;
    } catch {
      // Not installed there, or unusable: the next folder may have one.
    }
  }
  throw new UsageError({
    where: name,
    problem: 'TypeScript, and ts-node is not installed',
    expected: 'ts-node and typescript beside the engine, or the engine compiled to JavaScript',
  });
}

/** What `require` asks to turn a request into a file: not public, and the same in every Node since 0.x. */
interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/** Runs `action` while requests for this package lead to this program. */
function withSelf<T>(action: () => T): T {
  const resolver = Module as unknown as Resolver;
  const original = resolver._resolveFilename;
  resolver._resolveFilename = function resolveSelf(this: unknown, request, ...rest) {
    return request === SELF ? require.resolve('../../index') : original.call(this, request, ...rest);
  };
  try {
    return action();
  } finally {
    resolver._resolveFilename = original;
  }
}

/** The definition by name or by default, whichever way the module was compiled. */
function exportedEngine(name: string, exported: unknown): unknown {
  const fields = (exported ?? {}) as Readonly<Record<string, unknown>>;
  const fallback = fields['default'] as Readonly<Record<string, unknown>> | undefined;
  const engine = fields['engine'] ?? fallback?.['engine'] ?? fallback ?? exported;
  if (typeof engine !== 'object' || engine === null || Object.keys(engine).length === 0) {
    throw new UsageError({
      where: name,
      problem: 'exports no engine',
      expected: 'a definition exported as "engine" or by default',
    });
  }
  return engine;
}
