import type { ByteSource } from '../input/bytes';
import { InputError } from '../input-error';
import type { CellProblem } from './bounded-texts';

/** How much is gathered before the rows in it are taken; a pipe may deliver a few bytes at a time. */
const GATHERED_BYTES_MIN = 1 << 16;

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = Buffer.from('\ufeff', 'utf8');

/** The bytes of a CSV file as far as they are needed: what is read but not taken, cut where a line ends. */
export class CsvInput {
  /** What is at hand; a byte order mark at the start of the file is gone. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where the first byte not taken stands; always where a line begins. */
  at = 0;
  /** The number of the line that begins at `at`. */
  line = 1;
  /** Where the last complete line at hand ends; a file's last line needs no line feed. */
  linesEnd = 0;
  private atStart = true;
  /** Whether the file has no more bytes than those at hand. */
  isWhole = false;

  constructor(readonly source: ByteSource) {}

  /** How many bytes at hand are not taken. */
  get pendingBytes(): number {
    return this.bytes.length - this.at;
  }

  /** Takes everything before `to`, where a line begins. */
  pass(to: number): void {
    this.passLines(to, countLineFeeds(this.bytes, this.at, to));
  }

  /** Takes everything before `to`, which is known to be so many lines. */
  passLines(to: number, lines: number): void {
    this.at = to;
    this.line += lines;
  }

  /** Where the line that holds the byte at `position` ends, after its line feed. */
  lineEnd(position: number): number {
    const lineFeed = this.bytes.indexOf(LINE_FEED, position);
    return lineFeed < 0 ? this.bytes.length : lineFeed + 1;
  }

  /** The problem as an error that says `file:line:column` of the byte at `position`, not before `at`. */
  errorAt(position: number, { problem, expected }: CellProblem): InputError {
    const line = this.line + countLineFeeds(this.bytes, this.at, position);
    const lineStart = Math.max(this.at, this.bytes.lastIndexOf(LINE_FEED, position - 1) + 1);
    const column = position === lineStart ? 1 : this.bytes.toString('utf8', lineStart, position).length + 1;
    return new InputError({ where: `${this.source.name}:${line}:${column}`, problem, expected });
  }

  /** Drops what was taken and reads on. Resolves to false where the file had already ended. */
  async more(): Promise<boolean> {
    if (this.isWhole) {
      return false;
    }
    const gathered = [this.bytes.subarray(this.at)];
    for (let bytes = 0; bytes < GATHERED_BYTES_MIN;) {
      const chunk = await this.source.read();
      if (chunk === undefined) {
        this.isWhole = true;
        break;
      }
      gathered.push(chunk);
      bytes += chunk.length;
    }
    this.hold(Buffer.concat(gathered));
    return true;
  }

  private hold(bytes: Buffer): void {
    this.at = 0;
    this.bytes = bytes;
    if (this.atStart && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) {
      this.bytes = bytes.subarray(BYTE_ORDER_MARK.length);
    }
    this.atStart = false;
    const endsInLine = this.bytes.length > 0 && this.bytes[this.bytes.length - 1] !== LINE_FEED;
    if (this.isWhole && endsInLine) {
      this.bytes = Buffer.concat([this.bytes, Buffer.from('\n')]);
    }
    this.linesEnd = this.bytes.lastIndexOf(LINE_FEED) + 1;
  }
}

function countLineFeeds(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0 && at < to; at = bytes.indexOf(LINE_FEED, at + 1)) {
    count += 1;
  }
  return count;
}
