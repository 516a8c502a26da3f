/**
 * The `.rep` files of the CS:APP malloc lab: four header lines of one number, then `a ID SIZE`, `r ID SIZE`, `f ID`.
 *
 * Three headers are about. 2002: suggested heap, ids, operations, weight 1. 2016: weight 0 to 3, ids, operations,
 * maximal live bytes. A third set writes 0 in both of the first and last place, and starts blocks with `r` on an id
 * that was never allocated, which is realloc(NULL, n). The courses' licence forbids shipping their files.
 */
import type { LineScanner } from '../input/lines';
import { countMatching, type LineParser, type RecorderFormat } from './importer';
import type { Recording } from './recording';

const NUMBER_LINE = /^\s*\d+\s*$/;
const OPERATION = /^(?:[ar] \d+ \d+|f -?\d+)\s*$/;
const HEADER_LINES = 4;
const WEIGHT_MAX = 3;

const DIALECT_EXPECTED =
  'HEAP/IDS/OPERATIONS/1 (2002), WEIGHT/IDS/OPERATIONS/LIVE BYTES (2016), 0/IDS/OPERATIONS/0';

export const malloclab: RecorderFormat = {
  name: 'malloclab',
  summary: 'CS:APP malloc lab .rep traces (2002, 2016 and realloc-first headers)',
  heeds: [],
  detect: (lines) => {
    const hasHeader = lines.slice(0, HEADER_LINES).every((line) => NUMBER_LINE.test(line));
    return hasHeader && lines.length > HEADER_LINES ? countMatching(lines, OPERATION) : 0;
  },
  open: (recording) => new MalloclabParser(recording),
};

class MalloclabParser implements LineParser {
  private readonly header: number[] = [];
  private operations = 0;
  private highestId = -1;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    line.takeBlanks();
    if (line.atEnd) return;
    if (this.header.length < HEADER_LINES) this.headerLine(line);
    else this.operation(line);
  }

  finish(): boolean {
    const [, ids, operations] = this.header;
    if (operations === undefined || ids === undefined) {
      this.recording.remark(`the header has ${this.header.length} lines, not ${HEADER_LINES}`);
      return false;
    }
    if (operations !== this.operations) {
      this.recording.remark(`the header says ${operations} operations, there are ${this.operations}`);
    }
    if (this.highestId >= ids) {
      this.recording.remark(`the header says ${ids} ids, the highest is ${this.highestId}`);
    }
    return false;
  }

  private headerLine(line: LineScanner): void {
    const number = line.takeDecimal();
    line.takeBlanks();
    if (number === undefined || !line.atEnd) {
      this.recording.fail('the header is not that of a malloc lab trace', 'four lines of one number each');
    }
    this.header.push(number!);
    if (this.header.length === HEADER_LINES && !isKnownHeader(this.header)) {
      this.recording.remark(`the header ${this.header.join('/')} is of no known kind: ${DIALECT_EXPECTED}`);
    }
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
    if (!isKnown || !hasBlank || id === undefined || (size === undefined) !== isFree || !line.atEnd) {
      recording.unparsed('"a ID SIZE", "r ID SIZE" or "f ID"', 1);
      return;
    }
    this.operations += 1;
    this.highestId = Math.max(this.highestId, id);
    // Key 0 is the null pointer, which is what -1 stands for.
    const key = id + 1;
    if (isFree) recording.freed(key);
    else if (kind === LETTER_A || !recording.isLive(key)) recording.allocated(key, size!);
    else if (size === 0) recording.freed(key);
    else recording.reallocated(key, key, size!);
  }
}

const LETTER_A = 0x61;
const LETTER_F = 0x66;
const LETTER_R = 0x72;

function isKnownHeader([first, , , last]: readonly number[]): boolean {
  const is2002 = last === 1 && first! > WEIGHT_MAX;
  const is2016 = first! <= WEIGHT_MAX && last! > WEIGHT_MAX;
  return is2002 || is2016 || (first === 0 && last === 0);
}
