/**
 * The trace model: what happened to which object, in order.
 *
 * A trace is a header and a sequence of events. Readers, importers and synthesizers produce events through an
 * `EventSource`; the replay loop consumes them. This file is the only one of `traces/` that the harness may import,
 * so it also holds the one word both sides share: the `Placement` an operation returned, which adaptive generators
 * (Robson's adversary, tmem's relinquish) need in order to decide what to do next.
 */

/** Every operation a canonical trace may hold, in the order of their codes. */
export const OP_NAMES = [
  'alloc',
  'free',
  'realloc',
  'alignedalloc',
  'msize',
  'compact',
  'check',
  'dump',
  'overrun',
  'fill',
  'enter',
  'leave',
  'temp',
  'heap',
  'adopt',
  'freeall',
  'return',
  'store',
  'use',
  'ctxfree',
] as const;

export type OpName = (typeof OP_NAMES)[number];

/** The operations' codes: `OP.alloc` is the index of `'alloc'` in `OP_NAMES`. */
export const OP = {
  alloc: 0,
  free: 1,
  realloc: 2,
  alignedalloc: 3,
  msize: 4,
  compact: 5,
  check: 6,
  dump: 7,
  overrun: 8,
  fill: 9,
  enter: 10,
  leave: 11,
  temp: 12,
  heap: 13,
  adopt: 14,
  freeall: 15,
  return: 16,
  store: 17,
  use: 18,
  ctxfree: 19,
} as const satisfies Record<OpName, number>;

export type OpCode = (typeof OP)[OpName];

/** The columns of a canonical trace, in their order; the first four are required. */
export const COLUMN_NAMES = [
  'op',
  'id',
  'size',
  'align',
  'offset',
  'span',
  'cpu',
  'site',
  'call',
  'value',
] as const;

/** Sizes and ids are JavaScript integers, so nothing above 2^53 − 1 can be told apart. */
export const LARGEST_INTEGER = Number.MAX_SAFE_INTEGER;

/** Index in the source's `TextTable` of the empty text: the cell is absent. */
export const NO_TEXT = 0;

/**
 * One event, filled in place by `EventSource.next` so that a replay of a hundred million of them allocates nothing.
 *
 * `size`, `align`, `offset` and `span` are bytes (`offset` may be negative); `align` 0 is the engine's default.
 * `site`, `call` and `value` are indices in the source's `TextTable`: the call site that routes the event, the API
 * function that was called (`xzalloc`, `page_alloc`, `libxl_list_nics` …), and an annotation: an integer for `fill`
 * and `overrun` (the byte written), `key=value` pairs separated by blanks for the API-scope operations.
 */
export class TraceEvent {
  op: number = OP.alloc;
  id = 0;
  size = 0;
  align = 0;
  offset = 0;
  span = 0;
  cpu = 0;
  site: number = NO_TEXT;
  call: number = NO_TEXT;
  value: number = NO_TEXT;

  /** Sets the four required columns and clears the optional ones. */
  set(op: number, id: number, size: number, align: number): void {
    this.op = op;
    this.id = id;
    this.size = size;
    this.align = align;
    this.offset = 0;
    this.span = 0;
    this.cpu = 0;
    this.site = NO_TEXT;
    this.call = NO_TEXT;
    this.value = NO_TEXT;
  }

  copyFrom(other: TraceEvent): void {
    this.set(other.op, other.id, other.size, other.align);
    this.offset = other.offset;
    this.span = other.span;
    this.cpu = other.cpu;
    this.site = other.site;
    this.call = other.call;
    this.value = other.value;
  }
}

/** How many distinct texts one trace may hold: a hostile trace must not grow the table without bound. */
const TEXTS_MAX = 1 << 20;

/** Interned texts of the `site`, `call` and `value` columns; index 0 is the empty text. */
export class TextTable {
  private readonly texts: string[] = [''];
  private readonly indices = new Map<string, number>([['', NO_TEXT]]);

  /** The text's index. Throws a `RangeError` past 2^20 distinct texts. */
  intern(text: string): number {
    const known = this.indices.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.texts.length >= TEXTS_MAX) {
      throw new RangeError(`more than ${TEXTS_MAX} distinct texts in the site, call and value columns`);
    }
    this.texts.push(text);
    this.indices.set(text, this.texts.length - 1);
    return this.texts.length - 1;
  }

  /** The text at an index of this table. */
  text(index: number): string {
    return this.texts[index] ?? '';
  }

  /** All texts, by index. */
  list(): readonly string[] {
    return this.texts;
  }
}

declare const placementBrand: unique symbol;

/**
 * What an operation returned: one word, as in C. The first page of simulated memory is never mapped, so the words
 * below 4096 are free to name the outcomes that are no block; virtual addresses (vmalloc's area) lie from
 * `VIRTUAL_BASE` up, far above the 4 GiB of physical memory.
 */
export type Placement = number & { readonly [placementBrand]: true };

/** The request failed. */
export const NULL = 0 as Placement;
/** The constant that Xen's xmalloc of today returns for size 0: valid to free, no block behind it. */
export const ZERO = 1 as Placement;
/** The real code would stop here (a BUG_ON or an assertion); the operation changes nothing. */
export const BUG = 2 as Placement;
/** The operation returns nothing (free, compact, check …). */
export const NOTHING = 3 as Placement;

const BLOCK_LOWEST = 4096;

/** Where the second address space begins: vmalloc's area, at most 2^36 bytes. */
export const VIRTUAL_BASE = 0x100_0000_0000;

export const blockPlacement = (address: number): Placement => address as Placement;
/** Whether the placement is the address of a block, physical or virtual. */
export const isBlock = (placement: Placement): boolean => placement >= BLOCK_LOWEST;
export const isVirtual = (placement: Placement): boolean => placement >= VIRTUAL_BASE;

/** Where a trace comes from. `adaptive` generators decide by placements, so their events differ by engine. */
export type TraceOrigin =
  | { readonly kind: 'recorded'; readonly format: string }
  | {
      readonly kind: 'synthetic';
      readonly generator: string;
      readonly parameters: Readonly<Record<string, number | string>>;
      readonly seed: number;
      readonly adaptive: boolean;
    };

/** What is known of a trace before its first event. */
export interface TraceHeader {
  /** Short name for reports and file names, without folder and ending: `sqlite3-2000`, `half-page-storm`. */
  readonly name: string;
  readonly origin: TraceOrigin;
}

/**
 * Events that follow each other as columns, those from `from` to before `until`, for who goes through many at once. A
 * source that holds its events so lends them: they may be read until it is asked for anything else.
 */
export interface EventRun {
  readonly from: number;
  readonly until: number;
  readonly ops: Uint8Array;
  readonly ids: Uint32Array;
  readonly sizes: Uint32Array;
  readonly aligns: Uint32Array;
  /**
   * A small number that stands for each event's object as long as it lives and for another afterwards. Only of events
   * that were checked, and only where all before them had one.
   */
  readonly handles?: Uint32Array | undefined;
  /** Whether no event has more than these columns. */
  readonly isWhole: boolean;
}

/**
 * One pass over a trace's events.
 *
 * `next` is synchronous and allocation-free; when it returns false the buffered events are used up and `refill`
 * says whether there are more (it reads, decompresses, decodes). In-memory and synthetic sources need one `next`
 * loop and a `refill` that resolves to false.
 */
export interface EventSource {
  readonly header: TraceHeader;
  readonly texts: TextTable;
  /** Fills `event` with the next one; `lastPlacement` is what the event before it returned (`NOTHING` at first). */
  next(event: TraceEvent, lastPlacement: Placement): boolean;
  /**
   * Lends the events that come next, as many as it can; undefined where it does not have them as columns of 32 bits.
   * They are given once `skip` says so, or one by one by `next`.
   */
  lend?(): EventRun | undefined;
  /** Passes over the first events that were lent. */
  skip?(count: number): void;
  /** Loads more events. Rejects with an `InputError` that names file, line and column. */
  refill(): Promise<boolean>;
  /**
   * The trace's identity: the lowercase hex sha256 of the canonical CSV of the events that this pass yielded.
   * Complete once `refill` has said false.
   */
  identity(): string;
  /** Releases the file or stream behind the source; safe to call at any time, more than once. */
  close(): Promise<void>;
}

/** What can be sent to another thread: of this module `identityOf` does it with plain data, a little at a time. */
export interface IdentityTask {
  readonly module: string;
  readonly data: unknown;
}

/** Returns the identity; throws where a source's `identity` does. */
export type IdentityOf = (data: unknown) => Generator<undefined, string>;

/** A trace that can be passed over any number of times, always with the same events (for the same placements). */
export interface Trace {
  readonly header: TraceHeader;
  open(): Promise<EventSource>;
  /** How another thread works out the identity of the events; undefined where that has to be left to a source. */
  identityTask?(): IdentityTask | undefined;
}
