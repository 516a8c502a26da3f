import * as v from 'valibot';
import { OP_NAMES } from '../../traces/trace';
import { NOTED_NAMES, type NotedName } from '../machine/domain-events';
import { CAUSES } from '../pricing/costs';
import { EXPLANATION_SCHEMA, type Explanation, type StoryPart } from './explanation';

/** The schema of explanation@1. Unknown keys are refused: a file that says more than its format knows is another. */

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const integer = v.pipe(v.number(), v.safeInteger());
const text = v.string();
const op = v.picklist(OP_NAMES);
const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/));
const noted = NOTED_NAMES.filter((name): name is Exclude<NotedName, 'none'> => name !== 'none');
const events = v.strictObject(optionalCounts(noted));
const causes = v.strictObject(optionalCounts(CAUSES));

const accesses = v.strictObject({ loads: count, chases: count, stores: count, updates: count });
const standing = v.strictObject({ rank: count, of: count, kind: text, cyclesP50: count, cyclesMax: count });

const step = v.strictObject({
  kind: v.literal('step'),
  engine: text,
  name: text,
  event: v.nullable(v.picklist(noted)),
  times: count,
  accesses,
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
  survey: v.strictObject({
    freeBytes: count,
    freeBlocks: count,
    largestFreeBytes: count,
    metadataBytes: count,
    largestHoleBasisPoints: count,
    squaredBasisPoints: count,
    freeBlocksByLog2: v.array(count),
    freeBlocksByOrder: v.nullable(v.array(count)),
  }),
  before: v.nullable(neighbourhood),
  after: v.nullable(neighbourhood),
});

const elsewhere = v.variant('kind', [
  v.strictObject({ kind: v.literal('ran'), engine: text, cycles: count, causes, standing }),
  v.strictObject({ kind: v.literal('none'), engine: text, reason: text }),
]);

const operation = v.strictObject({
  operation: count,
  op,
  id: integer,
  sizeBytes: count,
  alignBytes: count,
  site: text,
  call: text,
  cycles: count,
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

export const explanationSchema = v.strictObject({
  schema: v.literal(EXPLANATION_SCHEMA),
  engine: v.strictObject({ name: text, version: count, options: v.record(text, v.union([integer, text])) }),
  machine: v.strictObject({ heapPages: count, virtualPages: count }),
  trace: v.strictObject({ name: text, adaptive: v.boolean(), sha256: v.nullable(sha256), events: count }),
  pricing: v.strictObject({ id: text, profileSha256: sha256 }),
  choice,
  stopped: v.nullable(v.strictObject({ kind: text, operation: count, problem: text })),
  operations: v.array(operation),
}) satisfies v.GenericSchema<unknown, Explanation>;

function optionalCounts<const Names extends readonly string[]>(names: Names) {
  return Object.fromEntries(names.map((name) => [name, v.exactOptional(count)])) as {
    [name in Names[number]]: ReturnType<typeof v.exactOptional<typeof count>>;
  };
}
