import * as v from 'valibot';
import type {
  MeasuredKind,
  MeasuredOutcome,
  MeasuredPricing,
  MeasuredReplay,
} from '../metrics/measured-replay';
import {
  causes,
  count,
  counts,
  engine,
  events,
  integer,
  machineSizes,
  op,
  parameters,
  sha256,
  survey,
  text,
} from '../metrics/schema';
import { CAPABILITIES } from '../replay/port';
import { LABELS, RESULTS_SCHEMA, type Results, type SuiteFacts } from './results';

/** The schema of results@1. The order of its keys is the order of the file. */

const metricValue = v.strictObject({
  value: integer,
  operation: v.exactOptional(count),
  ratio: v.exactOptional(v.strictTuple([integer, integer])),
});
const metrics = v.record(text, v.nullable(metricValue));

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
  engine,
  machine: machineSizes,
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
