import { meanValue, peakValue, replayMetrics, workMetrics } from './metric';
import { OP_KINDS, type OpKind } from './op-kinds';
import { EVENT_NAMES } from './schema';

/** What the engine did, whatever it would cost: operations, failures, accesses, instructions, domain events. */

const outcomeMetrics = replayMetrics([
  {
    name: 'allocations.failed',
    unit: 'operations',
    better: 'lower',
    group: '@events',
    formula: 'allocations that returned NULL, with the first of them',
    column: { heading: 'failed', shownIn: 'every report' },
    read: ({ report: { outcome } }) => {
      if (outcome.kind !== 'ok') {
        return undefined;
      }
      const { failedAllocations, firstFailureIndex } = outcome;
      return firstFailureIndex === undefined
        ? { value: failedAllocations }
        : { value: failedAllocations, operation: firstFailureIndex };
    },
  },
  {
    name: 'allocations.refused',
    unit: 'operations',
    better: 'lower',
    group: '@events',
    formula:
      'allocations that returned NULL with memory free: as many bytes of the heap as were asked for, or more, were granted to no object',
    read: ({ report: { refusedAllocations, firstRefusalIndex } }) =>
      firstRefusalIndex === undefined
        ? { value: refusedAllocations }
        : { value: refusedAllocations, operation: firstRefusalIndex },
  },
  {
    name: 'reallocs.emulated',
    unit: 'operations',
    better: 'none',
    group: '@events',
    formula: 'reallocs replayed as allocate, copy and free, because the engine has no such verb',
    read: ({ report }) => ({ value: report.emulatedReallocs }),
  },
  {
    name: 'placements.misaligned',
    unit: 'operations',
    better: 'lower',
    group: '@events',
    formula: 'blocks that do not lie at the alignment that was asked for, or had been before a realloc',
    read: ({ report }) => ({ value: report.misalignedPlacements }),
  },
  {
    name: 'overruns.written',
    unit: 'operations',
    better: 'none',
    group: '@events',
    formula: 'writes of the program past its own objects; nobody noticed them where the replay ended well',
    read: ({ report }) => ({ value: report.overruns }),
  },
  {
    name: 'search.steps.max',
    unit: 'times',
    better: 'lower',
    group: '@events',
    formula: 'most blocks or lists that one operation looked at in a search',
    read: ({ work }) => peakValue(work.searchStepsMax),
  },
]);

function kindMetrics<const Kind extends OpKind>(kind: Kind) {
  return workMetrics([
    {
      name: `${kind}.operations`,
      unit: 'operations',
      better: 'none',
      group: '@events',
      formula: `${kind} operations that reached the engine`,
      read: ({ work }) => ({ value: work.kinds[kind].operations }),
    },
    {
      name: `${kind}.accesses.max`,
      unit: 'accesses',
      better: 'lower',
      group: '@events',
      formula: `most memory accesses of one ${kind}`,
      read: ({ work }) => peakValue(work.kinds[kind].accessesMax),
    },
    {
      name: `${kind}.accesses.mean`,
      unit: 'accesses',
      better: 'lower',
      group: '@events',
      formula: `memory accesses of all ${kind} operations / their number`,
      read: ({ work }) => meanValue(work.kinds[kind].accessesTotal, work.kinds[kind].operations),
    },
    {
      name: `${kind}.instructions.max`,
      unit: 'instructions',
      better: 'lower',
      group: '@events',
      formula: `most instructions of one ${kind}`,
      read: ({ work }) => peakValue(work.kinds[kind].instructionsMax),
    },
    {
      name: `${kind}.instructions.mean`,
      unit: 'instructions',
      better: 'lower',
      group: '@events',
      formula: `instructions of all ${kind} operations / their number`,
      read: ({ work }) => meanValue(work.kinds[kind].instructionsTotal, work.kinds[kind].operations),
    },
  ]);
}

const domainEventMetrics = replayMetrics(
  EVENT_NAMES.map((name) => ({
    name: `events.${name}` as const,
    unit: 'times',
    better: 'none',
    group: '@events',
    formula: `how often the domain event "${name}" happened in all operations`,
    read: ({ work }) => ({ value: work.events[name] ?? 0 }),
  })),
);

/** Those that the operations' work alone says: what is known of a program that is no engine. */
export const WORK_METRICS = OP_KINDS.flatMap((kind) => kindMetrics(kind));

export const EVENT_METRICS = [...outcomeMetrics, ...WORK_METRICS, ...domainEventMetrics] as const;
