import * as v from 'valibot';
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
  survey,
  text,
} from '../metrics/schema';
import {
  EXPLANATION_SCHEMA,
  PROFILE_SCHEMA,
  type Explanation,
  type Profile,
  type StoryPart,
} from './explanation';

/** The schema of explanation@1. The order of its keys is the order of the file. */

const accesses = v.strictObject({ loads: count, chases: count, stores: count, updates: count });
const standing = v.strictObject({ rank: count, of: count, kind: text, cyclesP50: count, cyclesMax: count });

const sourceLine = v.strictObject({ functionName: text, file: text, line: count });

const step = v.strictObject({
  kind: v.literal('step'),
  engine: text,
  name: text,
  event: v.nullable(event),
  source: v.nullable(v.array(sourceLine)),
  times: count,
  accesses,
  fromMemory: count,
  instructions: count,
  cycles: count,
  causes,
});
const parts = v.array(v.lazy((): v.GenericSchema<unknown, StoryPart> => part));
const part = v.variant('kind', [
  step,
  v.strictObject({ kind: v.literal('loop'), rounds: count, parts }),
  v.strictObject({ kind: v.literal('rest'), parts }),
]) satisfies v.GenericSchema<unknown, StoryPart>;

const lock = v.strictObject({
  name: text,
  heldCycles: count,
  holds: count,
  intervals: v.array(v.strictObject({ from: count, to: count })),
});

const writerGroup = v.strictObject({
  where: text,
  by: v.nullable(v.strictObject({ op, sizeBytesFrom: count, sizeBytesTo: v.nullable(count), site: text })),
  reads: count,
  cycles: count,
  firstOperation: v.nullable(count),
  lastOperation: v.nullable(count),
});

const neighbourhood = v.strictObject({
  blocks: v.array(
    v.strictObject({
      heapOffset: integer,
      bytes: count,
      state: v.picklist(['allocated', 'free', 'metadata']),
    }),
  ),
  subject: count,
});

const heap = v.strictObject({
  liveObjects: count,
  liveBytes: count,
  grantedBytes: count,
  heldBytes: count,
  survey,
  before: v.nullable(neighbourhood),
  after: v.nullable(neighbourhood),
});

const elsewhere = v.variant('kind', [
  v.strictObject({
    kind: v.literal('ran'),
    engine: text,
    cycles: count,
    failed: v.boolean(),
    causes,
    standing,
  }),
  v.strictObject({ kind: v.literal('none'), engine: text, reason: text }),
]);

const refusal = v.strictObject({
  rule: v.picklist(['quirk', 'limit', 'alignment', 'memory', 'fragmentation', 'engine']),
  quirk: v.nullable(v.strictObject({ name: text, summary: text, source: text })),
  requestBytesMax: v.nullable(count),
  heapPages: count,
  pages: v.nullable(
    v.strictObject({
      order: count,
      freePages: count,
      freeBlocksByOrder: v.array(count),
      unusablePerMille: integer,
      fragmentationPerMille: integer,
    }),
  ),
  nearest: v.strictObject({
    isServedUnaligned: v.boolean(),
    smallerBytes: v.nullable(count),
    largerBytes: v.nullable(count),
  }),
});

const operation = v.strictObject({
  operation: count,
  op,
  id: integer,
  sizeBytes: count,
  alignBytes: count,
  site: text,
  call: text,
  cycles: count,
  failed: v.boolean(),
  refusal: v.nullable(refusal),
  standing,
  causes,
  events,
  accesses,
  instructions: count,
  locks: v.array(lock),
  story: v.array(part),
  provenance: v.strictObject({ groups: v.array(writerGroup), otherCycles: count, ownCycles: count }),
  heap,
  elsewhere: v.array(elsewhere),
});

const choice = v.variant('kind', [
  v.strictObject({ kind: v.literal('operation'), operation: count }),
  v.strictObject({ kind: v.literal('worst'), count }),
  v.strictObject({ kind: v.literal('lock'), lock: text, count }),
]);

const stopped = v.nullable(v.strictObject({ kind: text, operation: count, problem: text }));

export const explanationSchema = v.strictObject({
  schema: v.literal(EXPLANATION_SCHEMA),
  engine,
  machine: machineSizes,
  trace: v.strictObject({ name: text, adaptive: v.boolean(), sha256: v.nullable(sha256), events: count }),
  pricing: v.strictObject({ id: text, profileSha256: sha256 }),
  choice,
  stopped,
  operations: v.array(operation),
}) satisfies v.GenericSchema<unknown, Explanation>;

export const profileSchema = v.strictObject({
  schema: v.literal(PROFILE_SCHEMA),
  engine,
  machine: machineSizes,
  trace: v.strictObject({ name: text, sha256: v.nullable(sha256), events: count }),
  pricing: v.strictObject({ id: text, profileSha256: sha256 }),
  stopped,
  operations: count,
  cycles: count,
  steps: v.array(step),
}) satisfies v.GenericSchema<unknown, Profile>;
