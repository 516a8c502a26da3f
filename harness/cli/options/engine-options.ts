import { didYouMean, UsageError } from '../../../traces/input-error';
import type { StackMaker } from '../../explain/step-machine';
import { Machine, type MachineOptions } from '../../machine/machine';
import { createStackOn, resolveOptions } from '../../replay/stack';
import type { Registries } from '../../results/cell';
import { COMPILER_VARIABLE } from '../names/foreign-engines';
import { text } from './option';
import { enginesOption, PRICING_FORM, pricingsOption, settingsOption } from './shared-options';

export const compilerOption = text('Clang that compiles engines in C (default: the package @yowasp/clang)', {
  completes: 'file',
  environment: COMPILER_VARIABLE,
});

/** Of commands that look at one engine: which one, how it is priced, and what it is set to. */
export const oneEngineOptions = {
  allocator: { ...enginesOption, describe: 'The engine: a name, or the path of a module of your own' },
  pricing: { ...pricingsOption, describe: `The pricing: ${PRICING_FORM}` },
  option: settingsOption,
  cc: compilerOption,
};

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

/** Makes the engine on machines of these sizes, as often as it is replayed. */
export function stackMaker(
  { name, options }: EngineChoice,
  machine: Omit<MachineOptions, 'drain' | 'observer'>,
  registries: Pick<Registries, 'engineNamed'>,
): StackMaker {
  const definition = registries.engineNamed(name);
  return (watch, makeMachine = (made) => new Machine(made)) =>
    createStackOn(
      () => makeMachine({ ...watch, ...machine }),
      definition,
      options,
      (other) => registries.engineNamed(other),
    );
}
