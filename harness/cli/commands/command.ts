import type { Argv, ArgumentsCamelCase, CommandModule } from 'yargs';
import type { ExitCode } from '../exit-codes';
import { argumentsWithDashes } from '../options/lone-dash';

/** What a command file exports: how it is called and what it does. */
export interface CommandDefinition<Arguments> {
  /** yargs' command text: name, `<required>` and `[optional]` positionals. */
  readonly command: string;
  readonly summary: string;
  options(parser: Argv): Argv<Arguments>;
  run(argv: ArgumentsCamelCase<Arguments>): Promise<ExitCode> | ExitCode;
}

export interface Command {
  readonly name: string;
  /** The yargs module; `finished` receives the exit code. */
  module(finished: (code: ExitCode) => void): CommandModule;
}

/** Makes a listed command of its definition. */
export function command<Arguments>(definition: CommandDefinition<Arguments>): Command {
  return {
    name: definition.command.split(' ')[0]!,
    module: (finished) =>
      ({
        command: definition.command,
        describe: definition.summary,
        builder: (parser: Argv) => definition.options(parser),
        handler: async (argv: ArgumentsCamelCase<Arguments>) =>
          finished(await definition.run(argumentsWithDashes(argv))),
      }) as unknown as CommandModule,
  };
}
