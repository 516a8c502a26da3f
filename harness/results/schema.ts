import * as v from 'valibot';
import { OP_NAMES } from '../../traces/trace';
import { NOTED_NAMES } from '../machine/domain-events';
import type {
  MeasuredKind,
  MeasuredOutcome,
  MeasuredPricing,
  MeasuredReplay,
} from '../metrics/measured-replay';
import { CAUSES } from '../pricing/costs';
import { CAPABILITIES } from '../replay/port';
import { LABELS, RESULTS_SCHEMA, type Results, type SuiteFacts } from './results';

/**
 * The schema of results@1. The order of its keys is the order of the file; unknown keys are refused, because a file
 * that says more than its format knows is another format.
 */

const COUNT = 'a whole number from 0 to 2^53 − 1';
const INTEGER = 'an integer';

const count = v.pipe(v.number(COUNT), v.safeInteger(COUNT), v.minValue(0, COUNT));
const integer = v.pipe(v.number(INTEGER), v.safeInteger(INTEGER));
const text = v.string('a text');
const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/, '64 lowercase hexadecimal digits'));
const op = v.picklist(OP_NAMES, 'an operation');

/** Long lists of counts are checked in one go: an entry that is wrong is not worth a hundred thousand closures. */
const counts = v.custom<number[]>(
  (value) => Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0),
  'a list of whole numbers',
);

const noted = NOTED_NAMES.filter((name) => name !== 'none');
const events = v.strictObject(optionalCounts(noted));
const causes = v.strictObject(optionalCounts(CAUSES));

const metricValue = v.strictObject({
  value: integer,
  operation: v.exactOptional(count),
  ratio: v.exactOptional(v.strictTuple([integer, integer])),
});
const metrics = v.record(text, v.nullable(metricValue));

const survey = v.strictObject({
  freeBytes: count,
  freeBlocks: count,
  largestFreeBytes: count,
  metadataBytes: count,
  largestHoleBasisPoints: count,
  squaredBasisPoints: count,
  freeBlocksByLog2: counts,
  freeBlocksByOrder: v.nullable(counts),
});

const checkpoint = v.strictObject({
  operation: count,
  allocatedBytes: count,
  liveObjects: count,
  liveBytes: count,
  grantedBytes: count,
  headerBytes: count,
  heldBytes: count,
  survey: v.nullable(survey),
});

const worstOperation = v.strictObject({
  operation: count,
  op,
  id: integer,
  sizeBytes: count,
  alignBytes: count,
  cycles: count,
  causes,
  events,
});

const kind = v.strictObject({
  distribution: v.strictObject({ costs: counts, counts }),
  worst: v.array(worstOperation),
  sizeClasses: v.array(
    v.strictObject({
      sizeBytesFrom: count,
      operations: count,
      cyclesP50: count,
      cyclesP99: count,
      cyclesMax: count,
    }),
  ),
  density: v.nullable(v.strictObject({ operationsPerColumn: count, columns: v.array(counts) })),
}) satisfies v.GenericSchema<unknown, MeasuredKind>;

const pricing = v.strictObject({
  id: text,
  profileSha256: sha256,
  costsSha256: sha256,
  metrics,
  causes,
  kinds: v.strictObject({ alloc: kind, free: kind, realloc: kind, other: kind }),
}) satisfies v.GenericSchema<unknown, MeasuredPricing>;

const stopped = { operation: count, op, id: integer, sizeBytes: count, lastStep: text, problem: text };

const outcome = v.variant('kind', [
  v.strictObject({
    kind: v.literal('ok'),
    failedAllocations: count,
    firstFailureOperation: v.nullable(count),
  }),
  v.strictObject({ kind: v.picklist(['corrupt', 'faulted', 'runaway']), ...stopped }),
  v.strictObject({
    kind: v.literal('unsupported'),
    operation: count,
    verb: v.picklist(CAPABILITIES),
    reason: text,
  }),
  v.strictObject({
    kind: v.literal('exceeded'),
    operation: count,
    verb: v.picklist(['alloc', 'free', 'realloc']),
    problem: text,
  }),
  v.strictObject({ kind: v.literal('crashed'), problem: text }),
]) satisfies v.GenericSchema<unknown, MeasuredOutcome>;

const parameters = v.record(text, v.union([integer, text], 'an integer or a text'));

const origin = v.variant('kind', [
  v.strictObject({ kind: v.literal('recorded'), format: text }),
  v.strictObject({
    kind: v.literal('synthetic'),
    generator: text,
    parameters,
    seed: integer,
    adaptive: v.boolean(),
  }),
]);

const bound = v.strictObject({
  verb: v.picklist(['alloc', 'free', 'realloc']),
  unit: v.picklist(['accesses', 'instructions']),
  most: v.nullable(count),
  statement: text,
  source: text,
  observed: v.nullable(count),
  observedOperation: v.nullable(count),
  total: count,
  operations: count,
});

const firstFailure = v.strictObject({
  operation: count,
  recentOperations: v.array(
    v.strictObject({ operation: count, op, id: integer, sizeBytes: count, returned: text }),
  ),
});

export const replaySchema = v.strictObject({
  engine: v.strictObject({ name: text, version: count, options: parameters }),
  machine: v.strictObject({ heapPages: count, virtualPages: count }),
  trace: v.strictObject({ name: text, origin, sha256: v.nullable(sha256), events: count }),
  outcome,
  operations: count,
  skippedEvents: count,
  emulatedReallocs: count,
  liveObjectsAtEnd: count,
  placementsSha256: sha256,
  metrics,
  events,
  bounds: v.array(bound),
  failureCurve: v.array(v.strictObject({ requestBytes: count, enoughFree: count, noHole: count })),
  checkpoints: v.array(checkpoint),
  firstFailure: v.nullable(firstFailure),
  heapMap: v.nullable(v.strictObject({ chunkBytes: count, chunkOffsets: counts, columns: v.array(text) })),
  pricings: v.array(pricing),
}) satisfies v.GenericSchema<unknown, MeasuredReplay>;

const suite = v.strictObject({
  name: text,
  limits: v.array(text),
  labels: v.array(v.picklist(LABELS, `one of ${LABELS.join(', ')}`)),
}) satisfies v.GenericSchema<unknown, SuiteFacts>;

export const resultsSchema = v.strictObject({
  schema: v.literal(RESULTS_SCHEMA),
  tool: v.strictObject({ name: v.literal('alloc-replay'), version: text }),
  suite: v.exactOptional(suite),
  replays: v.array(replaySchema),
  environment: v.record(text, v.union([text, v.number(), v.boolean()])),
}) satisfies v.GenericSchema<unknown, Results>;

function optionalCounts<const Names extends readonly string[]>(names: Names) {
  return Object.fromEntries(names.map((name) => [name, v.exactOptional(count)])) as {
    [name in Names[number]]: ReturnType<typeof v.exactOptional<typeof count>>;
  };
}
