/**
 * What a Plan 9 pool with the LOGGING flag prints, one line a call, which pool(2) offers to external programs that
 * look for leaks. The second word names the pool; a pointer is `@` and a decimal offset, or hexadecimal, and 0 is nil.
 *
 *     poolalloc POOL 100 = @40                          poolfree POOL @40
 *     poolalignspanalloc POOL 64 128 4096 8 = @9352     size, align, span, offset
 *     poolrealloc POOL @168 9000 = @168                 poolmsize POOL @168 = 9040
 *     poolcompact POOL
 *
 * `poolmsize` lets the caller use the whole block from then on, so it and `poolcompact` are events as well.
 */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';
import { NO_TEXT } from '../trace';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const VERBS: ReadonlySet<string> = new Set([
  'alloc',
  'alignspanalloc',
  'compact',
  'free',
  'msize',
  'realloc',
]);

const open = (recording: Recording): LineParser => new Plan9LogParser(recording);

export const plan9Log: RecorderFormat = {
  name: 'plan9-log',
  summary: 'Plan 9 pool calls as its LOGGING flag prints them',
  heeds: ['sites'],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class Plan9LogParser implements LineParser {
  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    if (!line.take('pool')) {
      return;
    }
    const start = line.column;
    line.takeIdentifier();
    const verb = line.text(start, line.column);
    if (!VERBS.has(verb) || !line.take(' ')) {
      return;
    }
    const pool = this.recording.sites.index(line.takeWord());
    const isCall = this.call(verb, line, pool);
    if (!isCall) {
      this.recording.unparsed('a pool call as "poolalloc POOL SIZE = POINTER" logs it');
    }
  }

  /** Takes what stands behind the pool's name, all of it, and says what happened. */
  private call(verb: string, line: LineScanner, pool: number): boolean {
    switch (verb) {
      case 'alloc':
        return this.allocation(line, pool);
      case 'alignspanalloc':
        return this.alignedAllocation(line, pool);
      case 'realloc':
        return this.reallocation(line, pool);
      case 'compact':
        if (line.atEnd) {
          this.recording.compacted();
        }
        return line.atEnd;
      default:
        return this.freeOrMeasurement(verb, line);
    }
  }

  private allocation(line: LineScanner, pool: number): boolean {
    const size = takeInteger(line);
    const result = takeResult(line);
    if (size === undefined || result === undefined) {
      return false;
    }
    this.recording.allocated(result, size, 0, pool);
    return true;
  }

  private alignedAllocation(line: LineScanner, pool: number): boolean {
    const size = takeInteger(line);
    const align = takeInteger(line);
    const span = takeInteger(line);
    const offset = takeInteger(line);
    const result = takeResult(line);
    if (size === undefined || align === undefined || span === undefined || offset === undefined) {
      return false;
    }
    if (result === undefined) {
      return false;
    }
    this.recording.allocated(result, size, align, pool, NO_TEXT, { offset, span });
    return true;
  }

  private reallocation(line: LineScanner, pool: number): boolean {
    const address = takePointer(line);
    const size = takeInteger(line);
    const result = takeResult(line);
    if (address === undefined || size === undefined || result === undefined) {
      return false;
    }
    this.recording.reallocated(address, result, size, pool);
    return true;
  }

  /** `poolfree POOL POINTER`, `poolmsize POOL POINTER = SIZE`. */
  private freeOrMeasurement(verb: string, line: LineScanner): boolean {
    const address = takePointer(line);
    const isFree = verb === 'free';
    if (address === undefined || (!isFree && takeResult(line) === undefined) || !line.atEnd) {
      return false;
    }
    if (isFree) {
      this.recording.freed(address);
    } else {
      this.recording.measured(address);
    }
    return true;
  }
}

function takePointer(line: LineScanner): AddressKey | undefined {
  line.takeBlanks();
  if (line.take('nil')) {
    return NULL_ADDRESS;
  }
  if (!line.take('@')) {
    line.take('0x');
    return line.takeHexAddress();
  }
  const offset = line.takeDecimal();
  // Offset 0 is a place, unlike address 0.
  return offset === undefined ? undefined : offset + 1;
}

/** `= POINTER` at the end of the line. */
function takeResult(line: LineScanner): AddressKey | undefined {
  const result = line.take(' = ') ? takePointer(line) : undefined;
  return line.atEnd ? result : undefined;
}

function takeInteger(line: LineScanner): number | undefined {
  line.takeBlanks();
  const isNegative = line.take('-');
  const value = line.takeDecimal();
  if (value === undefined || value > Number.MAX_SAFE_INTEGER) {
    return undefined;
  }
  return isNegative ? 0 - value : value;
}
