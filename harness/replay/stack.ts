import { didYouMean, UsageError } from '../../traces/input-error';
import { Machine, type MachineOptions } from '../machine/machine';
import type { Engine, EngineDefinition, OptionValues } from './port';

/** An engine on its machine, booted and ready for the first operation. */
export interface Stack {
  readonly definition: EngineDefinition;
  /** All options, defaults included, in the definition's order. */
  readonly options: OptionValues;
  readonly machine: Machine;
  readonly engine: Engine;
}

/**
 * Makes an engine with its options on a machine of its own.
 *
 * @param given options as the user wrote them, by name; throws a `UsageError` for unknown names and bad values
 * @param engineNamed finds the definitions that options of kind `engine` name
 */
export function createStack(
  definition: EngineDefinition,
  given: Readonly<Record<string, string>>,
  machineOptions: MachineOptions,
  engineNamed: (name: string) => EngineDefinition,
): Stack {
  return createStackOn(() => new Machine(machineOptions), definition, given, engineNamed);
}

/** `createStack` on a machine of the caller's making: one that watches more than a machine does. */
export function createStackOn(
  makeMachine: () => Machine,
  definition: EngineDefinition,
  given: Readonly<Record<string, string>>,
  engineNamed: (name: string) => EngineDefinition,
): Stack {
  const options = resolveOptions(definition, given, engineNamed);
  const machine = makeMachine();
  const engine = definition.create(machine, options, engineNamed);
  machine.boot(() => engine.start());
  if (definition.isAllInMemory === true) {
    machine.keepPast();
  }
  return { definition, options, machine, engine };
}

/** The options of an engine with defaults filled in and every value checked. */
export function resolveOptions(
  definition: EngineDefinition,
  given: Readonly<Record<string, string>>,
  engineNamed: (name: string) => EngineDefinition,
): OptionValues {
  const names = Object.keys(definition.options);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw new UsageError({
        where: definition.name,
        problem: `unknown option "${name}"${didYouMean(name, names)}`,
        expected: names.length === 0 ? 'no options' : `one of ${names.join(', ')}`,
      });
    }
  }
  const values: Record<string, number | string> = {};
  for (const name of names) {
    values[name] = resolveOption(definition, name, given[name], engineNamed);
  }
  return values;
}

function resolveOption(
  definition: EngineDefinition,
  name: string,
  text: string | undefined,
  engineNamed: (name: string) => EngineDefinition,
): number | string {
  const option = definition.options[name]!;
  if (text === undefined) {
    return option.byDefault;
  }
  const where = `${definition.name} option ${name}`;
  switch (option.kind) {
    case 'integer': {
      const value = Number(text);
      if (!/^-?\d+$/.test(text) || value < option.smallest || value > option.largest) {
        throw new UsageError({
          where,
          problem: `"${text}"`,
          expected: `an integer from ${option.smallest} to ${option.largest}`,
        });
      }
      return value;
    }
    case 'choice':
      if (!option.choices.includes(text)) {
        throw new UsageError({
          where,
          problem: `"${text}"${didYouMean(text, option.choices)}`,
          expected: `one of ${option.choices.join(', ')}`,
        });
      }
      return text;
    case 'engine':
      return engineNamed(text).name;
  }
}
