import type { EventBlock } from '../event-block';
import type { InputError } from '../input-error';
import { TraceEvent } from '../trace';
import type { BoundedTexts, CellProblem } from './bounded-texts';
import { COLUMN, cellsMinOf, eventProblem, readCell } from './cells';
import type { CsvInput } from './csv-input';
import { LINE_BYTES_MAX, binaryGarbage, cellStart, cutRecords, parseRecords } from './csv-records';
import type { LineNumbers } from './line-numbers';
import type { Problems } from './problems';

/** How much of a file the general path takes before the fast path may try again. */
const STRETCH_BYTES = 1 << 14;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export const lineTooLong: CellProblem = {
  problem: `a line longer than ${LINE_BYTES_MAX} bytes`,
  expected: 'one event a line',
};
const openQuote: CellProblem = { problem: 'a quote that is never closed', expected: 'a closing quote' };
const emptyLine: CellProblem = { problem: 'an empty line', expected: 'one event a line' };

/** A problem of a row and the number of the cell it is about, from 0. */
interface RowProblem extends CellProblem {
  readonly cell: number;
}

/** What the two paths of a CSV reader share. */
export interface CsvReading {
  readonly input: CsvInput;
  /** The column of each cell of a row, as its place in `COLUMN_NAMES`. */
  readonly columns: readonly number[];
  readonly texts: BoundedTexts;
  /** Receives the events. */
  readonly block: EventBlock;
  /** Receives where they stand. */
  readonly lineNumbers: LineNumbers;
  readonly problems: Problems;
}

/** Takes the rows that the fast path left, whatever they are, and says what is wrong with those that are none. */
export class CsvGeneralPath {
  private readonly event = new TraceEvent();
  private readonly cellsMin: number;
  /** The first empty line after which there were only empty ones: harmless at the end of the file. */
  private emptyLineError: InputError | undefined;

  constructor(private readonly reading: CsvReading) {
    this.cellsMin = cellsMinOf(reading.columns);
  }

  /** Whether the next row has to come here, however plain it is. */
  get wantsNextRow(): boolean {
    return this.emptyLineError !== undefined;
  }

  /** Takes a stretch of rows. Returns false where the next row is not at hand in full but may be later. */
  take(): boolean {
    const { input, problems } = this.reading;
    const { bytes, at, linesEnd } = input;
    const { ends, problem, openQuoteAt } = cutRecords(bytes, at, linesEnd, at + STRETCH_BYTES);
    if (ends.length > 0) {
      this.takeRecords(ends);
    } else if (problem !== undefined) {
      problems.tell(input.errorAt(problem.at, problem));
      input.pass(input.lineEnd(problem.at));
    } else if (openQuoteAt !== undefined) {
      if (!input.isWhole && input.pendingBytes <= LINE_BYTES_MAX) {
        return false;
      }
      problems.fail(input.errorAt(openQuoteAt, openQuote));
    }
    return true;
  }

  private takeRecords(ends: readonly number[]): void {
    const { input, block, problems } = this.reading;
    const start = input.at;
    const garbage = binaryGarbage(input.bytes.subarray(start, ends.at(-1)));
    const clean = garbage === undefined ? ends : ends.filter((end) => end <= start + garbage.at);
    const rows =
      clean.length === 0 ? [] : parseRecords(input.bytes.subarray(start, clean.at(-1)), clean.length);
    for (const [row, cells] of rows.entries()) {
      if (block.full || problems.stopped) {
        return;
      }
      this.takeRow(cells, clean[row]!);
    }
    if (garbage === undefined || block.full || problems.stopped) {
      return;
    }
    problems.tell(input.errorAt(start + garbage.at, garbage));
    input.pass(ends[clean.length]!);
  }

  private takeRow(cells: readonly string[], end: number): void {
    const { input, block, lineNumbers, problems } = this.reading;
    if (isEmptyLine(input.bytes, input.at)) {
      this.emptyLineError ??= input.errorAt(input.at, emptyLine);
      input.pass(end);
      return;
    }
    if (this.emptyLineError !== undefined) {
      problems.tell(this.emptyLineError);
      this.emptyLineError = undefined;
      if (problems.stopped) {
        return;
      }
    }
    const problem = end - input.at > LINE_BYTES_MAX ? { cell: 0, ...lineTooLong } : this.readRow(cells);
    if (problem === undefined) {
      lineNumbers.set(block.length, input.line);
      block.append(this.event);
    } else {
      const place = cellStart(input.bytes, input.at, problem.cell);
      problems.tell(input.errorAt(place, problem));
    }
    input.pass(end);
  }

  private readRow(cells: readonly string[]): RowProblem | undefined {
    const { columns, texts } = this.reading;
    const { event, cellsMin } = this;
    if (cells.length < cellsMin || cells.length > columns.length) {
      const range = cellsMin === columns.length ? `${cellsMin}` : `${cellsMin} to ${columns.length}`;
      const problem = `a row of ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`;
      return {
        cell: Math.min(cells.length, columns.length),
        problem,
        expected: `${range}, as the header says`,
      };
    }
    event.set(0, 0, 0, 0);
    for (const [cell, text] of cells.entries()) {
      const problem = readCell(columns[cell]!, text, event, texts);
      if (problem !== undefined) {
        return { cell, ...problem };
      }
    }
    const problem = eventProblem(event, texts.table);
    return problem && { cell: Math.min(valueCell(columns), cells.length), ...problem };
  }
}

/** Where a row's value stands, or where it ends if the file has no such column. */
function valueCell(columns: readonly number[]): number {
  const cell = columns.indexOf(COLUMN.value);
  return cell < 0 ? columns.length : cell;
}

function isEmptyLine(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === LINE_FEED || (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED);
}
