import type { Readable } from 'node:stream';
import { holdEvents, type EventColumns } from './columns';
import { looksLikeAtr, openAtr } from './formats/atr-reader';
import { looksLikeCsv } from './formats/csv-header';
import { openCsv } from './formats/csv-reader';
import type { ProblemListener } from './formats/problems';
import { validated } from './formats/validated';
import type { Accounting } from './importers/accounting';
import { ImportSource, openImport, recordingHead, recordingName } from './importers/import-source';
import type { RecorderFormat } from './importers/importer';
import { refuseImportOptions, type ImportOptions } from './importers/options';
import { detectBinaryFormat, detectFormat, FORMAT_NAMES, formatNamed } from './importers/registry';
import { HEAD_BYTES, openBytes, type ByteSource } from './input/bytes';
import { didYouMean, InputError, UsageError } from './input-error';
import type { EventSource, Trace, TraceHeader } from './trace';

/** From a file to a trace, whatever format it is of: formats are told by content, never by name. */

/** A trace of at most so many events is read once and held in memory: some 40 to 150 MB. */
const EVENTS_HELD_MAX = 1 << 22;

/** Standard input cannot be read twice, so more of it is held. */
const STDIN_EVENTS_HELD_MAX = 1 << 25;

const OWN_FORMATS = ['csv', 'atr'];

const STDIN_NAME = '<stdin>';

export interface OpenOptions {
  /** What `-` reads. */
  readonly stdin?: Readable;
  /** Forces the format: `csv`, `atr`, or a recorder's name. */
  readonly format?: string;
  /** What is asked of an import, if it is one. */
  readonly importOptions?: Partial<ImportOptions>;
  /** Whether the events are held against the rules between them (`validated`); they are by default. */
  readonly validate?: boolean;
  /**
   * How often the trace will be passed over. A trace for one pass is read as its events are asked for; one for many,
   * the default, is held in memory if it is small enough and otherwise read anew in every pass.
   */
  readonly passes?: 'one' | 'many';
  /** How many events may be held in memory. */
  readonly eventsHeldMax?: number;
  /** Whether an identity that the file only claims is held against its events. */
  readonly verifyIdentity?: boolean;
  /** Is told what is wrong with a trace for one pass, as far as that can be passed over, and says whether to go on. */
  readonly onProblem?: ProblemListener;
}

export interface OpenedTrace extends Trace {
  /** `csv`, `atr`, a recorder's name, or `synth`. */
  readonly format: string;
  /** The events, where they are held in memory. */
  readonly held?: EventColumns;
  /** The books of an import; complete when a pass has ended, at once where the events are held. */
  readonly accounting?: Accounting | undefined;
}

/** Opens a file, or `-` for standard input; `openTrace` says what it rejects with. */
export async function openFile(file: string, options: OpenOptions): Promise<OpenedTrace> {
  requireKnownFormat(options);
  const bytes = await openBytesOf(file, options);
  try {
    const reader = await readerFor(bytes, options);
    if (OWN_FORMATS.includes(reader.format)) {
      refuseImportOptions(options.importOptions, `the format ${reader.format}`);
    }
    const source = await reader.open(bytes);
    if (options.passes === 'one') {
      return rereadTrace(file, options, reader, source.header, source);
    }
    return await heldOrReread(file, options, reader, source);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/** The name of the trace in a file: the file's, without folder and the endings that name its format. */
export function traceName(path: string): string {
  let name = recordingName(path);
  while (/.\.(trace|atr|csv)$/.test(name)) {
    name = recordingName(name.slice(0, name.lastIndexOf('.')));
  }
  return name;
}

function requireKnownFormat({ format }: OpenOptions): void {
  const known = [...OWN_FORMATS, ...FORMAT_NAMES];
  if (format === undefined || known.includes(format)) {
    return;
  }
  throw new UsageError({
    where: '--format',
    problem: `unknown format "${format}"`,
    expected: `one of ${known.join(', ')}${didYouMean(format, known)}`,
  });
}

function openBytesOf(file: string, { stdin }: OpenOptions): Promise<ByteSource> {
  if (file !== '-') {
    return openBytes(file);
  }
  if (stdin !== undefined) {
    return openBytes(stdin, STDIN_NAME);
  }
  throw new UsageError({ where: '-', problem: 'standard input is not at hand', expected: 'a file' });
}

/** How the bytes of one format become events. */
interface Reader {
  readonly format: string;
  open(bytes: ByteSource): Promise<EventSource>;
}

async function readerFor(bytes: ByteSource, options: OpenOptions): Promise<Reader> {
  const { format } = options;
  const name = bytes.name === STDIN_NAME ? 'stdin' : traceName(bytes.name);
  const { verifyIdentity = false, onProblem } = options;
  const csv: Reader = {
    format: 'csv',
    open: (input) => openCsv(input, { name, ...(onProblem && { onProblem }) }),
  };
  const atr: Reader = { format: 'atr', open: (input) => openAtr(input, { name, verifyIdentity }) };
  const importer = (recorder: RecorderFormat): Reader => ({
    format: recorder.name,
    open: (input) => openImport(input, recorder, options.importOptions, name, true),
  });
  if (format === 'csv') {
    return csv;
  }
  if (format === 'atr') {
    return atr;
  }
  if (format !== undefined) {
    return importer(formatNamed(format));
  }
  const head = await bytes.peek(HEAD_BYTES);
  if (looksLikeAtr(head)) {
    return atr;
  }
  if (looksLikeCsv(head)) {
    return csv;
  }
  const recorder = detectBinaryFormat(head) ?? detectFormat(await recordingHead(bytes));
  if (recorder !== undefined) {
    return importer(recorder);
  }
  // Of what claims to be one of ours, and of an empty file, our readers say best what is wrong.
  if (head.length === 0 || /\.csv(\.gz)?$/.test(bytes.name)) {
    return csv;
  }
  if (/\.atr(\.gz)?$/.test(bytes.name)) {
    return atr;
  }
  throw new InputError({
    where: bytes.name,
    problem: 'is of no known format',
    expected: 'canonical CSV (header op,id,size,align), .atr, or a recording of ' + FORMAT_NAMES.join(', '),
  });
}

function checked(source: EventSource, { validate = true, onProblem }: OpenOptions): EventSource {
  return validate ? validated(source, onProblem) : source;
}

function accountingOf(source: EventSource): Accounting | undefined {
  return source instanceof ImportSource ? source.accounting : undefined;
}

/** The books of the pass that came furthest: not every pass goes to the end. */
function fullest(passes: readonly EventSource[]): Accounting | undefined {
  return passes
    .map(accountingOf)
    .reduce((best, each) => ((each?.lines ?? 0) > (best?.lines ?? 0) ? each : best), undefined);
}

/** A trace that reads its file in every pass; `first` is a pass that was opened already. */
function rereadTrace(
  file: string,
  options: OpenOptions,
  reader: Reader,
  header: TraceHeader,
  first?: EventSource,
): OpenedTrace {
  let waiting = first;
  const opened: EventSource[] = first === undefined ? [] : [first];
  return {
    header,
    format: reader.format,
    get accounting() {
      return fullest(opened);
    },
    async open() {
      const source = waiting ?? (await readAgain(file, reader));
      waiting = undefined;
      opened.splice(
        0,
        opened.length,
        ...opened.filter((each) => accountingOf(each) === fullest(opened)),
        source,
      );
      return checked(source, options);
    },
  };
}

async function heldOrReread(
  file: string,
  options: OpenOptions,
  reader: Reader,
  source: EventSource,
): Promise<OpenedTrace> {
  const isStdin = file === '-';
  const eventsMax = options.eventsHeldMax ?? (isStdin ? STDIN_EVENTS_HELD_MAX : EVENTS_HELD_MAX);
  const held = await holdEvents(checked(source, options), eventsMax);
  const { header } = source;
  if (held !== undefined) {
    return { ...held.trace(header), format: reader.format, held, accounting: accountingOf(source) };
  }
  if (isStdin) {
    const problem = `more than ${eventsMax} events, which cannot be kept for every engine`;
    throw new InputError({ where: STDIN_NAME, problem, expected: 'a file, which can be read again' });
  }
  return rereadTrace(file, options, reader, header);
}

async function readAgain(file: string, reader: Reader): Promise<EventSource> {
  if (file === '-') {
    throw new Error('standard input was opened for one pass only');
  }
  return reader.open(await openBytes(file));
}
