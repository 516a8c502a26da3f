import { Readable } from 'node:stream';
import { CanonicalCsvEncoder } from '../../../traces/canonical-csv';
import type { EventColumns } from '../../../traces/columns';
import { openCsv, type CsvOptions } from '../../../traces/formats/csv-reader';
import { openBytes } from '../../../traces/input/bytes';
import { TraceEvent } from '../../../traces/trace';
import { eventsOf, type PlainEvent } from './events';

/** The canonical CSV of these events. */
export function canonicalCsv(columns: EventColumns): Buffer {
  const encoder = new CanonicalCsvEncoder(columns.texts);
  const event = new TraceEvent();
  encoder.header();
  for (let i = 0; i < columns.length; i++) {
    columns.event(i, event);
    encoder.row(event);
  }
  return Buffer.from(encoder.view());
}

/** A stream that delivers the bytes in pieces of this many. */
export function piecewise(bytes: Buffer, pieceBytes: number): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    pieces.push(bytes.subarray(at, at + pieceBytes));
  }
  return Readable.from(pieces);
}

/** Opens a file called `t.csv` with this content. */
export async function openText(content: string | Buffer, options: CsvOptions = {}, pieceBytes = 1 << 20) {
  return openCsv(await openBytes(piecewise(Buffer.from(content), pieceBytes), 't.csv'), options);
}

export async function readText(
  content: string | Buffer,
  options: CsvOptions = {},
  pieceBytes = 1 << 20,
): Promise<{ events: Required<PlainEvent>[]; identity: string }> {
  const source = await openText(content, options, pieceBytes);
  const events = await eventsOf(source);
  return { events, identity: source.identity() };
}

/** The message with which reading this content fails. */
export async function failureOf(content: string | Buffer, options: CsvOptions = {}): Promise<string> {
  try {
    await readText(content, options);
  } catch (error) {
    if ((error as Error).name !== 'InputError') {
      throw error;
    }
    return (error as Error).message;
  }
  throw new Error(`was read without complaint: ${content.toString().slice(0, 200)}`);
}
