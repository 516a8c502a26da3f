import { BlockSource } from '../block-source';
import { EventBlock } from '../event-block';
import { IdentityHash } from '../identity';
import { InputError } from '../input-error';
import type { ByteSource } from '../input/bytes';
import { BoundedTexts, type CellProblem } from './bounded-texts';
import { CsvGeneralPath, lineTooLong, type CsvReading } from './csv-general';
import { readHeader } from './csv-header';
import { CsvInput } from './csv-input';
import { LINE_BYTES_MAX, binaryGarbage, cellStart, cutRecords, parseRecords } from './csv-records';
import { CsvScanner } from './csv-scanner';
import { LineNumbers } from './line-numbers';
import type { PlacedSource } from './placed';
import { Problems, type ProblemListener } from './problems';

export interface CsvOptions {
  /** The trace's name; the input's own when left out. */
  readonly name?: string;
  /**
   * Is told each problem that can be passed over, with `file:line:column`, and says whether to read on. Without it the
   * first problem ends the reading.
   */
  readonly onProblem?: ProblemListener;
}

/**
 * Reads canonical CSV in constant memory: any order of columns, LF or CRLF, blank lines at the end, a
 * byte order mark. Takes over `bytes` and closes it. Rejects with an `InputError` for a file without a proper header
 * line; later problems come from `refill`, after all the events before them.
 */
export async function openCsv(bytes: ByteSource, options: CsvOptions = {}): Promise<PlacedSource> {
  try {
    const input = new CsvInput(bytes);
    return new CsvSource(input, await openHeader(input), options);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function openHeader(input: CsvInput): Promise<readonly number[]> {
  let more = true;
  while (more && input.linesEnd === 0 && input.pendingBytes <= LINE_BYTES_MAX) {
    more = await input.more();
  }
  if (input.bytes.length === 0) {
    const where = input.source.name;
    throw new InputError({ where, problem: 'the file is empty', expected: 'a trace or a recording' });
  }
  const line = input.bytes.subarray(0, input.lineEnd(0));
  const refuse = (at: number, problem: CellProblem) => input.errorAt(at, problem);
  if (line.length > LINE_BYTES_MAX) {
    throw refuse(0, lineTooLong);
  }
  const garbage = binaryGarbage(line);
  if (garbage !== undefined) {
    throw refuse(garbage.at, garbage);
  }
  const { problem, openQuoteAt } = cutRecords(line, 0, line.length, line.length);
  if (problem !== undefined) {
    throw refuse(problem.at, problem);
  }
  if (openQuoteAt !== undefined) {
    throw refuse(openQuoteAt, { problem: 'a quote that is not closed', expected: 'a header of one line' });
  }
  const columns = readHeader(parseRecords(line, 1)[0]!);
  if ('problem' in columns) {
    throw refuse(cellStart(line, 0, columns.cell), columns);
  }
  input.pass(line.length);
  return columns;
}

/** One pass over a CSV file: the fast path takes the rows it knows, the general path the others. */
class CsvSource extends BlockSource implements PlacedSource {
  private readonly reading: CsvReading;
  private readonly fastPath: CsvScanner;
  private readonly generalPath: CsvGeneralPath;
  private readonly hash: IdentityHash;
  private ended = false;

  constructor(input: CsvInput, columns: readonly number[], { name, onProblem }: CsvOptions) {
    const texts = new BoundedTexts();
    super({ name: name ?? input.source.name, origin: { kind: 'recorded', format: 'csv' } }, texts.table);
    const [block, lineNumbers, problems] = [new EventBlock(), new LineNumbers(), new Problems(onProblem)];
    this.reading = { input, columns, texts, block, lineNumbers, problems };
    this.fastPath = new CsvScanner(columns, texts);
    this.generalPath = new CsvGeneralPath(this.reading);
    this.hash = new IdentityHash(texts.table);
  }

  identity(): string {
    return this.hash.digest();
  }

  place(): string {
    const { input, lineNumbers } = this.reading;
    return `${input.source.name}:${lineNumbers.lineOf(Math.max(0, this.yieldedOfBlock - 1))}:1`;
  }

  protected async loadBlock(): Promise<EventBlock | undefined> {
    const { input, block, lineNumbers, problems } = this.reading;
    block.clear();
    lineNumbers.clear();
    lineNumbers.set(0, input.line);
    while (!this.ended && !problems.stopped && !block.full) {
      if (input.at === input.linesEnd || !this.takeLines()) {
        await this.readOn();
      }
    }
    // What stands before a problem is an event all the same, and comes first.
    if (block.length === 0 && problems.failure !== undefined) {
      throw problems.failure;
    }
    this.hash.addBlock(block);
    return block.length > 0 ? block : undefined;
  }

  protected release(): Promise<void> {
    this.ended = true;
    return this.reading.input.source.close();
  }

  /** Takes what both paths can take at once. Returns false where the next row is not at hand in full. */
  private takeLines(): boolean {
    const { input, block, lineNumbers } = this.reading;
    if (!this.generalPath.wantsNextRow) {
      const before = block.length;
      lineNumbers.set(before, input.line);
      const at = this.fastPath.scan(input.bytes, input.at, input.linesEnd, block);
      input.passLines(at, block.length - before);
    }
    return input.at === input.linesEnd || block.full || this.generalPath.take();
  }

  private async readOn(): Promise<void> {
    const { input, problems } = this.reading;
    if (input.pendingBytes > LINE_BYTES_MAX) {
      problems.fail(input.errorAt(input.at, lineTooLong));
      return;
    }
    try {
      if (!(await input.more())) {
        this.ended = true;
      }
    } catch (error) {
      if (!(error instanceof InputError)) {
        throw error;
      }
      problems.fail(error);
    }
  }
}
