import { Readable } from 'node:stream';
import { openBytes, type ByteSource } from '../../../traces/input/bytes';
import type { Accounting } from '../../../traces/importers/accounting';
import { openImport, recordingHead } from '../../../traces/importers/import-source';
import type { ImportOptions } from '../../../traces/importers/options';
import { detectFormat, formatNamed } from '../../../traces/importers/registry';
import { NOTHING, OP_NAMES, TraceEvent, type EventSource } from '../../../traces/trace';

/** An import read to its end. */
export interface Imported {
  readonly format: string;
  readonly name: string;
  /** One text an event: `alloc 0 100`, `alloc 1 100 align=64 site=main`, `free 0`. */
  readonly events: readonly string[];
  readonly accounting: Accounting;
  /** The counts that are not 0, without those of lines and of what the events themselves show. */
  readonly counts: Readonly<Record<string, number>>;
  readonly identity: string;
}

export type GivenOptions = Partial<ImportOptions>;

/** Imports a text under the name `log`; the format is detected unless it is named. */
export async function importText(
  text: string,
  options: GivenOptions = {},
  format?: string,
): Promise<Imported> {
  return importBytes(await openBytes(Readable.from([Buffer.from(text, 'latin1')]), 'log'), options, format);
}

export async function importFile(
  path: string,
  options: GivenOptions = {},
  format?: string,
): Promise<Imported> {
  return importBytes(await openBytes(path), options, format);
}

async function importBytes(bytes: ByteSource, options: GivenOptions, name?: string): Promise<Imported> {
  const format = name === undefined ? detectFormat(await recordingHead(bytes)) : formatNamed(name);
  if (format === undefined) {
    throw new Error(`no format knows ${bytes.name}`);
  }
  const source = await openImport(bytes, format, options);
  const events: string[] = [];
  await forEachEvent(source, (event) => events.push(describe(event, source)));
  const { accounting } = source;
  return {
    format: format.name,
    name: source.header.name,
    events,
    accounting,
    counts: doubts(accounting),
    identity: source.identity(),
  };
}

/** Reads a source to its end and closes it. */
export async function forEachEvent(source: EventSource, visit: (event: TraceEvent) => void): Promise<void> {
  const event = new TraceEvent();
  try {
    do {
      while (source.next(event, NOTHING)) {
        visit(event);
      }
    } while (await source.refill());
  } finally {
    await source.close();
  }
}

function describe(event: TraceEvent, { texts }: EventSource): string {
  const { align, offset, span, cpu } = event;
  const optional = {
    align,
    offset,
    span,
    cpu,
    site: texts.text(event.site),
    call: texts.text(event.call),
    value: texts.text(event.value),
  };
  const given = Object.entries(optional).filter(([, value]) => value !== 0 && value !== '');
  const size = event.size === 0 && OP_NAMES[event.op] !== 'alloc' ? '' : ` ${event.size}`;
  return [`${OP_NAMES[event.op]} ${event.id}${size}`, ...given.map(([key, value]) => `${key}=${value}`)].join(
    ' ',
  );
}

const SHOWN_BY_EVENTS = new Set([
  'lines',
  'chatterLines',
  'events',
  'allocs',
  'frees',
  'reallocs',
  'otherEvents',
  'notes',
]);
const SUMS = /^(live|peak)/;

function doubts(accounting: Accounting): Record<string, number> {
  const counts = Object.entries(accounting).flatMap(([key, value]) =>
    typeof value === 'number' && value !== 0 && !SHOWN_BY_EVENTS.has(key) && !SUMS.test(key)
      ? [[key, value] as const]
      : [],
  );
  return Object.fromEntries(counts);
}
