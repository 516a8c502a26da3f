/**
 * MiniMalloc's CSV of buffers with lifetimes (google/minimalloc): an off-line packing problem, as a trace. A header
 * row names the columns, in any order: id (or buffer, buffer_id), lower (begin, start), upper (end), size, and
 * perhaps alignment, hint, gaps, offset. `upper` is exclusive, a column called `end` inclusive. Absent last cells are
 * empty ones, as spreadsheets write them. The first empty line ends the file.
 *
 * A buffer is allocated at its lower time and freed at its upper; at equal times frees come first, ties go by file
 * order. A trace cannot say that a buffer lends its place in a gap: with gaps it asks for more than the problem does.
 */
import type { LineScanner } from '../input/lines';
import { LARGEST_INTEGER } from '../trace';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const COLUMNS = {
  id: ['id', 'buffer', 'buffer_id'],
  lower: ['lower', 'begin', 'start'],
  upper: ['upper', 'end'],
  size: ['size'],
  alignment: ['alignment'],
  gaps: ['gaps'],
} as const;

const HEADER_EXPECTED = 'a header row with the columns id, lower, upper and size';

/** What some spreadsheets put before the first name, taken byte by byte. */
const BYTE_ORDER_MARK = /^\xef\xbb\xbf/;

const INTEGER = /^-?\d{1,16}$/;

/** The whole problem has to be in memory before its first event; real ones have some hundred buffers. */
const BUFFERS_MAX = 1 << 21;
/** Events that one call of `finish` emits. */
const EMITTED_AT_ONCE = 1 << 13;

export const minimalloc: RecorderFormat = {
  name: 'minimalloc',
  summary: 'MiniMalloc CSV: buffers with lower and upper times',
  heeds: [],
  detect: (lines) => (findColumns(lines[0] ?? '') === undefined ? 0 : lines.length),
  open: (recording) => new MinimallocParser(recording),
};

/** Where each column stands; -1 for an optional one that does not. */
interface Columns {
  /** How many there are, known or not. */
  readonly count: number;
  /** The first that is there under more than one name, or twice under the same. */
  readonly repeated: { readonly name: string; readonly column: number } | undefined;
  readonly lower: number;
  readonly upper: number;
  readonly isUpperInclusive: boolean;
  readonly size: number;
  readonly alignment: number;
  readonly gaps: number;
}

interface Buffer {
  readonly lower: number;
  readonly upper: number;
  readonly size: number;
  readonly align: number;
}

function findColumns(header: string): Columns | undefined {
  const cells = header.replace(BYTE_ORDER_MARK, '').split(',');
  const names = cells.map((name) => name.trim());
  const find = (wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name));
  const lower = find(COLUMNS.lower);
  const upper = find(COLUMNS.upper);
  const size = find(COLUMNS.size);
  if (Math.min(find(COLUMNS.id), lower, upper, size) < 0) {
    return undefined;
  }
  const repeated = names.findIndex((name, index) =>
    Object.values<readonly string[]>(COLUMNS).some((known) => known.includes(name) && find(known) < index),
  );
  return {
    count: names.length,
    repeated: repeated < 0 ? undefined : { name: names[repeated]!, column: columnOf(cells, repeated) },
    lower,
    upper,
    isUpperInclusive: names[upper] === 'end',
    size,
    alignment: find(COLUMNS.alignment),
    gaps: find(COLUMNS.gaps),
  };
}

class MinimallocParser implements LineParser {
  private columns: Columns | undefined;
  private hasEnded = false;
  private readonly buffers: Buffer[] = [];
  private buffersWithGaps = 0;
  private schedule: Schedule | undefined;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    if (this.columns === undefined) {
      this.columns = this.header(line);
    } else if (line.isEmpty) {
      this.hasEnded = true;
    } else if (this.hasEnded) {
      this.recording.unparsed('no row behind the empty line that ends the file', 1);
    } else {
      this.row(line.text().split(','), this.columns);
    }
  }

  finish(): boolean {
    if (this.schedule === undefined) {
      if (this.columns === undefined) {
        this.recording.remark(`the file is empty, without ${HEADER_EXPECTED}`);
      }
      if (this.buffersWithGaps > 0) {
        this.recording.accounting.notes.push(`the gaps of ${this.buffersWithGaps} buffers are not used`);
      }
      this.schedule = new Schedule(this.buffers);
    }
    return this.schedule.emit(this.recording, EMITTED_AT_ONCE);
  }

  private header(line: LineScanner): Columns {
    const columns = findColumns(line.text());
    if (columns === undefined) {
      this.recording.fail('the first line names other columns', HEADER_EXPECTED);
    }
    if (columns!.repeated !== undefined) {
      const { name, column } = columns!.repeated;
      this.recording.fail(
        `the column ${name} is there twice`,
        'each column once, under one of its names',
        column,
      );
    }
    this.recording.understood();
    return columns!;
  }

  private row(cells: readonly string[], columns: Columns): void {
    const extra = cells.findIndex((cell, index) => index >= columns.count && cell.trim() !== '');
    if (extra >= 0) {
      this.recording.unparsed(`no more than ${columns.count} cells`, columnOf(cells, extra));
      return;
    }
    const lower = this.integer(cells, columns.lower);
    const upper = this.integer(cells, columns.upper);
    const size = this.integer(cells, columns.size);
    const align = this.integer(cells, columns.alignment, 1);
    if (lower === undefined || upper === undefined || size === undefined || align === undefined) {
      return;
    }
    const upperExclusive = columns.isUpperInclusive ? upper + 1 : upper;
    if (size < 0 || align < 0 || lower >= upperExclusive) {
      this.recording.unparsed('a lower time before the upper one, and a size of at least 0', 1);
      return;
    }
    if (this.buffers.length >= BUFFERS_MAX) {
      this.recording.fail('too many buffers', `at most ${BUFFERS_MAX}`);
    }
    if ((cells[columns.gaps] ?? '').trim() !== '') {
      this.buffersWithGaps += 1;
    }
    this.buffers.push({ lower, upper: upperExclusive, size, align });
    this.recording.understood();
  }

  /** The number in a cell, `absent` for one that is empty; undefined, and said, where there must be one. */
  private integer(cells: readonly string[], index: number, absent?: number): number | undefined {
    const text = cells[index]?.trim() ?? '';
    if (text === '' && absent !== undefined) {
      return absent;
    }
    const value = INTEGER.test(text) ? Number(text) : undefined;
    if (value !== undefined && Math.abs(value) < LARGEST_INTEGER) {
      return value;
    }
    // One line is unparsed once, whatever else is wrong with it.
    if (this.recording.meaning !== 'unparsed') {
      this.recording.unparsed('whole numbers as times, size and alignment', columnOf(cells, index));
    }
    return undefined;
  }
}

/** Where a cell begins in its line, or the line's end if it is not there. */
function columnOf(cells: readonly string[], index: number): number {
  return cells.slice(0, index).reduce((column, cell) => column + cell.length + 1, 1);
}

/** The buffers' beginnings and ends in the order of time, emitted some at a time. */
class Schedule {
  private readonly byLower: readonly number[];
  private readonly byUpper: readonly number[];
  private begun = 0;
  private ended = 0;

  constructor(private readonly buffers: readonly Buffer[]) {
    const indices = buffers.map((_, index) => index);
    // Sorting is stable: what happens at the same time stays in the order of the file.
    this.byLower = [...indices].sort((one, other) => buffers[one]!.lower - buffers[other]!.lower);
    this.byUpper = indices.sort((one, other) => buffers[one]!.upper - buffers[other]!.upper);
  }

  /** Emits up to `count` events; says whether there are more. */
  emit(recording: Recording, count: number): boolean {
    const { buffers, byLower, byUpper } = this;
    for (let i = 0; i < count; i++) {
      const ending = byUpper[this.ended];
      if (ending === undefined) {
        return false;
      }
      const beginning = byLower[this.begun];
      // Keys start at 1, for key 0 is the null pointer.
      if (beginning === undefined || buffers[ending]!.upper <= buffers[beginning]!.lower) {
        recording.freed(ending + 1);
        this.ended += 1;
      } else {
        const { size, align } = buffers[beginning]!;
        recording.allocated(beginning + 1, size, align);
        this.begun += 1;
      }
    }
    return true;
  }
}
