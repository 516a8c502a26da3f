/**
 * One pass over a recording as a source of events: bytes in, lines cut, lines parsed, events out by the block.
 */
import { BlockSource } from '../block-source';
import type { EventBlock } from '../event-block';
import { IdentityHash } from '../identity';
import type { ByteSource } from '../input/bytes';
import { HEAD_BYTES } from '../input/bytes';
import { LineReader } from '../input/lines';
import { TextTable } from '../trace';
import type { TraceHeader } from '../trace';
import { InputError } from '../input-error';
import { emptyAccounting, saidNothing, saidOther, type Accounting } from './accounting';
import { EventQueue } from './event-queue';
import type { LineParser, RecorderFormat } from './importer';
import { completeImportOptions, type ImportOptions } from './options';
import { Recording } from './recording';
import { SiteTexts } from './site-texts';

/** What is being done: lines are read, then the parser says what it held back, then leaks are closed. */
type Stage = 'lines' | 'rest' | 'leaks' | 'done';

/** Lines that are decoded before they are parsed. */
const LINES_AT_ONCE = 1 << 12;
/** What is longer is refused by its decoder. */
const WHOLE_BYTES_MAX = 1 << 28;

export class ImportSource extends BlockSource {
  /** Complete once `refill` has said false. */
  readonly accounting: Accounting = emptyAccounting();
  private readonly hash: IdentityHash;
  private readonly lines = new LineReader(true);
  private readonly queue = new EventQueue();
  private readonly recording: Recording;
  private readonly parser: LineParser;
  private stage: Stage = 'lines';
  /** The lines of a recorder that writes bytes. */
  private decoded: Iterator<string> | undefined;

  /** `openImport` makes one. */
  constructor(
    header: TraceHeader,
    private readonly bytes: ByteSource,
    private readonly format: RecorderFormat,
    options: ImportOptions,
    head: readonly string[],
    private readonly mustSaySomething: boolean,
  ) {
    super(header, new TextTable());
    this.hash = new IdentityHash(this.texts);
    const sites = new SiteTexts(options.sites, this.texts);
    this.recording = new Recording(bytes.name, options, this.accounting, sites, this.lines, this.queue);
    this.parser = format.open(this.recording, head);
  }

  identity(): string {
    return this.hash.digest();
  }

  protected async loadBlock(): Promise<EventBlock | undefined> {
    while (this.stage !== 'done' && !this.queue.hasFullBlock) {
      if (this.stage === 'lines') {
        await this.readChunk();
      } else if (this.stage === 'rest') {
        this.stage = this.parser.finish?.() === true ? 'rest' : 'leaks';
      } else {
        this.stage = this.recording.close() ? 'leaks' : 'done';
      }
    }
    if (this.stage === 'done' && this.mustSaySomething) {
      this.refuseSilence();
    }
    const block = this.queue.take();
    if (block !== undefined) {
      this.hash.addBlock(block);
    }
    return block;
  }

  protected release(): Promise<void> {
    this.stage = 'done';
    return this.bytes.close();
  }

  /** Importers are lenient: read as what it is not, a file would be a recording in which nothing happened. */
  private refuseSilence(): void {
    const { accounting, bytes, format, recording } = this;
    if (recording.isFull || !saidOther(accounting)) {
      return;
    }
    if (!saidNothing(accounting)) {
      throw this.otherThanAskedFor();
    }
    // Kinds come in the order of their first lines; where all is chatter, the first line is as good as any.
    const first = accounting.unparsedKinds[0] ?? { line: 1, column: 1, expected: format.summary };
    throw new InputError({
      where: accounting.lines === 0 ? bytes.name : `${bytes.name}:${first.line}:${first.column}`,
      problem: `nothing in its ${accounting.lines} lines is of the format ${format.name}`,
      expected: first.expected,
    });
  }

  private otherThanAskedFor(): InputError {
    const { accounting, bytes, recording } = this;
    const { otherPids, options } = recording;
    if (accounting.otherPidLines === 0) {
      const problem = 'none of its events is of the allocator that was chosen';
      return new InputError({ where: bytes.name, problem, expected: 'the other one (--kmem), or no choice' });
    }
    return new InputError({
      where: bytes.name,
      problem: `none of its lines is of process ${options.pid}`,
      expected:
        otherPids.length === 0 ? 'no --pid: they name none' : `--pid with one of ${otherPids.join(', ')}`,
    });
  }

  private async readChunk(): Promise<void> {
    const chunk = await this.nextChunk();
    if (chunk === undefined) {
      this.lines.finish();
    } else {
      this.lines.append(chunk);
    }
    this.parseLines();
    if (this.recording.isFull) {
      this.stage = 'leaks';
    } else if (chunk === undefined) {
      this.stage = 'rest';
    }
  }

  /** The next bytes of the text, or of the text that stands for a recorder's bytes. */
  private async nextChunk(): Promise<Buffer | undefined> {
    const { binary } = this.format;
    if (binary === undefined) {
      return this.bytes.read();
    }
    this.decoded ??= binary.lines(await this.wholeBytes(), this.bytes.name)[Symbol.iterator]();
    const lines: string[] = [];
    for (let step = this.decoded.next(); step.done !== true; step = this.decoded.next()) {
      lines.push(`${step.value}\n`);
      if (lines.length === LINES_AT_ONCE) {
        break;
      }
    }
    return lines.length === 0 ? undefined : Buffer.from(lines.join(''), 'latin1');
  }

  private async wholeBytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let length = 0;
    for (let chunk = await this.bytes.read(); chunk !== undefined; chunk = await this.bytes.read()) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > WHOLE_BYTES_MAX) {
        break;
      }
    }
    return Buffer.concat(chunks);
  }

  private parseLines(): void {
    const { lines, parser, recording } = this;
    while (lines.next()) {
      recording.lineBegins();
      if (lines.truncated) {
        recording.unparsed('lines of at most 1 MiB', 1);
      } else {
        parser.line(lines);
      }
      recording.lineEnds();
      if (recording.isFull) {
        break;
      }
    }
    this.accounting.lines = lines.number;
  }
}

/**
 * Opens a recording for one pass; `format` is `detectFormat(await recordingHead(bytes))` or what the user named, and
 * `name` that of the trace. One that `mustSaySomething` rejects at its end if it said nothing of an allocator. The
 * source owns `bytes` from here on. Throws a `UsageError` for options that do not fit.
 */
export async function openImport(
  bytes: ByteSource,
  format: RecorderFormat,
  options: Partial<ImportOptions> = {},
  name: string = recordingName(bytes.name),
  mustSaySomething = false,
): Promise<ImportSource> {
  const complete = completeImportOptions(options, format);
  const head = await recordingHead(bytes);
  return new ImportSource(
    { name, origin: { kind: 'recorded', format: format.name } },
    bytes,
    format,
    complete,
    head,
    mustSaySomething,
  );
}

/** The whole lines among the first 64 KiB, by which a format is told; taken from nothing that is read later. */
export async function recordingHead(bytes: ByteSource): Promise<readonly string[]> {
  const head = await bytes.peek(HEAD_BYTES);
  const lines = head.toString('latin1').split(/\r?\n|\r/);
  if (head.length === HEAD_BYTES && lines.length > 1) {
    lines.pop();
  }
  return lines;
}

const FILE_ENDINGS =
  /\.(gz|zst|zip|wl|script|lttng|txt|log|out|csv|rep|raw|vg|valgrind|ltrace|mtrace|heaptrack|ftrace)$/;

/** The trace's name after its file's: without folder and the endings that say how it was recorded. */
export function recordingName(path: string): string {
  let name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  while (FILE_ENDINGS.test(name)) {
    name = name.replace(FILE_ENDINGS, '');
  }
  return name === '' ? 'recording' : name;
}
