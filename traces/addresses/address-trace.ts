import { InputError } from '../input-error';
import type { ByteSource } from '../input/bytes';
import { LineReader, type AddressKey } from '../input/lines';

/**
 * Address traces: what a real program did to memory, one access a line, with marks where operations begin and end.
 * `valgrind --tool=lackey --trace-mem=yes` is read as it is. The format is told in `README.md`.
 */

/** Receives what a trace says, in its order. */
export interface AddressTraceSink {
  /** An operation of this kind begins; the one under way has ended before. */
  begin(kind: string, line: number): void;
  end(line: number): void;
  instructions(count: number): void;
  /** The instruction that makes the accesses which follow lies here. */
  at?(instruction: AddressKey): void;
  load(address: AddressKey, bytes: number): void;
  /** A load whose address was itself just loaded. */
  dependentLoad(address: AddressKey, bytes: number): void;
  store(address: AddressKey, bytes: number): void;
  /** A locked read-modify-write. */
  update(address: AddressKey, bytes: number): void;
}

/** No instruction touches more at once; x86's largest save areas are a few KiB. */
const ACCESS_BYTES_MAX = 1 << 16;
const INSTRUCTIONS_MAX = Number.MAX_SAFE_INTEGER;
const KIND_NAME = /^[\w.:/+-]{1,64}$/;
const WORD_BYTES = 4;
const END_MARK = 0x3c;
const TEXT_SHOWN_MAX = 40;

const LINES_EXPECTED =
  'I, L, S, M, C or U with an address, N with a count, > with a kind, < alone, or a comment';

/** Reads all of `source` into `sink`. Throws an `InputError` that names the line. */
export async function readAddressTrace(source: ByteSource, sink: AddressTraceSink): Promise<void> {
  const reader = new AddressTraceReader(source.name, sink);
  for await (const chunk of source) {
    reader.append(chunk);
  }
  reader.finish();
}

class AddressTraceReader {
  private readonly lines = new LineReader();
  private isInOperation = false;
  private hasAccesses = false;
  /** What the line that is being read says. */
  private address: AddressKey = 0;
  private bytes = WORD_BYTES;

  constructor(
    private readonly name: string,
    private readonly sink: AddressTraceSink,
  ) {}

  append(chunk: Buffer): void {
    this.lines.append(chunk);
    this.readLines();
  }

  finish(): void {
    this.lines.finish();
    this.readLines();
    if (!this.hasAccesses) {
      throw new InputError({ where: this.name, problem: 'no access in it', expected: LINES_EXPECTED });
    }
  }

  private readLines(): void {
    while (this.lines.next()) {
      if (!this.isTalk()) {
        this.readLine();
      }
    }
  }

  /** Whether the line says nothing: it is empty, a comment, or valgrind's own talk (`==PID==`, `--PID--`). */
  private isTalk(): boolean {
    const { lines } = this;
    if (lines.take('==') || lines.take('--')) {
      return true;
    }
    // What a program prints through valgrind stands behind **PID**: its marks.
    if (lines.take('**') && (lines.takeDecimal() === undefined || !lines.take('**'))) {
      throw this.problem(lines.column, '**PID** before what a program printed through valgrind');
    }
    lines.takeBlanks();
    return lines.atEnd || lines.take('#');
  }

  private readLine(): void {
    const { lines, sink } = this;
    if (lines.take('I')) {
      this.readAccess();
      sink.instructions(1);
      sink.at?.(this.address);
    } else if (lines.take('L')) {
      this.readAccess();
      sink.load(this.address, this.bytes);
    } else if (lines.take('S')) {
      this.readAccess();
      sink.store(this.address, this.bytes);
    } else if (lines.take('M')) {
      this.readAccess();
      sink.load(this.address, this.bytes);
      sink.store(this.address, this.bytes);
    } else if (lines.take('C')) {
      this.readAccess();
      sink.dependentLoad(this.address, this.bytes);
    } else if (lines.take('U')) {
      this.readAccess();
      sink.update(this.address, this.bytes);
    } else {
      this.readMark();
    }
  }

  private readMark(): void {
    const { lines, sink } = this;
    if (lines.take('N')) {
      lines.takeBlanks();
      sink.instructions(this.readNumber(0, INSTRUCTIONS_MAX, 'a number of instructions'));
      this.expectEnd();
    } else if (lines.take('>')) {
      sink.begin(this.readKind(), lines.number);
      this.isInOperation = true;
    } else if (this.isInOperation && lines.take('<')) {
      this.expectEnd();
      this.isInOperation = false;
      sink.end(lines.number);
    } else {
      const isEnd = lines.byte === END_MARK;
      throw this.problem(lines.column, isEnd ? '> and a kind of operation before its <' : LINES_EXPECTED);
    }
  }

  private readKind(): string {
    const { lines } = this;
    lines.takeBlanks();
    const column = lines.column;
    const kind = lines.takeWord();
    if (!KIND_NAME.test(kind)) {
      throw this.problem(column, 'a kind of operation: up to 64 letters, digits and ._:/+-');
    }
    this.expectEnd();
    return kind;
  }

  /** An address and, behind a comma, a size; a word where none is given. */
  private readAccess(): void {
    const { lines } = this;
    lines.takeBlanks();
    const column = lines.column;
    lines.take('0x');
    const address = lines.takeHexAddress();
    if (address === undefined) {
      throw this.problem(column, 'a hexadecimal address of up to 64 bits');
    }
    this.address = address;
    this.bytes = lines.take(',')
      ? this.readNumber(1, ACCESS_BYTES_MAX, `a size from 1 to ${ACCESS_BYTES_MAX} bytes`)
      : WORD_BYTES;
    this.expectEnd();
    this.hasAccesses = true;
  }

  private readNumber(smallest: number, largest: number, expected: string): number {
    const { lines } = this;
    const column = lines.column;
    const value = lines.takeDecimal();
    if (value === undefined || value < smallest || value > largest) {
      throw this.problem(column, expected);
    }
    return value;
  }

  private expectEnd(): void {
    this.lines.takeBlanks();
    if (!this.lines.atEnd) {
      throw this.problem(this.lines.column, 'the end of the line');
    }
  }

  /** Something else than what was expected stands at a column of the line. */
  private problem(column: number, expected: string): InputError {
    const text = this.lines.text(column);
    const shown = text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}…` : text;
    const where = `${this.name}:${this.lines.number}:${column}`;
    return new InputError({ where, problem: JSON.stringify(shown), expected });
  }
}
