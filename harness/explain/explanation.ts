import * as v from 'valibot';
import { BLOCK_STATES } from '../replay/port';
import { heapSurvey } from '../metrics/fragmentation';
import {
  causes,
  count,
  engine,
  event,
  events,
  integer,
  machineSizes,
  op,
  sha256,
  text,
  type Shape,
} from '../metrics/schema';

/**
 * What an explanation says, as plain data: the reports make texts, spans and stacks of it. The schemas say its shape,
 * the types are theirs, and the order of their keys is the order of the file.
 */

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
export const EXPLANATION_SCHEMA = 'alloc-replay/explanation@1';

/** The name of the format in which a whole replay is summed up. */
export const PROFILE_SCHEMA = 'alloc-replay/profile@1';

/** Memory accesses by kind; see `AccessStream`. */
const accesses = v.strictObject({ loads: count, chases: count, stores: count, updates: count });
export type AccessCounts = Shape<typeof accesses>;

const standing = v.strictObject({
  /** 1 is the dearest; equals share the better rank. */
  rank: count,
  of: count,
  kind: text,
  cyclesP50: count,
  cyclesMax: count,
});
export type Standing = Shape<typeof standing>;

const sourceLine = v.strictObject({ functionName: text, file: text, line: count });
export type { SourceLine } from '../machine/steps';

/** Consecutive executions of one step, with everything that was done since the step before. */
const step = v.strictObject({
  kind: v.literal('step'),
  /** Which engine's step; empty behind the last step that an engine reported. */
  engine: text,
  name: text,
  /** The domain event that the step is, or null where it is none. */
  event: v.nullable(event),
  /** Where in the source of a compiled engine: innermost first, each inlined into the next; null in a model. */
  source: v.optional(v.nullable(v.array(sourceLine)), null),
  times: count,
  accesses,
  /** Accesses whose line was in no cache; the first explanations did not count them. */
  fromMemory: v.optional(count, 0),
  instructions: count,
  cycles: count,
  /** They add up to `cycles` exactly. */
  causes,
});
export type StepRun = Shape<typeof step>;

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

const parts = v.array(v.lazy((): v.GenericSchema<unknown, StoryPart> => part));
const part = v.variant('kind', [
  step,
  v.strictObject({ kind: v.literal('loop'), rounds: count, parts }),
  v.strictObject({ kind: v.literal('rest'), parts }),
]);

const lock = v.strictObject({
  name: text,
  heldCycles: count,
  /** How often it was taken. */
  holds: count,
  /** When, in cycles from the start of the operation; the first 64. */
  intervals: v.array(v.strictObject({ from: count, to: count })),
});
export type HeldLock = Shape<typeof lock>;

/** Verb, size class and call site of operations that left something behind. */
const writers = v.strictObject({
  op,
  sizeBytesFrom: count,
  /** Null where the class has no end. */
  sizeBytesTo: v.nullable(count),
  site: text,
});
export type WriterKind = Shape<typeof writers>;

/** Reads of one place whose state was left by operations of one kind. */
const writerGroup = v.strictObject({
  /** `free blocks`, `blocks in use`, `metadata`, `pages not held`, or the name of a control region. */
  where: text,
  /** Those who left it so; null for the engine's start, before any operation. */
  by: v.nullable(writers),
  reads: count,
  cycles: count,
  /** Earliest and latest of them, by index of event; null for the engine's start. */
  firstOperation: v.nullable(count),
  lastOperation: v.nullable(count),
});
export type WriterGroup = Shape<typeof writerGroup>;

/** Whose doing the state was that the operation found, by what it read. */
const provenance = v.strictObject({
  /** Most cycles first. */
  groups: v.array(writerGroup),
  /** Cycles of the groups that are not listed. */
  otherCycles: count,
  /** Cycles of what was nobody else's doing: its instructions, its writes, and reads of what it wrote itself. */
  ownCycles: count,
});
export type Provenance = Shape<typeof provenance>;

/** Blocks in a row, lowest first, one of which it is about. */
const neighbourhood = v.strictObject({
  blocks: v.array(v.strictObject({ heapOffset: integer, bytes: count, state: v.picklist(BLOCK_STATES) })),
  /** Index in `blocks` of the block that it is about. */
  subject: count,
});
export type Neighbourhood = Shape<typeof neighbourhood>;

/** The heap before the operation. */
const heap = v.strictObject({
  liveObjects: count,
  liveBytes: count,
  grantedBytes: count,
  heldBytes: count,
  survey: heapSurvey,
  /** Around the object that it was applied to, before it; null where there was none or its place is not known. */
  before: v.nullable(neighbourhood),
  /** Around the block that it returned, after it. */
  after: v.nullable(neighbourhood),
});
export type HeapAround = Shape<typeof heap>;

const elsewhere = v.variant('kind', [
  v.strictObject({
    kind: v.literal('ran'),
    engine: text,
    cycles: count,
    /** Then its cycles are those of a refusal. */
    failed: v.boolean(),
    causes,
    standing,
  }),
  /** It did not run there, or not to its end. */
  v.strictObject({ kind: v.literal('none'), engine: text, reason: text }),
]);
export type Elsewhere = Shape<typeof elsewhere>;

const pages = v.strictObject({
  /** The request in whole pages, as a power of two. */
  order: count,
  freePages: count,
  freeBlocksByOrder: v.array(count),
  /** Linux's unusable_free_index and fragmentation_index for that order. */
  unusablePerMille: integer,
  fragmentationPerMille: integer,
});
export type PageHeap = Shape<typeof pages>;

const refusal = v.strictObject({
  /**
   * What refused it: a quirk of the engine, its largest request, the alignment alone, lack of memory, memory in pieces
   * that are too small, or a rule of the engine beyond these, for room there was.
   */
  rule: v.picklist(['quirk', 'limit', 'alignment', 'memory', 'fragmentation', 'engine']),
  quirk: v.nullable(v.strictObject({ name: text, summary: text, source: text })),
  requestBytesMax: v.nullable(count),
  heapPages: count,
  /** What nobody holds; null where the engine takes its memory from elsewhere. */
  pages: v.nullable(pages),
  /** What would have been served at the same moment. */
  nearest: v.strictObject({
    /** The same size without the alignment that was asked for. */
    isServedUnaligned: v.boolean(),
    /** The next smaller size, 0 where not even a byte, null where it is not known. */
    smallerBytes: v.nullable(count),
    /** The next larger size: some requests go another way; null where none was found. */
    largerBytes: v.nullable(count),
  }),
});
export type Refusal = Shape<typeof refusal>;

const operation = v.strictObject({
  /** Index of the event in the trace. */
  operation: count,
  op,
  id: integer,
  sizeBytes: count,
  alignBytes: count,
  site: text,
  call: text,
  cycles: count,
  /** Whether it did not get what it asked for. */
  failed: v.boolean(),
  /** Why an allocation failed; null of one that did not, and of other operations. */
  refusal: v.optional(v.nullable(refusal), null),
  /** Among the operations of its kind. */
  standing,
  /** They add up to `cycles` exactly. */
  causes,
  events,
  accesses,
  instructions: count,
  /** The locks that it held, in the order of the machine. */
  locks: v.array(lock),
  /** What it did, in order; the cycles of all steps add up to `cycles` exactly. */
  story: v.array(part),
  provenance,
  heap,
  /** The same operation on other engines. */
  elsewhere: v.array(elsewhere),
});
export type ExplainedOperation = Shape<typeof operation>;

/** Which operations are explained: one by its event, the dearest, or those that held a lock longest. */
const choice = v.variant('kind', [
  v.strictObject({ kind: v.literal('operation'), operation: count }),
  v.strictObject({ kind: v.literal('worst'), count }),
  v.strictObject({ kind: v.literal('lock'), lock: text, count }),
]);
export type Choice = Shape<typeof choice>;

const pricing = v.strictObject({ id: text, profileSha256: sha256 });

/** Where the engine stopped, or null where it came to the end of the trace. */
const stopped = v.nullable(v.strictObject({ kind: text, operation: count, problem: text }));

export const explanationSchema = v.strictObject({
  schema: v.literal(EXPLANATION_SCHEMA),
  engine,
  machine: machineSizes,
  trace: v.strictObject({
    name: text,
    /** Whether its events depend on placements: then other engines get others, and are not compared. */
    adaptive: v.boolean(),
    sha256: v.nullable(sha256),
    events: count,
  }),
  pricing,
  choice,
  stopped,
  /** In the order of the choice: dearest, or longest hold, first. */
  operations: v.array(operation),
});
export type Explanation = Shape<typeof explanationSchema>;

/** A whole replay summed up by step. */
export const profileSchema = v.strictObject({
  schema: v.literal(PROFILE_SCHEMA),
  engine,
  machine: machineSizes,
  trace: v.strictObject({ name: text, sha256: v.nullable(sha256), events: count }),
  pricing,
  stopped,
  operations: count,
  /** Of all steps; operations, which are rounded one by one, may come to some more or less. */
  cycles: count,
  /** Those with most cycles first; they add up to `cycles` exactly. */
  steps: v.array(step),
});
export type Profile = Shape<typeof profileSchema>;
