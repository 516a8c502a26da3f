import yargs, { type Argv } from 'yargs';
import { InputError, UsageError } from '../../traces/input-error';
import { COMMANDS } from './commands/commands';
import { EXIT, type ExitCode } from './exit-codes';
import { TRACE_COMMANDS } from './commands/trace';
import { messageWithDashes, withoutLoneDashes } from './options/lone-dash';
import { TOOL_VERSION } from './tool-version';
import { usageError } from './options/usage-message';

/**
 * The command line: one file a command, listed in `commands/commands.ts`. Every command returns its exit code; what a
 * person can correct (`UsageError`, `InputError`) becomes one line on stderr and code 2, everything else is a bug of
 * ours: its stack and code 1.
 */

/** Runs the command that `argv` names (without node and script) and resolves to the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const parser = commandParser(argv, (code) => {
    exitCode = code;
  });
  try {
    await parser.parseAsync(withoutLoneDashes(argv));
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function commandParser(argv: readonly string[], finished: (code: ExitCode) => void): Argv {
  let parser = yargs()
    .scriptName('alloc-replay')
    .usage(
      '$0 <command>\n\nReplays allocation traces through models of real allocators and prices every operation.',
    )
    .version(TOOL_VERSION)
    .help()
    .strict()
    .demandCommand(1, 'no command given; expected one of those that --help lists')
    .example('$0 run synth:half-page-storm -a xmalloc-first-fit,xmalloc-tlsf-2008 -p zen4-2022', '')
    .example('$0 reproduce xfree-latency --out out', '')
    .epilogue(
      'Exit codes: 0 ok, 1 failed, 2 bad usage or input, 3 limit exceeded or finding, 4 not deterministic.',
    )
    .wrap(110)
    .exitProcess(false)
    .showHelpOnFail(false)
    .parserConfiguration({ 'duplicate-arguments-array': true, 'parse-numbers': false })
    .fail((message: string | null, error: Error | undefined) => {
      const said = messageWithDashes(message ?? 'the command line cannot be followed');
      throw error ?? usageError(said, placeOf(argv, parser));
    });
  for (const command of COMMANDS) {
    parser = parser.command(command.module(finished));
  }
  return parser;
}

function placeOf(commandLine: readonly string[], parser: Argv) {
  const reading = parser as unknown as { getOptions(): { key: Readonly<Record<string, unknown>> } };
  return {
    commandLine,
    commands: [...COMMANDS, ...TRACE_COMMANDS].map(({ name }) => name),
    options: Object.keys(reading.getOptions().key),
  };
}

/** One line for what a person can correct, the whole story for what only we can. */
function report(error: unknown): ExitCode {
  // yargs wraps what an option's value throws in an error of its own, with the same message.
  const isUsage = error instanceof Error && error.name === 'YError';
  if (error instanceof UsageError || error instanceof InputError || isUsage) {
    process.stderr.write(`alloc-replay: ${messageWithDashes(error.message)}\n`);
    return EXIT.badInput;
  }
  process.stderr.write(
    `alloc-replay: internal error, please report it\n${String((error as Error).stack ?? error)}\n`,
  );
  return EXIT.failed;
}
