/**
 * The traces of malloc labs: a header of one number a line, then `a ID SIZE`, `r ID SIZE`, `f ID`; `#` is a comment.
 *
 * The courses differ in the header alone. Four lines: suggested heap, ids, operations, weight 1 (2002); weight 0 to 3,
 * ids, operations, maximal live bytes (2016) or a flag 0 or 1 (ranges that are ignored, or nothing). Two lines: ids and
 * operations. None: Stanford's `.script` files. Some start blocks with `r` on an id that was never allocated, which is
 * realloc(NULL, n). The courses' licences forbid shipping their files.
 */
import type { LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const OPERATION_BEGINNING = /^\s*(?:[ar]\s+\d|f\s+-?\d)/;
const HEADER_LINES_MAX = 4;
const WEIGHT_MAX = 3;

const HEADER_EXPECTED = 'four lines, two or none of one number each, then operations';

const DIALECT_EXPECTED =
  'HEAP/IDS/OPERATIONS/1 (2002), WEIGHT/IDS/OPERATIONS/LIVE BYTES (2016), WEIGHT/IDS/OPERATIONS/FLAG, IDS/OPERATIONS';

const LETTER_A = 0x61;
const LETTER_F = 0x66;
const LETTER_R = 0x72;
const HASH = 0x23;

const open = (recording: Recording): LineParser => new MalloclabParser(recording);

export const malloclab: RecorderFormat = {
  name: 'malloclab',
  summary: 'malloc lab traces: .rep with headers of four or two lines, .script without',
  heeds: [],
  detect: (lines) => (isWholly(lines) ? understoodLines(open, lines) : 0),
  open,
};

/** Letters and numbers mean something to others too: nearly every line must be one of these, one an operation. */
function isWholly(lines: readonly string[]): boolean {
  const said = lines.filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  const operations = said.filter((line) => OPERATION_BEGINNING.test(line)).length;
  return operations > 0 && (operations + HEADER_LINES_MAX) * 4 >= said.length * 3;
}

class MalloclabParser implements LineParser {
  private readonly header: number[] = [];
  private isHeaderOver = false;
  private operations = 0;
  private highestId = -1;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    line.takeBlanks();
    if (isOver(line)) {
      return;
    }
    this.isHeaderOver ||= this.header.length === HEADER_LINES_MAX || OPERATION_BEGINNING.test(line.text());
    if (this.isHeaderOver) {
      this.operation(line);
    } else {
      this.headerLine(line);
    }
  }

  finish(): boolean {
    const { header, recording } = this;
    if (!isKnownHeader(header)) {
      recording.remark(`the header ${header.join('/')} is of no known kind: ${DIALECT_EXPECTED}`);
    }
    const [ids, operations] = header.length > 2 ? header.slice(1) : header;
    if (operations !== undefined && operations !== this.operations) {
      recording.remark(`the header says ${operations} operations, there are ${this.operations}`);
    }
    if (operations !== undefined && this.highestId >= ids!) {
      recording.remark(`the header says ${ids} ids, the highest is ${this.highestId}`);
    }
    return false;
  }

  private headerLine(line: LineScanner): void {
    const number = line.takeDecimal();
    line.takeBlanks();
    if (number === undefined || !isOver(line)) {
      this.recording.fail('the header is not that of a malloc lab trace', HEADER_EXPECTED, 1);
    }
    this.header.push(number!);
    this.recording.understood();
  }

  private operation(line: LineScanner): void {
    const { recording } = this;
    const kind = line.byte;
    line.step();
    const hasBlank = line.takeBlanks();
    const isNull = line.take('-1');
    const id = isNull ? -1 : line.takeDecimal();
    line.takeBlanks();
    const size = line.takeDecimal();
    line.takeBlanks();
    const isFree = kind === LETTER_F;
    const isKnown = isFree || (!isNull && (kind === LETTER_A || kind === LETTER_R));
    if (!isKnown || !hasBlank || id === undefined || (size === undefined) !== isFree || !isOver(line)) {
      recording.unparsed('"a ID SIZE", "r ID SIZE" or "f ID"', 1);
      return;
    }
    this.operations += 1;
    this.highestId = Math.max(this.highestId, id);
    // Key 0 is the null pointer, which is what -1 stands for.
    const key = id + 1;
    if (isFree) {
      recording.freed(key);
    } else if (kind === LETTER_A || !recording.isLive(key)) {
      recording.allocated(key, size!);
    } else if (size === 0) {
      recording.freed(key);
    } else {
      recording.reallocated(key, key, size!);
    }
  }
}

/** Whether nothing but a comment is left. */
const isOver = (line: LineScanner): boolean => line.atEnd || line.byte === HASH;

function isKnownHeader(header: readonly number[]): boolean {
  if (header.length !== HEADER_LINES_MAX) {
    return header.length === 2 || header.length === 0;
  }
  const [first, , , last] = header;
  const is2002 = last === 1 && first! > WEIGHT_MAX;
  const is2016 = first! <= WEIGHT_MAX && last! > WEIGHT_MAX;
  const hasFlag = first! <= WEIGHT_MAX && last! <= 1;
  return is2002 || is2016 || hasFlag;
}
