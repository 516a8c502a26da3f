import { refuseImportOptions } from './importers/options';
import { openFile, type OpenedTrace, type OpenOptions } from './open-file';
import { traceFile } from './shipped';
import { isSynthesizerSpecification, traceFromSpecification } from './synthesizers/registry';

/**
 * From what a user names to a trace: a file of any known format, plain or compressed, `-` for standard input,
 * `recorded:NAME`, `policy:NAME` and `adversaries:NAME` for what ships, or `synth:NAME?…` for a synthesizer.
 */

/**
 * Opens a trace. Rejects with an `InputError` for a file that cannot be read, is of no known format, or breaks the
 * rules of its format, and with a `UsageError` for a name or option that cannot be followed; where the events are not
 * held, such problems may come only when they are read.
 */
export async function openTrace(specification: string, options: OpenOptions = {}): Promise<OpenedTrace> {
  if (!isSynthesizerSpecification(specification)) {
    return openFile(traceFile(specification), options);
  }
  refuseImportOptions(options.importOptions, 'a synthesizer');
  const { header, open } = traceFromSpecification(specification);
  return { header, open, format: 'synth' };
}

export type { OpenedTrace, OpenOptions } from './open-file';
