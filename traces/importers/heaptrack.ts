/**
 * heaptrack's files, raw and interpreted; every number is hexadecimal without a prefix, the first letter of a line
 * says what it is.
 *
 *     + 11c00 4 564ed592e530      raw: size, backtrace, pointer          a 11c00 4     interpreted: class 0, its
 *     - 564ed592e530              raw: pointer                           + 0           size and backtrace; one more
 *                                                                        - 0           or one less of class 0
 *
 * The interpreted file, which is what heaptrack writes by default, has forgotten the pointers: a free says only of
 * which class the block was. Totals and peaks are exact, lifetimes depend on which block of the class is taken: the
 * last allocated (`match: 'newest'`, programs' habit) or the first. `realloc` appears as a free and an allocation.
 */
import type { LineScanner } from '../input/lines';
import { HeaptrackStacks } from './heaptrack-stacks';
import type { LineParser, RecorderFormat } from './importer';
import { NumberQueue } from './number-queue';
import type { Recording } from './recording';

const VERSION_LINE = /^v [0-9a-f]+ [0-9a-f]+$/;

/** More kinds of allocation than any program has: what a hostile file may make us remember. */
const CLASSES_MAX = 1 << 22;

export const heaptrack: RecorderFormat = {
  name: 'heaptrack',
  summary: 'heaptrack, raw (-r) and interpreted files',
  heeds: ['sites', 'match'],
  detect: (lines) => (VERSION_LINE.test(lines[0] ?? '') ? lines.length : 0),
  open: (recording) => new HeaptrackParser(recording),
};

/** Allocations of one size from one backtrace, in an interpreted file. */
interface AllocationClass {
  readonly size: number;
  readonly trace: number;
  /** Keys of the live ones, by age. */
  readonly live: NumberQueue;
}

class HeaptrackParser implements LineParser {
  private readonly classes: AllocationClass[] = [];
  private lastKey = 0;
  private readonly stacks = new HeaptrackStacks();

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    if (line.take('+ ')) {
      this.allocation(line);
    } else if (line.take('- ')) {
      this.free(line);
    } else if (line.take('a ')) {
      this.class(line);
    } else if (isOtherRecord(line)) {
      this.other(line);
    } else {
      this.recording.unparsed('a record of heaptrack');
    }
  }

  /** `SIZE TRACE POINTER`, or `CLASS`. */
  private allocation(line: LineScanner): void {
    const first = line.takeHex();
    if (first !== undefined && line.atEnd) {
      this.allocationOfClass(first);
      return;
    }
    const trace = line.take(' ') ? line.takeHex() : undefined;
    const pointer = line.take(' ') ? line.takeHexAddress() : undefined;
    if (first === undefined || trace === undefined || pointer === undefined || !line.atEnd) {
      this.recording.unparsed('"+ SIZE TRACE POINTER" or "+ CLASS"');
      return;
    }
    this.recording.allocated(pointer, first, 0, this.site(trace));
  }

  private allocationOfClass(index: number): void {
    const known = this.classes[index];
    if (known === undefined) {
      this.recording.unparsed(`a class below ${this.classes.length}`);
      return;
    }
    this.lastKey += 1;
    known.live.push(this.lastKey);
    this.recording.allocated(this.lastKey, known.size, 0, this.site(known.trace));
  }

  /** `POINTER`, or `CLASS` if the file has classes. */
  private free(line: LineScanner): void {
    const address = line.takeHexAddress();
    if (address === undefined || !line.atEnd) {
      this.recording.unparsed('"- POINTER" or "- CLASS"');
    } else if (this.classes.length === 0) {
      this.recording.freed(address);
    } else {
      this.freeOfClass(Number(address));
    }
  }

  private freeOfClass(index: number): void {
    const live = this.classes[index]?.live;
    const key = this.recording.options.match === 'newest' ? live?.takeNewest() : live?.takeOldest();
    this.recording.freed(key ?? UNKNOWN_KEY);
  }

  /** `SIZE TRACE`. */
  private class(line: LineScanner): void {
    const size = line.takeHex();
    const trace = line.take(' ') ? line.takeHex() : undefined;
    if (size === undefined || trace === undefined || !line.atEnd) {
      this.recording.unparsed('"a SIZE TRACE"');
    } else if (this.classes.length >= CLASSES_MAX) {
      this.recording.fail('too many kinds of allocation', `at most ${CLASSES_MAX}`);
    } else {
      this.classes.push({ size, trace, live: new NumberQueue() });
      this.recording.understood();
    }
  }

  private other(line: LineScanner): void {
    this.recording.understood();
    if (!this.recording.sites.wanted) {
      return;
    }
    line.moveTo(1);
    this.stacks.line(line);
  }

  /** Who the backtrace names, or its number. */
  private site(trace: number): number {
    const { sites } = this.recording;
    return sites.index(sites.wanted ? this.stacks.siteOf(trace) || `trace:${trace.toString(16)}` : '');
  }
}

/** No key of a class's block: a free of it is an orphan. */
const UNKNOWN_KEY = -1;

/** Everything but allocations and frees is one letter, a blank and more; comments start with `#`. */
function isOtherRecord(line: LineScanner): boolean {
  const letter = line.byte;
  line.step();
  const isLetter = (letter >= 0x41 && letter <= 0x5a) || (letter >= 0x61 && letter <= 0x7a);
  return letter === -1 || letter === 0x23 || (isLetter && (line.atEnd || line.byte === 0x20));
}
