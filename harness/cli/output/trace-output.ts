import { writeTrace } from '../../../traces/tools/write';
import type { EventSource } from '../../../traces/trace';
import { groupedInteger } from '../../text/numbers';
import { EXIT, type ExitCode } from '../exit-codes';
import { tellLine } from './terminal';

/** Writes a trace and says so on stderr: stdout may be the trace. */
export async function writeAndReport(source: EventSource, output: string): Promise<ExitCode> {
  const { name } = source.header;
  const { events, identity } = await (output === '-'
    ? writeTrace(source, process.stdout, 'csv')
    : writeTrace(source, output));
  const where = output === '-' ? 'stdout' : output;
  tellLine(`${name}: ${groupedInteger(events)} events to ${where}, sha256 ${identity}`);
  return EXIT.ok;
}
