import type { Placement } from '../../traces/trace';
import type { Machine } from '../machine/machine';
import type { Past } from '../machine/past';
import type { OperationRunner } from './operation-block';
import type { BrokenGuarantee, QuirkDemonstration } from './demonstration';

/**
 * The engine port: what a model of an allocator offers to the replay loop, and what it says of itself.
 *
 * An engine places blocks and touches memory; it knows nothing of costs. All its state lies in the machine's memory:
 * an engine object holds addresses, constants and options, never a copy of what is in memory. The verbs come in the
 * same order in every engine. Verbs marked optional are capabilities: an engine has the method exactly when the real
 * allocator has the verb, and a trace that needs a verb the engine lacks is reported as unsupported.
 */

/** A block as an observer sees it: `bytes` from `start` include header and rounding, `headerBytes` precede the data. */
export interface Block {
  readonly start: number;
  readonly bytes: number;
  readonly headerBytes: number;
}

export const BLOCK_STATES = ['allocated', 'free', 'metadata'] as const;
export type BlockState = (typeof BLOCK_STATES)[number];
/** The places of these, by which rows of visits tell them. */
export const ALLOCATED = 0;
export const FREE = 1;
export const METADATA = 2;

/**
 * Receives every block of the held memory, in any order: allocated blocks with their headers, free blocks, and what
 * the engine keeps for itself (sentinels, arena headers, pool objects). Together they tile the held memory exactly.
 */
export type BlockVisitor = (start: number, bytes: number, state: BlockState) => void;

/**
 * Receives visits many at a time, a row each: start, bytes, and the state's place in `BLOCK_STATES`. They are valid
 * during the call.
 */
export type VisitReader = (rows: Float64Array, count: number) => void;
export const VISIT_NUMBERS = 3;

/** API-call scopes (libxl's gc): temporaries die when their call is left. */
export interface ApiScopes {
  /** Opens a public call: the allocations of kind `temp` that follow belong to it. */
  enter(): void;
  /** Closes the innermost call and releases its temporaries. */
  leave(): void;
  /** Allocates an object that dies with the innermost call. */
  temp(sizeBytes: number): Placement;
  /** Registers an existing object with the innermost call. */
  adopt(object: Placement): void;
  /** Releases every temporary of the innermost call without leaving it. */
  freeAll(): void;
  /** Destroys the context that all calls share, with what it holds; absent where it holds nothing. */
  contextFree?(): void;
}

/**
 * Throws `HeapCorruption` where the real allocator would stop the system, `Fault` when corrupted metadata leads
 * outside memory, `Runaway` when it leads in a circle.
 */
export interface Engine {
  /** Lays out the initial state in memory; its accesses are not charged. Called once, after `Machine.boot`. */
  start(): void;

  /** `sizeBytes` may be 0; `align` is 0 (the engine's default) or a power of two. */
  allocate(sizeBytes: number, align: number): Placement;
  /** Frees what `allocate` returned (a block or `ZERO`); size and align are those of the allocation. */
  free(object: Placement, sizeBytes: number, align: number): void;
  /**
   * Resizes; `NULL` leaves the old object valid. `object` may be `NULL` or `ZERO`. `oldBytes` is the size that its
   * caller asked for last, which an engine without headers has no other record of.
   */
  reallocate?(object: Placement, sizeBytes: number, align: number, oldBytes: number): Placement;

  /** An address congruent to `offset` modulo `align` that crosses no multiple of `span`. */
  alignedAllocate?(sizeBytes: number, align: number, offset: number, span: number): Placement;
  /** Bytes that the caller may use of the object from now on. */
  usableSize?(object: Placement): number;
  /** Moves blocks together; `onMove` is told every move. Returns whether anything was gained. */
  compact?(onMove: (from: Placement, to: Placement) => void): boolean;
  /** Names who is told of the moves that verbs other than `compact` make: an allocation may compact too. */
  watchMoves?(onMove: (from: Placement, to: Placement) => void): void;
  /** Walks and checks the whole pool as a charged operation of the engine. */
  poolCheck?(): void;
  /** Prints the pool's blocks as a charged operation of the engine. */
  dump?(): void;
  readonly scopes?: ApiScopes;
  /**
   * Told the call site and API function of the next verb, when the event names one: adapters route by it, engines
   * with zeroing forms (`xzalloc`) act on it. Both are empty texts where the event names none.
   */
  callSite?(site: string, call: string): void;

  /** Runs many operations by itself, where it does so faster than one verb after the other. */
  readonly runner?: OperationRunner;

  /** How its memory was, where that was asked for, of an engine that keeps it by itself. */
  readonly past?: Past | undefined;

  /**
   * The allocated block behind an object, or undefined where there is none; size and align are those of the
   * allocation (a page allocator has no other record of them). For observers, never charged.
   */
  blockAt(object: Placement, sizeBytes: number, align: number): Block | undefined;
  /** Address in memory of a byte of the virtual area, in an engine that places there. For observers, never charged. */
  translate?(address: number): number;
  /** Visits every block of the held memory; for observers, never charged. */
  walk(visit: BlockVisitor): void;
  /** The same walk by rows, of an engine that has its visits as such. */
  walkRows?(read: VisitReader): void;
  /** Verifies every invariant of the metadata; throws `HeapCorruption` naming the block. Never charged. */
  check(): void;
}

/** The optional verbs, by the names used in `list`, `n/a` reasons and conformance reports. */
export const CAPABILITIES = [
  'reallocate',
  'alignedAllocate',
  'usableSize',
  'compact',
  'poolCheck',
  'dump',
  'scopes',
  'callSite',
] as const satisfies readonly (keyof Engine)[];
export type Capability = (typeof CAPABILITIES)[number];

/** An option of an engine, set with `-o name=value`. */
export type EngineOption =
  | {
      readonly kind: 'integer';
      readonly summary: string;
      readonly smallest: number;
      readonly largest: number;
      readonly byDefault: number;
    }
  | {
      readonly kind: 'choice';
      readonly summary: string;
      readonly choices: readonly string[];
      readonly byDefault: string;
    }
  /** The name of another registered engine, which runs on the same machine. */
  | { readonly kind: 'engine'; readonly summary: string; readonly byDefault: string };

export type OptionValues = Readonly<Record<string, number | string>>;

/** A proved or documented worst case of one verb, in accesses or instructions per operation. */
export const BOUND_VERBS = ['alloc', 'free', 'realloc'] as const;
export const BOUND_UNITS = ['accesses', 'instructions'] as const;

export interface WorstCaseBound {
  readonly verb: (typeof BOUND_VERBS)[number];
  readonly unit: (typeof BOUND_UNITS)[number];
  /** The bound as a number, or undefined where there is none (a search of unbounded length). */
  readonly most: number | undefined;
  readonly statement: string;
  readonly source: string;
}

/** A known oddity of the real engine that the model keeps on purpose. */
export interface Quirk {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** Where it can be seen: the conformance suite fails a quirk that does not show. */
  readonly demonstration?: QuirkDemonstration;
  /** What callers expect of any allocator and the real one does not do. */
  readonly breaks?: BrokenGuarantee;
}

/**
 * How `--placements` writes an engine's offsets. `xen`: hex from the heap base, with NULL, ZERO, BUG, `-`, and `v:`
 * before offsets in the virtual area; `xen-virtual`: the same for an engine that places in the virtual area alone, so
 * without the `v:`; `plan9`: decimal, −1 for nil; `libxl`: as the backing heap's form.
 */
export type PlacementsForm = 'xen' | 'xen-virtual' | 'plan9' | 'libxl';

/** A real allocator's build. Equal modules place and touch alike; the other fields say where a module comes from. */
export interface ForeignBuild {
  readonly moduleSha256: string;
  readonly abi: 'lp64' | 'ilp32';
  readonly compiler: string;
  readonly flags: readonly string[];
  /** sha256 by name, of everything that the compiler could read. */
  readonly sources: Readonly<Record<string, string>>;
  /** What the engine itself shows of its heap; the harness makes up for the rest from what the program was given. */
  readonly shows: { readonly walk: boolean; readonly check: boolean; readonly blockAt: boolean };
}

/** What an engine is, said before one is made. */
export interface EngineDefinition {
  /** Registered name, as in `-a xmalloc-first-fit`. */
  readonly name: string;
  /** Raised whenever placements or accesses change: results of different versions are not comparable. */
  readonly version: number;
  readonly summary: string;
  /** Where the modelled code stands: project, commit, dates, paper. */
  readonly lineage: string;
  readonly constants: {
    readonly headerBytes: number;
    /** Every block's address and size are multiples of it. */
    readonly granuleBytes: number;
    readonly blockBytesMin: number;
    /** Largest alignment that is honoured; larger wishes are ignored. Undefined: every power of two is. */
    readonly alignBytesMax?: number;
    /** Largest request that can succeed on an empty heap of any size, or undefined where only the heap limits it. */
    readonly requestBytesMax: number | undefined;
  };
  readonly options: Readonly<Record<string, EngineOption>>;
  readonly capabilities: readonly Capability[];
  readonly bounds: readonly WorstCaseBound[];
  readonly quirks: readonly Quirk[];
  readonly placementsForm: PlacementsForm;
  /**
   * All that walks and `blockAt` follow from lies in the machine's memory and its ledger: put back, they show the heap
   * as it was.
   */
  readonly isAllInMemory?: boolean;
  /** Of an engine that is a compiled module: what it was built from, and what of its heap it shows. */
  readonly foreign?: ForeignBuild;
  /**
   * Makes the engine on a machine that is not booted yet: it reserves its control regions and defines its locks and
   * steps. `engineNamed` finds other definitions for options of kind `engine`; throws a `UsageError` for a bad option.
   */
  create(machine: Machine, options: OptionValues, engineNamed: (name: string) => EngineDefinition): Engine;
}
