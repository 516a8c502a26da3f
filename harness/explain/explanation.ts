import type { OpName } from '../../traces/trace';
import type { NotedName } from '../machine/domain-events';
import type { SourceLine } from '../machine/steps';

export type { SourceLine };
import type { HeapSurvey } from '../metrics/fragmentation';
import type { CauseCycles, EventCounts } from '../metrics/worst-operations';
import type { BlockState } from '../replay/port';
import type { WriterKind } from './writer-kinds';

/** What an explanation says, as plain data: the reports make texts, spans and stacks of it. */

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
export const EXPLANATION_SCHEMA = 'alloc-replay/explanation@1';

/** Which operations are explained: one by its event, the dearest, or those that held a lock longest. */
export type Choice =
  | { readonly kind: 'operation'; readonly operation: number }
  | { readonly kind: 'worst'; readonly count: number }
  | { readonly kind: 'lock'; readonly lock: string; readonly count: number };

export interface Explanation {
  readonly schema: typeof EXPLANATION_SCHEMA;
  readonly engine: {
    readonly name: string;
    readonly version: number;
    readonly options: Readonly<Record<string, number | string>>;
  };
  readonly machine: { readonly heapPages: number; readonly virtualPages: number };
  readonly trace: {
    readonly name: string;
    /** Whether its events depend on placements: then other engines get others, and are not compared. */
    readonly adaptive: boolean;
    readonly sha256: string | null;
    readonly events: number;
  };
  readonly pricing: { readonly id: string; readonly profileSha256: string };
  readonly choice: Choice;
  /** Where the engine stopped, or null where it came to the end of the trace. */
  readonly stopped: { readonly kind: string; readonly operation: number; readonly problem: string } | null;
  /** In the order of the choice: dearest, or longest hold, first. */
  readonly operations: readonly ExplainedOperation[];
}

/** The name of the format in which a whole replay is summed up. */
export const PROFILE_SCHEMA = 'alloc-replay/profile@1';

/** A whole replay summed up by step. */
export interface Profile extends Pick<Explanation, 'engine' | 'machine' | 'pricing' | 'stopped'> {
  readonly schema: typeof PROFILE_SCHEMA;
  readonly trace: Omit<Explanation['trace'], 'adaptive'>;
  readonly operations: number;
  /** Of all steps; operations, which are rounded one by one, may come to some more or less. */
  readonly cycles: number;
  /** Those with most cycles first; they add up to `cycles` exactly. */
  readonly steps: readonly StepRun[];
}

export interface ExplainedOperation {
  /** Index of the event in the trace. */
  readonly operation: number;
  readonly op: OpName;
  readonly id: number;
  readonly sizeBytes: number;
  readonly alignBytes: number;
  readonly site: string;
  readonly call: string;
  readonly cycles: number;
  /** Whether it did not get what it asked for. */
  readonly failed: boolean;
  /** Why an allocation failed; null of one that did not, and of other operations. */
  readonly refusal: Refusal | null;
  /** Among the operations of its kind. */
  readonly standing: Standing;
  /** They add up to `cycles` exactly. */
  readonly causes: CauseCycles;
  readonly events: EventCounts;
  readonly accesses: AccessCounts;
  readonly instructions: number;
  /** The locks that it held, in the order of the machine. */
  readonly locks: readonly HeldLock[];
  /** What it did, in order; the cycles of all steps add up to `cycles` exactly. */
  readonly story: readonly StoryPart[];
  readonly provenance: Provenance;
  readonly heap: HeapAround;
  /** The same operation on other engines. */
  readonly elsewhere: readonly Elsewhere[];
}

export interface Refusal {
  /**
   * What refused it: a quirk of the engine, its largest request, the alignment alone, lack of memory, memory in pieces
   * that are too small, or a rule of the engine beyond these, for room there was.
   */
  readonly rule: 'quirk' | 'limit' | 'alignment' | 'memory' | 'fragmentation' | 'engine';
  readonly quirk: { readonly name: string; readonly summary: string; readonly source: string } | null;
  readonly requestBytesMax: number | null;
  readonly heapPages: number;
  /** What nobody holds; null where the engine takes its memory from elsewhere. */
  readonly pages: PageHeap | null;
  /** What would have been served at the same moment. */
  readonly nearest: {
    /** The same size without the alignment that was asked for. */
    readonly isServedUnaligned: boolean;
    /** The next smaller size, 0 where not even a byte, null where it is not known. */
    readonly smallerBytes: number | null;
    /** The next larger size: some requests go another way; null where none was found. */
    readonly largerBytes: number | null;
  };
}

export interface PageHeap {
  /** The request in whole pages, as a power of two. */
  readonly order: number;
  readonly freePages: number;
  readonly freeBlocksByOrder: readonly number[];
  /** Linux's unusable_free_index and fragmentation_index for that order. */
  readonly unusablePerMille: number;
  readonly fragmentationPerMille: number;
}

export interface Standing {
  /** 1 is the dearest; equals share the better rank. */
  readonly rank: number;
  readonly of: number;
  readonly kind: string;
  readonly cyclesP50: number;
  readonly cyclesMax: number;
}

/** Memory accesses by kind; see `AccessStream`. */
export interface AccessCounts {
  readonly loads: number;
  readonly chases: number;
  readonly stores: number;
  readonly updates: number;
}

export interface HeldLock {
  readonly name: string;
  readonly heldCycles: number;
  /** How often it was taken. */
  readonly holds: number;
  /** When, in cycles from the start of the operation; the first 64. */
  readonly intervals: readonly { readonly from: number; readonly to: number }[];
}

/** Consecutive executions of one step, with everything that was done since the step before. */
export interface StepRun {
  readonly kind: 'step';
  /** Which engine's step; empty behind the last step that an engine reported. */
  readonly engine: string;
  readonly name: string;
  /** The domain event that the step is, or null where it is none. */
  readonly event: Exclude<NotedName, 'none'> | null;
  /** Where in the source of a compiled engine: innermost first, each inlined into the next; null in a model. */
  readonly source: readonly SourceLine[] | null;
  readonly times: number;
  readonly accesses: AccessCounts;
  /** Accesses whose line was in no cache. */
  readonly fromMemory: number;
  readonly instructions: number;
  readonly cycles: number;
  /** They add up to `cycles` exactly. */
  readonly causes: CauseCycles;
}

/** A sequence that was done several times in a row: the figures of its parts are sums over all rounds. */
export interface StoryLoop {
  readonly kind: 'loop';
  readonly rounds: number;
  readonly parts: readonly StoryPart[];
}

/** What came after the longest story that is told in order: the steps summed up, in the order of their first time. */
export interface StoryRest {
  readonly kind: 'rest';
  readonly parts: readonly StoryPart[];
}

export type StoryPart = StepRun | StoryLoop | StoryRest;

/** Whose doing the state was that the operation found, by what it read. */
export interface Provenance {
  /** Most cycles first. */
  readonly groups: readonly WriterGroup[];
  /** Cycles of the groups that are not listed. */
  readonly otherCycles: number;
  /** Cycles of what was nobody else's doing: its instructions, its writes, and reads of what it wrote itself. */
  readonly ownCycles: number;
}

/** Reads of one place whose state was left by operations of one kind. */
export interface WriterGroup {
  /** `free blocks`, `blocks in use`, `metadata`, `pages not held`, or the name of a control region. */
  readonly where: string;
  /** Verb, size class and call site of those who left it so; null for the engine's start, before any operation. */
  readonly by: WriterKind | null;
  readonly reads: number;
  readonly cycles: number;
  /** Earliest and latest of them, by index of event; null for the engine's start. */
  readonly firstOperation: number | null;
  readonly lastOperation: number | null;
}

export interface HeapAround {
  /** Before the operation. */
  readonly liveObjects: number;
  readonly liveBytes: number;
  readonly grantedBytes: number;
  readonly heldBytes: number;
  readonly survey: HeapSurvey;
  /** Around the object that it was applied to, before it; null where there was none or its place is not known. */
  readonly before: Neighbourhood | null;
  /** Around the block that it returned, after it. */
  readonly after: Neighbourhood | null;
}

/** Blocks in a row, lowest first, one of which it is about. */
export interface Neighbourhood {
  readonly blocks: readonly NeighbourBlock[];
  /** Index in `blocks` of the block that it is about. */
  readonly subject: number;
}

export interface NeighbourBlock {
  readonly heapOffset: number;
  readonly bytes: number;
  readonly state: BlockState;
}

export type Elsewhere =
  | {
      readonly kind: 'ran';
      readonly engine: string;
      readonly cycles: number;
      /** Then its cycles are those of a refusal. */
      readonly failed: boolean;
      readonly causes: CauseCycles;
      readonly standing: Standing;
    }
  /** It did not run there, or not to its end. */
  | { readonly kind: 'none'; readonly engine: string; readonly reason: string };
