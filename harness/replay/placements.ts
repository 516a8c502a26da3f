import { createHash } from 'node:crypto';
import {
  BUG,
  isBlock,
  isVirtual,
  NOTHING,
  NULL,
  OP,
  OP_NAMES,
  VIRTUAL_BASE,
  type Placement,
} from '../../traces/trace';
import { HEAP_BASE } from '../machine/memory-layout';
import { AsciiText, AsciiWord } from './ascii-text';
import type { PlacementsForm } from './port';

/**
 * The placements of a replay as text, one line an operation: `index,op,id,offset`, exactly in the form of the golden
 * files, and their sha256. The hash is kept for every replay, so this is a hot path: lines wait as numbers, and are
 * written many at a time.
 *
 * The forms are those of the port (`PlacementsForm`); in the decimal ones a free shows the address that was freed.
 */

const LINES_WAITING_MAX = 1024;
/** Longest line: index and id of 16 digits, the longest operation, an offset of 16 digits. */
const LINE_BYTES_MAX = 80;

/** The operations with the commas around them. */
const OP_CELLS = OP_NAMES.map((name) => new AsciiWord(`,${name},`));
const HEX_CELL = new AsciiWord(',0x');
const VIRTUAL_CELL = new AsciiWord(',v:0x');
const NEWLINE = new AsciiWord('\n');
const LAST_CELLS = {
  null: new AsciiWord(',NULL\n'),
  zero: new AsciiWord(',ZERO\n'),
  bug: new AsciiWord(',BUG\n'),
  nothing: new AsciiWord(',-\n'),
  nil: new AsciiWord(',-1\n'),
};
const COMMA = new AsciiWord(',');

export class PlacementsWriter {
  private readonly hash = createHash('sha256');
  private readonly text = new AsciiText(LINES_WAITING_MAX * LINE_BYTES_MAX);
  private readonly ops = new Uint8Array(LINES_WAITING_MAX);
  private readonly ids = new Float64Array(LINES_WAITING_MAX);
  private readonly placements = new Float64Array(LINES_WAITING_MAX);
  private waiting = 0;
  private linesWritten = 0;
  private readonly isDecimal: boolean;

  /**
   * @param write receives the text in chunks that are valid only during the call
   */
  constructor(
    private readonly form: PlacementsForm,
    private readonly write: ((chunk: Uint8Array) => void) | undefined,
  ) {
    this.isDecimal = form === 'plan9' || form === 'libxl';
    this.text.plain('index,op,id,offset\n');
  }

  /** The next operation: `result` is what it returned, `object` what it was applied to (`NULL` for an allocation). */
  line(op: number, id: number, result: Placement, object: Placement): void {
    const { waiting } = this;
    this.ops[waiting] = op;
    this.ids[waiting] = id;
    this.placements[waiting] = this.isDecimal && isAboutObject(op) ? object : result;
    this.waiting = waiting + 1;
    if (waiting === LINES_WAITING_MAX - 1) {
      this.flush();
    }
  }

  /** Writes what is left and returns the sha256 of the whole text, lowercase hex. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    const { form, text } = this;
    for (let line = 0; line < this.waiting; line++) {
      const placement = this.placements[line]! as Placement;
      text.decimal(this.linesWritten++);
      text.word(OP_CELLS[this.ops[line]!]!);
      text.decimal(this.ids[line]!);
      if (this.isDecimal) {
        writeDecimalOffset(text, placement);
      } else {
        writeXenOffset(text, placement, form);
      }
    }
    this.waiting = 0;
    const chunk = text.take();
    this.hash.update(chunk);
    this.write?.(chunk);
  }
}

/** Whether the decimal forms show what an operation was applied to, and not what it returned. */
function isAboutObject(op: number): boolean {
  return op === OP.free || op === OP.msize || op === OP.overrun || op === OP.fill;
}

function writeXenOffset(text: AsciiText, placement: Placement, form: PlacementsForm): void {
  if (placement === NOTHING) {
    text.word(LAST_CELLS.nothing);
  } else if (isBlock(placement)) {
    const isMarked = isVirtual(placement) && form === 'xen';
    text.word(isMarked ? VIRTUAL_CELL : HEX_CELL);
    text.hexadecimal(placement - (isVirtual(placement) ? VIRTUAL_BASE : HEAP_BASE));
    text.word(NEWLINE);
  } else if (placement === NULL) {
    text.word(LAST_CELLS.null);
  } else {
    text.word(placement === BUG ? LAST_CELLS.bug : LAST_CELLS.zero);
  }
}

function writeDecimalOffset(text: AsciiText, placement: Placement): void {
  if (isBlock(placement)) {
    text.word(COMMA);
    text.decimal(placement - HEAP_BASE);
    text.word(NEWLINE);
  } else {
    text.word(LAST_CELLS.nil);
  }
}
