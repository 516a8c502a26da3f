import { createHash } from 'node:crypto';
import { AsciiText, AsciiWords } from '../../traces/ground/ascii-text';
import { isBlock, isVirtual, OP, OP_NAMES, VIRTUAL_BASE, type Placement } from '../../traces/trace';
import { HEAP_BASE } from '../machine/memory-layout';
import type { PlacementsForm } from './port';

/**
 * The placements of a replay as text, one line an operation: `index,op,id,offset`, exactly in the form of the golden
 * files, and their sha256. The hash is kept for every replay, so this is a hot path: lines wait as columns, a page of
 * them at a time, and are written by whoever has the time, be it another thread.
 *
 * The forms are those of the port (`PlacementsForm`); in the decimal ones a free shows the address that was freed.
 */

/** Lines as columns: what was performed on which object, and the placement to be shown. */
export interface PlacementPage {
  readonly ops: Uint8Array;
  readonly ids: Float64Array;
  readonly placements: Float64Array;
}

export const PAGE_LINES_MAX = 1024;
/** Longest line: index and id of 16 digits, the longest operation, an offset of 16 digits. */
const LINE_BYTES_MAX = 80;

/** Who writes pages of lines. */
export interface PageWriter {
  /** The page to fill next. */
  nextPage(): PlacementPage;
  /** Takes the page that `nextPage` gave, of which so many lines are filled. */
  write(lines: number): void;
  /** The sha256 of the whole text, lowercase hex. */
  digest(): string | Promise<string>;
}

/** The operations of a block, in columns; of a free `objects` says what was freed. */
interface PlacedRows {
  readonly codes: Uint8Array;
  readonly ids: Float64Array;
  readonly placements: Float64Array;
  readonly objects: Float64Array;
}

/** The lines of a replay, as its operations are performed. */
export class PlacementLines {
  private readonly isDecimal: boolean;
  private page: PlacementPage;
  private waiting = 0;

  constructor(
    form: PlacementsForm,
    private readonly writer: PageWriter,
  ) {
    this.isDecimal = isDecimalForm(form);
    this.page = writer.nextPage();
  }

  /** The next operation: `result` is what it returned, `object` what it was applied to (`NULL` for an allocation). */
  line(op: number, id: number, result: Placement, object: Placement): void {
    const { page, waiting } = this;
    page.ops[waiting] = op;
    page.ids[waiting] = id;
    page.placements[waiting] = this.isDecimal && isAboutObject(op) ? object : result;
    this.waiting = waiting + 1;
    if (this.waiting === PAGE_LINES_MAX) {
      this.turn();
    }
  }

  /** The same of rows, none of which was skipped. */
  rows({ codes, ids, placements, objects }: PlacedRows, from: number, until: number): void {
    for (let row = from; row < until;) {
      const { page, waiting } = this;
      const end = Math.min(until, row + PAGE_LINES_MAX - waiting);
      page.ops.set(codes.subarray(row, end), waiting);
      page.ids.set(ids.subarray(row, end), waiting);
      page.placements.set(placements.subarray(row, end), waiting);
      if (this.isDecimal) {
        for (let each = row; each < end; each++) {
          if (isAboutObject(codes[each]!)) {
            page.placements[waiting + each - row] = objects[each]!;
          }
        }
      }
      this.waiting = waiting + end - row;
      if (this.waiting === PAGE_LINES_MAX) {
        this.turn();
      }
      row = end;
    }
  }

  /** Has the rest written; the sha256 of the whole text. */
  finish(): string | Promise<string> {
    this.writer.write(this.waiting);
    return this.writer.digest();
  }

  private turn(): void {
    this.writer.write(PAGE_LINES_MAX);
    this.page = this.writer.nextPage();
    this.waiting = 0;
  }
}

const HEADER = Buffer.from('index,op,id,offset\n', 'latin1');
/** The operations with the commas around them. */
const OP_CELLS = new AsciiWords(OP_NAMES.map((name) => `,${name},`));
/** Placements that are no block, in their order. */
const LAST_CELLS = new AsciiWords([',NULL\n', ',ZERO\n', ',BUG\n', ',-\n']);
const OTHER_CELLS = new AsciiWords([',0x', ',v:0x', ',-1\n']);
const HEX_CELL = 0;
const VIRTUAL_CELL = 1;
const NIL_CELL = 2;
const COMMA = ','.charCodeAt(0);
const NEWLINE = '\n'.charCodeAt(0);

/** Writes pages as text, here and now. */
export class PlacementsWriter implements PageWriter {
  private readonly hash = createHash('sha256');
  private readonly text = new AsciiText(HEADER.length + PAGE_LINES_MAX * LINE_BYTES_MAX);
  private readonly page: PlacementPage = {
    ops: new Uint8Array(PAGE_LINES_MAX),
    ids: new Float64Array(PAGE_LINES_MAX),
    placements: new Float64Array(PAGE_LINES_MAX),
  };
  private linesWritten = 0;
  /** Characters that wait for a page of lines to go with. */
  private written: number;

  /**
   * @param take receives the text in chunks that are valid only during the call
   */
  constructor(
    private readonly form: PlacementsForm,
    private readonly take?: (chunk: Uint8Array) => void,
  ) {
    this.written = this.text.copy(0, HEADER);
  }

  nextPage(): PlacementPage {
    return this.page;
  }

  write(lines: number): void {
    this.writePage(this.page, lines);
  }

  writePage({ ops, ids, placements }: PlacementPage, lines: number): void {
    const { form, text, linesWritten } = this;
    const isDecimal = isDecimalForm(form);
    let at = this.written;
    for (let line = 0; line < lines; line++) {
      const placement = placements[line]! as Placement;
      at = text.decimal(at, linesWritten + line);
      at = text.word(at, OP_CELLS, ops[line]!);
      at = text.decimal(at, ids[line]!);
      at = isDecimal ? writeDecimalOffset(text, at, placement) : writeXenOffset(text, at, placement, form);
    }
    this.linesWritten = linesWritten + lines;
    this.written = 0;
    const chunk = text.upTo(at);
    this.hash.update(chunk);
    this.take?.(chunk);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}

function isDecimalForm(form: PlacementsForm): boolean {
  return form === 'plan9' || form === 'libxl';
}

/** Whether the decimal forms show what an operation was applied to, and not what it returned. */
function isAboutObject(op: number): boolean {
  return op === OP.free || op === OP.msize || op === OP.overrun || op === OP.fill;
}

// Both return the place behind what they wrote.

function writeXenOffset(text: AsciiText, at: number, placement: Placement, form: PlacementsForm): number {
  if (!isBlock(placement)) {
    return text.word(at, LAST_CELLS, placement);
  }
  const isMarked = isVirtual(placement) && form === 'xen';
  const digits = text.word(at, OTHER_CELLS, isMarked ? VIRTUAL_CELL : HEX_CELL);
  const offset = placement - (isVirtual(placement) ? VIRTUAL_BASE : HEAP_BASE);
  return text.character(text.hexadecimal(digits, offset), NEWLINE);
}

function writeDecimalOffset(text: AsciiText, at: number, placement: Placement): number {
  if (!isBlock(placement)) {
    return text.word(at, OTHER_CELLS, NIL_CELL);
  }
  const digits = text.character(at, COMMA);
  return text.character(text.decimal(digits, placement - HEAP_BASE), NEWLINE);
}
