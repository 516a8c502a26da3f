import * as v from 'valibot';
import type { ReplayReport } from '../replay/replay';
import type { Checkpoint } from './checkpoints';
import type { FootprintSummary } from './footprint';
import type { Peak } from './largest';
import type { LatencySummary } from './latency';
import type { OpKind } from './op-kinds';
import { count, integer, type Shape } from './schema';
import type { WorkSummary } from './work';

/**
 * A metric is a registered object: its name, unit, direction, group and documentation stand beside the rule that
 * reads it from what was recorded. Every reporter, comparison and limit goes through the registry.
 */

export const METRIC_GROUPS = ['@latency', '@fragmentation', '@footprint', '@events', '@lock'] as const;
export type MetricGroup = (typeof METRIC_GROUPS)[number];

export const METRIC_UNITS = [
  'cycles',
  'bytes',
  /** Hundredths of a percent. */
  'basis points',
  /** Thousandths, as Linux shows its indices. */
  'per mille',
  'accesses',
  'instructions',
  'operations',
  'times',
] as const;
export type MetricUnit = (typeof METRIC_UNITS)[number];

/** Which values of a metric are the good ones. */
export const DIRECTIONS = ['lower', 'higher', 'none'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** An integer, with what it came from. */
export const metricValue = v.strictObject({
  value: integer,
  /** Index of the event at which the value occurred. */
  operation: v.exactOptional(count),
  /** Numerator and denominator of a mean or a ratio, so that nothing is lost to the integer `value`. */
  ratio: v.exactOptional(v.strictTuple([integer, integer])),
});
export type MetricValue = Shape<typeof metricValue>;

/** What a replay's metrics are read from. */
export interface ReplayFacts {
  readonly report: ReplayReport;
  /** Undefined when no operation ran. */
  readonly footprint: FootprintSummary | undefined;
  readonly work: WorkSummary;
  readonly checkpoints: readonly Checkpoint[];
}

export interface MetricReading {
  readonly name: string;
  readonly value: MetricValue | null;
}

/** How a metric is a column of the tables that show engines side by side. */
export interface MetricColumn {
  readonly heading: string;
  /** The kind of operation it is about; such a column is shown only where there were such operations. */
  readonly kind?: OpKind;
  /** A terminal has less room than a page. */
  readonly shownIn: 'every report' | 'pages';
}

export interface MetricDefinition<Facts, Name extends string = string> {
  /** `<lock>` in a name stands for every lock of the machine. */
  readonly name: Name;
  readonly unit: MetricUnit;
  readonly better: Direction;
  readonly group: MetricGroup;
  /** What it says and how it is computed. */
  readonly formula: string;
  /** Where the definition comes from, when it is not ours. */
  readonly source?: string;
  /** Absent where the metric is only listed among all the others. */
  readonly column?: MetricColumn;
  /** The value, or values when the name is a family's. */
  read(facts: Facts): MetricValue | undefined | readonly MetricReading[];
}

export type ReplayMetric<Name extends string = string> = MetricDefinition<ReplayFacts, Name>;
export type PricingMetric<Name extends string = string> = MetricDefinition<LatencySummary, Name>;

/** Lists of definitions whose names stay known to the compiler. */
export const replayMetrics = <const Name extends string>(
  definitions: readonly ReplayMetric<Name>[],
): readonly ReplayMetric<Name>[] => definitions;

export const workMetrics = <const Name extends string>(
  definitions: readonly MetricDefinition<Pick<ReplayFacts, 'work'>, Name>[],
): readonly MetricDefinition<Pick<ReplayFacts, 'work'>, Name>[] => definitions;

export const pricingMetrics = <const Name extends string>(
  definitions: readonly PricingMetric<Name>[],
): readonly PricingMetric<Name>[] => definitions;

/** Reads metrics of a list in its order. */
export function readMetrics<Facts>(
  definitions: readonly MetricDefinition<Facts>[],
  facts: Facts,
): Record<string, MetricValue | null> {
  const values: Record<string, MetricValue | null> = {};
  for (const definition of definitions) {
    const read = definition.read(facts);
    const readings = Array.isArray(read)
      ? (read as readonly MetricReading[])
      : [{ name: definition.name, value: (read as MetricValue | undefined) ?? null }];
    for (const { name, value } of readings) {
      values[name] = value;
    }
  }
  return values;
}

export function peakValue(peak: Peak | undefined): MetricValue | undefined {
  return peak === undefined ? undefined : { value: peak.value, operation: peak.operation };
}

/** total / count, rounded down, with both; undefined when there is nothing to average. */
export function meanValue(total: number, count: number): MetricValue | undefined {
  return count === 0 ? undefined : { value: Math.floor(total / count), ratio: [total, count] };
}
