import { createRequire } from 'node:module';
import { didYouMean, UsageError } from '../../traces/input-error';
import type { Command, CommandEntry, CommandGroup } from './commands/command';
import { COMMANDS, isGroup } from './commands/commands';
import { EXIT, type ExitCode } from './exit-codes';
import { flag } from './options/option';
import { readWords } from './options/words';
import { reportFailure } from './output/failure';
import { groupHelp, programHelp, PROGRAM_START } from './program-help';
import { TOOL_VERSION } from './tool-version';
import { printWords } from './output/terminal';

/**
 * The command line: one file a command, listed in `commands/commands.ts`. Every command returns its exit code; what a
 * person can correct (`UsageError`, `InputError`) becomes one line on stderr and code 2, an engine that does not do the
 * same twice one with code 4; everything else is a bug of ours: its stack and code 1.
 */

const PROGRAM = 'alloc-replay';

/** What every command understands. */
const COMMON = {
  help: flag('Show this help', { short: 'h' }),
  version: flag('Show the version', { short: 'V' }),
} as const;

/** Runs the command that the words name (without node and script) and resolves to the exit code. */
export async function runCommandLine(words: readonly string[]): Promise<ExitCode> {
  try {
    return await runWords(words);
  } catch (error) {
    return reportFailure(error);
  }
}

function runWords(words: readonly string[]): Promise<ExitCode> | ExitCode {
  const [first, ...rest] = words;
  if (first === undefined) {
    return printed(PROGRAM_START);
  }
  if (asks(first, HELP)) {
    return printed(programHelp());
  }
  if (asks(first, VERSION)) {
    return printed(`${TOOL_VERSION}\n`);
  }
  const entry = named(first, COMMANDS, '', words);
  return isGroup(entry) ? runGroup(entry, rest) : runEntry(entry, [entry.name], rest);
}

function runGroup(group: CommandGroup, words: readonly string[]): Promise<ExitCode> | ExitCode {
  const [first, ...rest] = words;
  if (asks(first, HELP)) {
    return printed(groupHelp(group));
  }
  const entry = named(first, group.commands, `${group.name} `, words);
  return runEntry(entry, [group.name, entry.name], rest);
}

function runEntry(
  entry: CommandEntry,
  path: readonly string[],
  words: readonly string[],
): Promise<ExitCode> | ExitCode {
  const command = entry.load();
  const options = { ...command.options, ...COMMON };
  if (asksAmong(words, HELP)) {
    return helpOf(entry, command, path);
  }
  if (asksAmong(words, VERSION)) {
    return printed(`${TOOL_VERSION}\n`);
  }
  const help = [PROGRAM, ...path, '--help'].join(' ');
  const argv = readWords(words, { operands: command.operands, options }, help);
  for (const [name, { environment }] of Object.entries(command.options)) {
    if (environment !== undefined && argv[name] !== undefined) {
      process.env[environment] = String(argv[name]);
    }
  }
  return command.run(argv);
}

/** yargs lays out help; nothing else needs it, and it takes as long to read as all the rest. */
async function helpOf(entry: CommandEntry, command: Command, path: readonly string[]): Promise<ExitCode> {
  const { commandHelp } = createRequire(__filename)('./command-help') as typeof import('./command-help');
  return printed(
    await commandHelp(entry.summary, { ...command, options: { ...command.options, ...COMMON } }, path),
  );
}

const HELP = ['--help', '-h'];
const VERSION = ['--version', '-V', '-v'];

const asks = (word: string | undefined, names: readonly string[]): boolean =>
  word !== undefined && names.includes(word);

/** Behind `--` there are no options any more. */
function asksAmong(words: readonly string[], names: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? words.length : end).some((word) => names.includes(word));
}

function named<Entry extends { readonly name: string }>(
  name: string | undefined,
  entries: readonly Entry[],
  before: string,
  words: readonly string[],
): Entry {
  const found = entries.find((each) => each.name === name);
  if (found !== undefined) {
    return found;
  }
  const expected = `what \`${PROGRAM} ${before}--help\` shows`;
  if (name === undefined) {
    throw new UsageError({ problem: `no ${before}command given`, expected });
  }
  if (name.startsWith('-') && name !== '-') {
    const command = words.find((word) => entries.some((each) => each.name === word));
    throw new UsageError({
      where: name,
      problem: 'stands before the command',
      expected: `${PROGRAM} ${before}${command ?? 'COMMAND'} ${name} …`,
    });
  }
  const known = entries.map((each) => each.name);
  throw new UsageError({ problem: `unknown command "${name}"${didYouMean(name, known)}`, expected });
}

function printed(text: string): ExitCode {
  printWords(text);
  return EXIT.ok;
}
