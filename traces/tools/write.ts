import type { Writable } from 'node:stream';
import { writeAtr } from '../formats/atr-writer';
import { writeCsv } from '../formats/csv-writer';
import type { WrittenTrace } from '../formats/written-trace';
import { UsageError } from '../input-error';
import type { EventSource } from '../trace';

/** The formats that a trace can be written in. */
export type WrittenFormat = 'csv' | 'atr';

/** The format that a file's name asks for. Throws a `UsageError` where it asks for none. */
export function formatOfName(path: string): WrittenFormat {
  if (/\.csv(\.gz)?$/.test(path)) {
    return 'csv';
  }
  if (/\.atr(\.gz)?$/.test(path)) {
    return 'atr';
  }
  throw new UsageError({
    where: path,
    problem: 'its name says no format to write',
    expected: 'a name that ends in .csv, .csv.gz, .atr or .atr.gz',
  });
}

/**
 * Writes a source to its end and closes it. Rejects as the source does, or with a `UsageError` for a path that cannot
 * be written; then nothing is left behind.
 */
export function writeTrace(
  source: EventSource,
  target: string | Writable,
  format: WrittenFormat = typeof target === 'string' ? formatOfName(target) : 'csv',
): Promise<WrittenTrace> {
  return format === 'csv' ? writeCsv(source, target) : writeAtr(source, target);
}
