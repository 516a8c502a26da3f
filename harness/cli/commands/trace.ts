import type { Argv } from 'yargs';
import type { ExitCode } from '../exit-codes';
import type { Command } from './command';
import { merge, slice } from './trace-change';
import { head, info, validate } from './trace-read';
import { traceConvert, traceImport, traceSynth } from './trace-write';

/** `trace …`: commands about traces alone, without any engine. One file a group, one line each. */
export const TRACE_COMMANDS: readonly Command[] = [
  traceSynth,
  traceImport,
  info,
  validate,
  head,
  slice,
  merge,
  traceConvert,
];

export const trace: Command = {
  name: 'trace',
  module: (finished: (code: ExitCode) => void) => ({
    command: 'trace <command>',
    describe: 'Make, read, check and change traces',
    builder: (parser: Argv) =>
      TRACE_COMMANDS.reduce((grown, each) => grown.command(each.module(finished)), parser)
        .example('$0 trace info recorded:sqlite3-2000', '')
        .demandCommand(1, 'no trace command given; expected one of those that `trace --help` lists')
        .strict(),
    handler: () => undefined,
  }),
};
