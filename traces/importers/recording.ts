/**
 * The books of one import: which recorded address is which object. Parsers say here what the program did, call by
 * call, in the recorder's terms (addresses); out come events in the trace's terms (a fresh id per allocation).
 *
 * Recorders attach late, lose events, and see calls that are none, so the rules are lenient and everything is
 * counted: a free of an unknown address is an orphan and is dropped; an allocation at a live address means that a
 * free was missed, which is put in; a reallocation keeps the object's id and moves its address; a null result is a
 * failure. Under `strict` what had to be forgiven is an error instead.
 */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';
import { InputError } from '../input-error';
import { LARGEST_INTEGER, NO_TEXT, OP } from '../trace';
import { countUnparsed, type Accounting } from './accounting';
import { ObjectEvents, type AlignedRequest, type EventSink, type RecordedObject } from './object-events';
import type { ImportOptions } from './options';
import type { SiteTexts } from './site-texts';

/** Frees that one call of `close` emits at most. */
const CLOSED_AT_ONCE = 1 << 12;

/** The largest power of two among the sizes. */
const ALIGN_MAX = 0x10_0000_0000_0000;

/** Processes that are named when none of a recording's is the one that was asked for. */
const OTHER_PIDS_MAX = 8;

const COMPLETE = 'a recording that saw every allocation and free';

/** Null, and `MAP_FAILED`: no block begins at the last byte of memory. */
const isFailure = (address: AddressKey): boolean => address === NULL_ADDRESS || address === LAST_BYTE;
const LAST_BYTE = -1;

/** An object off its address while a reallocation is under way; undefined if that address was not live. */
export type LiftedObject = RecordedObject | undefined;

/** What came of a line: nothing of ours (`chatter`), something, or what should have been something. */
export type LineMeaning = 'chatter' | 'understood' | 'unparsed';

export class Recording {
  /** What has come of the line so far that is being parsed. */
  meaning: LineMeaning = 'chatter';
  private readonly live = new Map<AddressKey, RecordedObject>();
  private readonly events: ObjectEvents;
  private leaks: RecordedObject[] | undefined;

  /** `place` is the scanner of the recording's lines, by which strict errors say where they are. */
  constructor(
    readonly name: string,
    readonly options: ImportOptions,
    readonly accounting: Accounting,
    readonly sites: SiteTexts,
    private readonly place: LineScanner,
    sink: EventSink,
  ) {
    this.events = new ObjectEvents(accounting, options, sink);
  }

  /** Whether `limitEvents` is reached; what is said after that counts for nothing. */
  get isFull(): boolean {
    return this.events.isFull;
  }

  isLive(address: AddressKey): boolean {
    return this.live.has(address);
  }

  /** The first processes that were not asked for. */
  readonly otherPids: string[] = [];

  /** Another line is about to be parsed. */
  lineBegins(): void {
    this.meaning = 'chatter';
  }

  /** The line has been parsed: what said nothing of the kind is chatter, and counted. */
  lineEnds(): void {
    if (this.meaning === 'chatter' && !this.place.isEmpty) {
      this.accounting.chatterLines += 1;
    }
  }

  /** The line is the recorder's, although nothing happens in it, or its end is to come. */
  understood(): void {
    if (this.meaning === 'chatter') {
      this.meaning = 'understood';
    }
  }

  /** The program got a block of `size` bytes; `align` 0 is the allocator's default. A null address is a failure. */
  allocated(
    address: AddressKey,
    size: number,
    align = 0,
    site: number = NO_TEXT,
    value: number = NO_TEXT,
    request?: AlignedRequest,
  ): void {
    this.understood();
    if (this.isFull) {
      return;
    }
    if (isFailure(address)) {
      this.callFailed();
      return;
    }
    if (size > LARGEST_INTEGER || align > ALIGN_MAX) {
      this.unparsed('a size below 2^53 and an alignment up to 2^52');
      return;
    }
    this.evict(address);
    if (this.isFull) {
      return;
    }
    this.live.set(address, this.events.begin(size, this.legalAlign(align), site, value, request));
  }

  /** The program gave a block back. Null is counted and otherwise ignored. */
  freed(address: AddressKey): void {
    this.understood();
    if (this.isFull) {
      return;
    }
    if (address === NULL_ADDRESS) {
      this.accounting.nullFrees += 1;
      return;
    }
    const object = this.live.get(address);
    if (object === undefined) {
      this.accounting.orphanFrees += 1;
      this.refuseIfStrict('free of an address that is not live', COMPLETE);
      return;
    }
    this.live.delete(address);
    this.events.end(object);
  }

  /**
   * The program asked to resize a block and got `result`. Null means failure, and the old block stays, except that
   * size 0 frees it. A null `address` asks for a new block.
   */
  reallocated(address: AddressKey, result: AddressKey, size: number, site: number = NO_TEXT): void {
    this.finishRealloc(this.lift(address), address, result, size, site);
  }

  /**
   * Takes an object off its address when a reallocation starts, for another thread may be given that address before
   * the result is recorded. `finishRealloc` must follow, or `putBack` if the result never comes.
   */
  lift(address: AddressKey): LiftedObject {
    const object = this.live.get(address);
    if (object !== undefined) {
      this.live.delete(address);
    }
    return object;
  }

  /** As `reallocated`, with the object that `lift` took off `address`. */
  finishRealloc(
    object: LiftedObject,
    address: AddressKey,
    result: AddressKey,
    size: number,
    site: number = NO_TEXT,
  ): void {
    this.understood();
    if (address === NULL_ADDRESS) {
      this.allocated(result, size, 0, site);
    } else if (isFailure(result)) {
      this.putBack(object, address);
      if (size === 0) {
        this.freed(address);
      } else {
        this.callFailed();
      }
    } else if (object === undefined) {
      if (this.isFull) {
        return;
      }
      this.accounting.orphanReallocs += 1;
      this.refuseIfStrict('reallocation of an address that is not live', COMPLETE);
      this.allocated(result, size, 0, site);
    } else if (size > LARGEST_INTEGER) {
      this.unparsed('a size below 2^53');
      this.putBack(object, address);
    } else {
      this.evict(result);
      this.live.set(result, object);
      if (!this.isFull) {
        this.events.resize(object, size, site);
      }
    }
  }

  /** A call returned null, or is known to have failed although no result was recorded. */
  callFailed(): void {
    this.understood();
    if (!this.isFull) {
      this.accounting.failed += 1;
    }
  }

  /** The recording ended before the call did. */
  callUnfinished(): void {
    if (!this.isFull) {
      this.accounting.unfinishedCalls += 1;
    }
  }

  /** Undoes `lift`: what came to lie there meanwhile must have been freed unseen. */
  putBack(object: LiftedObject, address: AddressKey): void {
    if (object === undefined) {
      return;
    }
    this.evict(address);
    this.live.set(address, object);
  }

  /** The program asked for a block's usable size, in an allocator where that changes the block. */
  measured(address: AddressKey): void {
    this.understood();
    const object = this.live.get(address);
    if (object !== undefined && !this.isFull) {
      this.events.mention(OP.msize, object);
    }
  }

  /** The program had the allocator compacted. */
  compacted(): void {
    this.understood();
    if (!this.isFull) {
      this.events.mention(OP.compact, undefined);
    }
  }

  /**
   * The line is not of the format's grammar; `expected` stood at `column`, by default where the scanner is. Lines of
   * which the same was expected are of one kind, so it names the function or event if that is known.
   */
  unparsed(expected: string, column: number = this.place.column): void {
    this.meaning = 'unparsed';
    countUnparsed(this.accounting, this.place, expected, column);
    this.refuseIfStrict('the line is not of this format', expected, column);
  }

  /** The line is of an allocator that was not asked for. */
  ofOtherAllocator(): void {
    this.understood();
    this.accounting.otherSelectionLines += 1;
  }

  /** The line is of a process that was not asked for. */
  ofOtherProcess(pid: string | number | undefined): void {
    this.understood();
    this.accounting.otherPidLines += 1;
    if (pid === undefined || pid === 0 || this.otherPids.length === OTHER_PIDS_MAX) {
      return;
    }
    if (!this.otherPids.includes(String(pid))) {
      this.otherPids.push(String(pid));
    }
  }

  /** The call serves another one, which counts in its place. */
  innerCall(): void {
    this.understood();
    if (!this.isFull) {
      this.accounting.innerCalls += 1;
    }
  }

  /** The call cannot have happened as recorded, and is dropped. */
  implausible(problem: string, expected: string): void {
    this.understood();
    this.accounting.implausibleCalls += 1;
    this.refuseIfStrict(problem, expected);
  }

  /** Throws an `InputError` that points into the current line. */
  fail(problem: string, expected: string, column: number = this.place.column): never {
    const where = `${this.name}:${this.place.number}:${column}`;
    throw new InputError({ where, problem, expected });
  }

  /** A remark on the whole recording; under `strict` an error. */
  remark(note: string): void {
    this.accounting.notes.push(note);
    if (this.options.strict) {
      throw new InputError({ where: this.name, problem: note });
    }
  }

  /** Emits some of the frees that `closeLeaks` asks for; says whether there are more. */
  close(): boolean {
    const order = this.options.closeLeaks;
    if (order === undefined) {
      return false;
    }
    this.leaks ??= [...this.live.values()]
      .filter((object) => object.visibility === 'shown')
      // The last of the list is taken first.
      .sort((one, other) => (order === 'newest' ? one.id - other.id : other.id - one.id));
    for (const leak of this.leaks.splice(-CLOSED_AT_ONCE).reverse()) {
      this.events.close(leak);
    }
    return this.leaks.length > 0;
  }

  /** Alignments are powers of two in a trace, as in glibc, which rounds others up; 1 asks for nothing. */
  private legalAlign(align: number): number {
    if (align <= 1) {
      return 0;
    }
    let power = 2;
    while (power < align) {
      power *= 2;
    }
    if (power !== align) {
      this.accounting.roundedAligns += 1;
    }
    return power;
  }

  /** Frees what lies at an address that the allocator has just given out. */
  private evict(address: AddressKey): void {
    const object = this.live.get(address);
    if (object === undefined || this.isFull) {
      return;
    }
    this.accounting.missedFrees += 1;
    this.refuseIfStrict('allocation at an address that is still live', COMPLETE);
    this.live.delete(address);
    this.events.end(object);
  }

  private refuseIfStrict(problem: string, expected: string, column?: number): void {
    if (this.options.strict) {
      this.fail(problem, expected, column);
    }
  }
}
