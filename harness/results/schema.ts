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
  positive,
  sha256,
  survey,
  text,
} from '../metrics/schema';
import { HEAP_MAP_ROWS_MAX } from '../metrics/heap-map';
import { isDecodable } from '../metrics/heap-walk';
import { DENSITY_COLUMNS_MAX, DENSITY_ROWS } from '../metrics/latency-density';
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

const checkpoints = v.array(checkpoint);

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

/** What order statistics rest on: distinct costs ascending, each met at least once, and no sum beyond 2^53 − 1. */
const distribution = v.pipe(
  v.strictObject({ costs: counts, counts }),
  v.check(
    ({ costs, counts: times }) =>
      costs.length === times.length &&
      costs.every((cost, index) => index === 0 || cost > costs[index - 1]!) &&
      times.every((count) => count > 0) &&
      isSafeSum(times),
    'ascending costs, with as many counts that are not 0',
  ),
);

const isSafeSum = (terms: readonly number[]): boolean =>
  Number.isSafeInteger(terms.reduce((sum, each) => sum + each, 0));

/** The occupied rows of a column ascending, each followed by its count. */
const densityColumn = v.pipe(
  counts,
  v.check(
    (cells) =>
      cells.length % 2 === 0 &&
      cells.every((cell, index) =>
        index % 2 === 1 ? cell > 0 : cell < DENSITY_ROWS && (index === 0 || cell > cells[index - 2]!),
      ),
    `rows below ${DENSITY_ROWS} ascending, each followed by its count`,
  ),
);

const heapWalk = v.pipe(
  v.strictObject({ moments: counts, changes: text }),
  v.check((walk) => isDecodable(walk), 'the changes of a heap at ascending moments'),
);

const heapMap = v.pipe(
  v.strictObject({
    chunkBytes: positive,
    chunkOffsets: v.pipe(counts, v.maxLength(HEAP_MAP_ROWS_MAX, `at most ${HEAP_MAP_ROWS_MAX} rows`)),
    columns: v.array(v.pipe(text, v.regex(/^[.0-9]*$/, 'letters from . to 9'))),
  }),
  v.check(
    ({ chunkOffsets, columns }) => columns.every(({ length }) => length === chunkOffsets.length),
    'columns of one letter a row',
  ),
);

const kind = v.strictObject({
  distribution,
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
  density: v.nullable(
    v.strictObject({
      operationsPerColumn: positive,
      columns: v.pipe(
        v.array(densityColumn),
        v.maxLength(DENSITY_COLUMNS_MAX, `at most ${DENSITY_COLUMNS_MAX} columns`),
      ),
    }),
  ),
}) satisfies v.GenericSchema<unknown, MeasuredKind>;

const kinds = v.strictObject({ alloc: kind, free: kind, realloc: kind, other: kind });

/** What archives hold packed: of a replay, and of its pricings. */
export const PACKABLE: readonly v.GenericSchema[] = [checkpoints, kinds];

const pricing = v.strictObject({
  id: text,
  profileSha256: sha256,
  costsSha256: sha256,
  metrics,
  causes,
  kinds,
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
  checkpoints,
  firstFailure: v.nullable(firstFailure),
  heapMap: v.nullable(heapMap),
  /** Results of before it was recorded have none. */
  heapWalk: v.optional(v.nullable(heapWalk), null),
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
