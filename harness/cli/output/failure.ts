import { InputError, UsageError } from '../../../traces/input-error';
import { reasonOf } from '../../../traces/output/whole-file';
import { EXIT, type ExitCode } from '../exit-codes';
import { tell, tellLine } from './terminal';

/**
 * Says on stderr why a command failed, and with which exit code that ends: one line for what a person can correct, for
 * a host that has no room, and for an engine that contradicts itself; the whole story for what only we can mend.
 */
export function reportFailure(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof InputError) {
    const quoted = (error.quoted ?? '').split('\n').filter((line) => line !== '');
    quoted.forEach((line) => tellLine(line));
    tellLine(`alloc-replay: ${error.message}`);
    return EXIT.badInput;
  }
  // By names: their modules stand on the whole harness, which the program's own help and version do not wait for.
  if (error instanceof Error && error.name === 'NotDeterministic') {
    tellLine(`alloc-replay: not deterministic: ${error.message}`);
    return EXIT.notDeterministic;
  }
  if (error instanceof Error && ENGINE_FAILURES.includes(error.name)) {
    tellLine(`alloc-replay: the engine cannot go on: ${error.message}`);
    return EXIT.failed;
  }
  if (isOfSystem(error)) {
    const place = error.path ?? PLACES[error.syscall ?? ''] ?? error.syscall;
    tellLine(`alloc-replay: ${place}: ${reasonOf(error)}`);
    return EXIT.badInput;
  }
  tell(
    `alloc-replay: internal error, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return EXIT.failed;
}

/** Of an engine that fails where no replay is there to end with it: before its first operation. */
const ENGINE_FAILURES = ['EscapedException', 'HeapCorruption', 'Fault', 'Trap', 'Runaway'];

/** What errors that name no path are about. */
const PLACES: Readonly<Record<string, string>> = {
  write: 'standard output',
  uv_cwd: 'the working directory',
};

/** What the operating system refuses: no room, no permission, a folder that is gone. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string' && 'errno' in error;
