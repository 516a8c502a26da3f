/**
 * How much a compressed Zstandard block (RFC 8878 §3.1.1.3) would produce, without producing it.
 *
 * A block is literals and a list of sequences, each of which copies some of the literals and then repeats some bytes.
 * fzstd performs them without adding up: eighteen hostile bytes make it copy billions that fit nowhere. So the
 * lengths are decoded here first; a block that would pass 128 KiB, or whose bits do not end where they should, is
 * damage.
 */
import { BackwardBits, readTable, singleStateTable, stateTable, type StateTable } from './zstd-tables';

const BLOCK_BYTES_MAX = 1 << 17;

/** What each code of a length adds to: the smallest length, and how many bits more follow. */
interface LengthCodes {
  readonly base: readonly number[];
  readonly bits: readonly number[];
}

/** One of the three streams that are woven into one. */
interface Stream {
  readonly accuracyMax: number;
  readonly symbolsMax: number;
  /** The table of a block that brings none of its own. */
  readonly table: StateTable;
}

const LITERAL_LENGTHS: Stream = {
  accuracyMax: 9,
  symbolsMax: 36,
  table: stateTable(6, [4, 3, ...of(2, 11), 1, 1, 1, ...of(2, 9), 3, 2, ...of(1, 5), ...of(-1, 4)]),
};
const OFFSETS: Stream = {
  accuracyMax: 8,
  symbolsMax: 32,
  table: stateTable(5, [...of(1, 6), 2, 2, 2, ...of(1, 15), ...of(-1, 5)]),
};
const MATCH_LENGTHS: Stream = {
  accuracyMax: 9,
  symbolsMax: 53,
  table: stateTable(6, [1, 4, 3, ...of(2, 6), ...of(1, 37), ...of(-1, 7)]),
};

const LITERAL_LENGTH_CODES = lengthCodes(
  0,
  16,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const MATCH_LENGTH_CODES = lengthCodes(
  3,
  32,
  [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);

/** Follows the blocks of one frame, for a block may use the tables of the one before. */
export class SequenceLengths {
  private literalLengths: StateTable | undefined;
  private offsets: StateTable | undefined;
  private matchLengths: StateTable | undefined;

  /** Whether the content of a compressed block is sound and makes at most 128 KiB. */
  isSound(content: Uint8Array): boolean {
    const literals = literalsSection(content);
    if (literals.bytes > BLOCK_BYTES_MAX || literals.end >= content.length) {
      return false;
    }
    const section = new SequencesSection(content, literals.end);
    const count = section.takeCount();
    if (count === 0) {
      return true;
    }
    const modes = section.takeByte();
    this.literalLengths = section.takeTable(modes >> 6, LITERAL_LENGTHS, this.literalLengths);
    this.offsets = section.takeTable((modes >> 4) & 3, OFFSETS, this.offsets);
    this.matchLengths = section.takeTable((modes >> 2) & 3, MATCH_LENGTHS, this.matchLengths);
    return this.fits(new BackwardBits(content, section.position), count, literals.bytes);
  }

  private fits(stream: BackwardBits, count: number, literalBytes: number): boolean {
    const { literalLengths, offsets, matchLengths } = this;
    if (literalLengths === undefined || offsets === undefined || matchLengths === undefined) {
      return false;
    }
    let literalState = stream.take(literalLengths.accuracy);
    let offsetState = stream.take(offsets.accuracy);
    let matchState = stream.take(matchLengths.accuracy);
    let literalsLeft = literalBytes;
    let bytesLeft = BLOCK_BYTES_MAX - literalBytes;
    for (let sequence = 1; ; sequence++) {
      // An offset's code is how many bits it has.
      stream.take(offsets.symbol[offsetState]!);
      bytesLeft -= takeLength(stream, MATCH_LENGTH_CODES, matchLengths.symbol[matchState]!);
      literalsLeft -= takeLength(stream, LITERAL_LENGTH_CODES, literalLengths.symbol[literalState]!);
      if (bytesLeft < 0 || literalsLeft < 0 || stream.bitsLeft < 0) {
        return false;
      }
      if (sequence === count) {
        return stream.bitsLeft === 0;
      }
      literalState = literalLengths.base[literalState]! + stream.take(literalLengths.bits[literalState]!);
      matchState = matchLengths.base[matchState]! + stream.take(matchLengths.bits[matchState]!);
      offsetState = offsets.base[offsetState]! + stream.take(offsets.bits[offsetState]!);
    }
  }
}

function takeLength(stream: BackwardBits, { base, bits }: LengthCodes, code: number): number {
  return base[code]! + stream.take(bits[code]!);
}

/** How many literals the block has, and where their section ends. */
function literalsSection(content: Uint8Array): { bytes: number; end: number } {
  const first = content[0] ?? 0;
  const format = (first >> 2) & 3;
  if ((first & 2) === 0) {
    const headerBytes = [1, 2, 1, 3][format]!;
    const bytes = readInteger(content, headerBytes) >>> (headerBytes === 1 ? 3 : 4);
    // Of a run, the byte is stored once.
    return { bytes, end: headerBytes + ((first & 1) === 1 ? 1 : bytes) };
  }
  // Compressed: the type and format, the size of the literals, the size that they take here.
  const headerBytes = [3, 3, 4, 5][format]!;
  const sizes = Math.floor(readInteger(content, headerBytes) / 16);
  const sizeRange = 1 << [10, 10, 14, 18][format]!;
  return { bytes: sizes % sizeRange, end: headerBytes + Math.floor(sizes / sizeRange) };
}

/** What stands between the literals and the bits: how many sequences there are, and their tables. */
class SequencesSection {
  constructor(
    private readonly content: Uint8Array,
    public position: number,
  ) {}

  takeByte(): number {
    return this.content[this.position++] ?? 0;
  }

  takeCount(): number {
    const first = this.takeByte();
    if (first < 128) {
      return first;
    }
    return first < 255
      ? ((first - 128) << 8) + this.takeByte()
      : this.takeByte() + (this.takeByte() << 8) + 0x7f00;
  }

  /** The table in one of four modes: the standard's, one symbol, described here, that of the block before. */
  takeTable(mode: number, stream: Stream, before: StateTable | undefined): StateTable | undefined {
    if (mode === 0) {
      return stream.table;
    }
    if (mode === 3) {
      return before;
    }
    if (mode === 1) {
      const code = this.takeByte();
      return code < stream.symbolsMax ? singleStateTable(code) : undefined;
    }
    const read = readTable(this.content, this.position, stream.accuracyMax, stream.symbolsMax);
    if (read !== undefined) {
      this.position = read.end;
    }
    return read?.table;
  }
}

/** Codes that are the length itself, from the smallest on, then codes that take bits each, without gaps. */
function lengthCodes(smallest: number, plainCodes: number, moreBits: readonly number[]): LengthCodes {
  const bits = [...of(0, plainCodes), ...moreBits];
  let next = smallest;
  const base = bits.map((count) => {
    const length = next;
    next += 1 << count;
    return length;
  });
  return { base, bits };
}

function of(value: number, count: number): number[] {
  return Array.from({ length: count }, () => value);
}

/** Little-endian, of up to five bytes. */
function readInteger(bytes: Uint8Array, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) {
    value = value * 256 + (bytes[i] ?? 0);
  }
  return value;
}
