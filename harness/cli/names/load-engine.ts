import * as path from 'node:path';
import { ENGINE_NAMES } from '../../../allocators/registry';
import { UsageError } from '../../../traces/input-error';
import { definitionProblem } from '../../conformance/definition';
import { checkedDefinition } from '../../replay/checked-engine';
import type { EngineDefinition } from '../../replay/port';
import { requireFrom, requireModule } from './engine-module';
import { isForeignEngine, loadForeignEngine, moduleFile } from './foreign-engines';

/**
 * Engines that users bring: `-a ./my-engine.ts`, `-a ./my-engine.js` or the name of an installed package. The module
 * exports its definition as `engine` or as its default.
 */

/** Whether a name given to `-a` is a module rather than a registered engine. */
export function isEngineModule(name: string): boolean {
  if (ENGINE_NAMES.includes(name)) {
    return false;
  }
  return isPath(name) || resolveModule(name) !== undefined;
}

/** The engine that a module exports. Throws a `UsageError` for what cannot be loaded or is no engine. */
export function loadEngine(name: string): EngineDefinition {
  const file = engineFile(name);
  const engine = isForeignEngine(file)
    ? loadForeignEngine(name, file)
    : exportedEngine(name, requireModule(name, file));
  const problem = definitionProblem(engine);
  if (problem !== undefined) {
    const where = problem.path === '' ? name : `${name}: ${problem.path}`;
    throw new UsageError({ where, problem: problem.found, expected: problem.expected });
  }
  if (ENGINE_NAMES.includes(engine.name)) {
    throw new UsageError({
      where: `${name}: name`,
      problem: `"${engine.name}", which is taken`,
      expected: 'a name that no engine of the registry has',
    });
  }
  return engine.foreign === undefined ? checkedDefinition(namingByOptions(engine)) : engine;
}

/**
 * The engine, which may name others of the registry and those that its options name: of any more, neither the list of
 * engines in the results nor the key of a cache would know.
 */
function namingByOptions(engine: EngineDefinition): EngineDefinition {
  return {
    ...engine,
    create: (machine, options, engineNamed) =>
      engine.create(machine, options, (name) => {
        if (isEngineModule(name) && !Object.values(options).includes(name)) {
          throw new UsageError({
            where: engine.name,
            problem: `it names the engine ${name} itself`,
            expected: 'an engine of the registry, or an option of kind engine that names it',
          });
        }
        return engineNamed(name);
      }),
  };
}

/** The name under which a process that has neither compiler nor environment finds the same engine. */
export const portableName = (name: string): string =>
  isEngineModule(name) ? moduleFile(name, engineFile(name)) : name;

function isPath(name: string): boolean {
  const isFile = /\.[cm]?[jt]s$/.test(name) || isForeignEngine(name);
  return /^\.{1,2}([/\\]|$)/.test(name) || path.isAbsolute(name) || isFile;
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

/** The file that a package or an absolute path leads to; built-in modules are none. */
function resolveModule(name: string): string | undefined {
  try {
    const file = requireFrom(process.cwd()).resolve(name);
    return path.isAbsolute(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The definition by name or by default, whichever way the module was compiled. */
function exportedEngine(name: string, exported: Readonly<Record<string, unknown>>): EngineDefinition {
  const fallback = exported['default'] as Readonly<Record<string, unknown>> | undefined;
  const engine = exported['engine'] ?? fallback?.['engine'] ?? fallback ?? exported;
  if (typeof engine !== 'object' || engine === null || Object.keys(engine).length === 0) {
    throw new UsageError({
      where: name,
      problem: 'exports no engine',
      expected: 'a definition exported as "engine" or by default',
    });
  }
  return engine as EngineDefinition;
}
