import { didYouMean, UsageError } from '../../../traces/input-error';
import { resolveOptions } from '../../replay/stack';
import type { Registries } from '../../results/cell';
import { COMPILER_VARIABLE } from '../names/foreign-engines';
import { text } from './option';

export const compilerOption = text('Clang that compiles engines in C (default: the package @yowasp/clang)', {
  completes: 'file',
  environment: COMPILER_VARIABLE,
});

/** An engine by name, with the options of the command line that are its own. */
export interface EngineChoice {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Gives every engine those of the options that it has. Throws a `UsageError` for an unknown engine, for an option
 * that none of them has, and for a value that an engine does not accept.
 */
export function enginesWithOptions(
  names: readonly string[],
  given: Readonly<Record<string, string>>,
  registries: Registries,
): EngineChoice[] {
  const definitions = names.map((name) => ({ name, definition: registries.engineNamed(name) }));
  const known = [...new Set(definitions.flatMap(({ definition }) => Object.keys(definition.options)))];
  for (const option of Object.keys(given)) {
    if (!known.includes(option)) {
      throw new UsageError({
        where: '-o',
        problem: `no engine of ${names.join(', ')} has an option "${option}"${didYouMean(option, known)}`,
        expected: known.length === 0 ? 'no options' : `one of ${known.join(', ')}`,
      });
    }
  }
  return definitions.map(({ name, definition }) => {
    const own = Object.entries(given).filter(([option]) => Object.hasOwn(definition.options, option));
    const options = Object.fromEntries(own);
    resolveOptions(definition, options, (other) => registries.engineNamed(other));
    return { name, options };
  });
}
