#!/usr/bin/env node
import { runCommandLine } from './command-line';
import { lineOutside } from '../../traces/ground/line-outside';
import { reportFailure } from './output/failure';
import { whenPrinted } from './output/terminal';

/**
 * The program. Its exit code is the command's whatever becomes of the streams: a reader that closes the pipe early
 * (`| head`) has what it wanted, and a failure stays one.
 */
async function main(): Promise<void> {
  let isDone = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.exit(reportFailure(error));
    }
  });
  // There is nowhere left to say so.
  process.stderr.on('error', () => undefined);
  // An engine that users bring may end the process that loads it; no success may come of that.
  process.on('exit', () => {
    if (!isDone && (process.exitCode ?? 0) === 0) {
      process.exitCode = reportFailure(earlyEnd());
    }
  });
  // The kernel's word on files that grow beyond a limit: as an error of the write it says where.
  if (process.platform !== 'win32') {
    process.on('SIGXFSZ', () => undefined);
  }
  process.exitCode = await runCommandLine(process.argv.slice(2));
  isDone = true;
  // What an engine left running is not waited for.
  whenPrinted(() => process.exit());
}

/** Where a line of an engine's is behind it, an engine's failure: by its name, as the report knows it. */
function earlyEnd(): Error {
  const error = new Error('the process was ended before the command was done');
  const line = lineOutside(error.stack ?? '');
  if (line !== undefined) {
    error.message += ` (by ${line})`;
    error.name = 'EscapedException';
  }
  return error;
}

void main();
