import { expectWritablePath } from '../../../traces/output/files';
import { formatOfName, writeTrace } from '../../../traces/tools/write';
import type { EventSource } from '../../../traces/trace';
import { groupedInteger } from '../../text/numbers';
import { EXIT, type ExitCode } from '../exit-codes';
import { tellLine } from './terminal';

/**
 * What `-o FILE` asks for, checked before anything is read: a function that writes a trace and says so on stderr, for
 * stdout may be the trace. Throws a `UsageError` for a file that cannot be written, or whose name says no format.
 */
export function traceTo(output: string): (source: EventSource) => Promise<ExitCode> {
  if (output !== '-') {
    formatOfName(output);
    expectWritablePath(output);
  }
  return (source) => writeAndReport(source, output);
}

async function writeAndReport(source: EventSource, output: string): Promise<ExitCode> {
  const { name } = source.header;
  const { events, identity } = await (output === '-'
    ? writeTrace(source, process.stdout, 'csv')
    : writeTrace(source, output));
  const where = output === '-' ? 'stdout' : output;
  tellLine(`${name}: ${groupedInteger(events)} events to ${where}, sha256 ${identity}`);
  return EXIT.ok;
}
