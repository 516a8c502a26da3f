import type { Option, Operand, ValuesOf } from '../options/option';
import type { ExitCode } from '../exit-codes';

/** What a command file exports: what can be typed behind the command's name, and what it does. */
export interface CommandDefinition<
  Operands extends Readonly<Record<string, Operand<unknown>>>,
  Options extends Readonly<Record<string, Option<unknown>>>,
> {
  readonly operands: Operands;
  readonly options: Options;
  /** Lines to paste into a shell, `$0` being the program and the command. */
  readonly examples: readonly string[];
  readonly epilogue?: string;
  run(argv: ValuesOf<Operands> & ValuesOf<Options>): Promise<ExitCode> | ExitCode;
}

export interface Command {
  readonly operands: Readonly<Record<string, Operand<unknown>>>;
  readonly options: Readonly<Record<string, Option<unknown>>>;
  readonly examples: readonly string[];
  readonly epilogue?: string;
  run(argv: Readonly<Record<string, unknown>>): Promise<ExitCode> | ExitCode;
}

/** A definition as the table of commands takes it: what its function receives is what `read` makes of its options. */
export const command = <
  const Operands extends Readonly<Record<string, Operand<unknown>>>,
  const Options extends Readonly<Record<string, Option<unknown>>>,
>(
  definition: CommandDefinition<Operands, Options>,
): Command => ({
  ...definition,
  run: (argv) => definition.run(argv as ValuesOf<Operands> & ValuesOf<Options>),
});

/** A command's line in the table: it is read when it is called for. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Command;
}

/** `trace …`: a word more. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandEntry[];
  readonly examples: readonly string[];
}
