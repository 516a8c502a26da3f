import type { EngineDefinition, OptionValues } from '../../../harness/replay/port';

export function optionDefaults(definition: EngineDefinition): OptionValues {
  const defaults = Object.entries(definition.options).map(([name, option]) => [name, option.byDefault]);
  return Object.fromEntries(defaults);
}
