import type { MeasuredPricing, MeasuredReplay } from '../metrics/measured-replay';
import type { MetricValue } from '../metrics/metric';
import { metricNamed, metricsByName, type AnyMetric, type MetricValues } from '../metrics/registry';
import type { Label, Results } from '../results/results';
import type {
  Category,
  CellComparison,
  Comparison,
  FailOn,
  Judgement,
  MetricRow,
  PricingComparison,
  Sameness,
} from './comparison';
import { difference } from './difference';
import { exceededParts, limitFor, PLACEMENTS_CHANGED, type Limit } from './limits';
import { obstacles, pairReplays, type PairingOptions, type ReplayPair } from './pairing';
import { reasonsFor } from './reasons';
import { verdictOf } from './verdict';

export interface CompareOptions extends PairingOptions {
  readonly labels: { readonly base: string; readonly head: string };
  /** A metric that none of them names may not get worse at all. */
  readonly limits: readonly Limit[];
  readonly failOn: FailOn;
  /** Whether what the base has may be missing in the head. */
  readonly allowMissing?: boolean;
  /** The registry of metrics unless told otherwise. */
  readonly metricNamed?: (name: string) => AnyMetric | undefined;
}

/** Compares two results, replay by replay and metric by metric. */
export function compareResults(base: Results, head: Results, options: CompareOptions): Comparison {
  const judge: Judge = {
    limits: options.limits,
    metricNamed: options.metricNamed ?? metricNamed,
    labels: new Map([base, head].flatMap(labelsByReplay)),
  };
  const cells = pairReplays(base, head, options).map((pair) => compareCell(pair, judge, options));
  return {
    base: { label: options.labels.base, toolVersion: base.tool.version },
    head: { label: options.labels.head, toolVersion: head.tool.version },
    acrossEngines: options.acrossEngines,
    limits: options.limits,
    cells,
    reasons: reasonsFor(cells),
    verdict: verdictOf(cells, {
      failOn: options.failOn,
      allowMissing: options.allowMissing ?? false,
      hasLimits: options.limits.length > 0,
    }),
  };
}

interface Judge {
  readonly limits: readonly Limit[];
  readonly metricNamed: (name: string) => AnyMetric | undefined;
  /** What suites call the traces of their replays. */
  readonly labels: ReadonlyMap<MeasuredReplay, Label>;
}

function labelsByReplay({ replays, suite }: Results): [MeasuredReplay, Label][] {
  return replays.flatMap((replay, index) => {
    const label = suite?.labels[index];
    return label === undefined ? [] : [[replay, label]];
  });
}

function compareCell(pair: ReplayPair, judge: Judge, options: PairingOptions): CellComparison {
  switch (pair.kind) {
    case 'base only':
      return { kind: 'missing', category: categoryOf(pair.base, judge), base: pair.base };
    case 'head only':
      return { kind: 'added', category: categoryOf(pair.head, judge), head: pair.head };
    case 'both':
      return compareBoth(pair.base, pair.head, judge, options);
  }
}

function compareBoth(
  base: MeasuredReplay,
  head: MeasuredReplay,
  judge: Judge,
  options: PairingOptions,
): CellComparison {
  const sides = { category: categoryOf(head, judge), base, head };
  const reasons = obstacles(base, head, options);
  const [before, after] = [base, head].map(healthOf) as [Health, Health];
  // That an engine breaks now is said even when its version says that it is another one.
  if (after !== 'ok' && (before === 'ok' || (before === 'unsupported' && after === 'stopped'))) {
    return { kind: 'newly failing', ...sides, changed: true };
  }
  if (reasons.length > 0) {
    return { kind: 'not comparable', ...sides, reasons };
  }
  if (before !== 'ok') {
    const kind = after === 'ok' ? 'now working' : before === after ? UNCHANGED_FATE[before] : 'still failing';
    return { kind, ...sides, changed: outcomeKey(base) !== outcomeKey(head) };
  }
  const placements = base.placementsSha256 === head.placementsSha256 ? 'identical' : 'changed';
  const ids = [...new Set([...base.pricings, ...head.pricings].map(({ id }) => id))];
  return {
    kind: 'compared',
    ...sides,
    placements,
    pricings: ids.map((id) => comparePricing(id, base, head, judge)),
    rows: [...metricRows(base.metrics, head.metrics, null, judge), ...placementsRow(placements, judge)],
  };
}

/** Placements are no metric; where a limit asks for them, they count as one. */
function placementsRow(placements: Sameness, judge: Judge): MetricRow[] {
  if (limitFor(judge.limits, PLACEMENTS_CHANGED, undefined) === undefined) {
    return [];
  }
  const head = { value: placements === 'identical' ? 0 : 1 };
  return [metricRow(PLACEMENTS_CHANGED, { value: 0 }, head, null, judge)];
}

/** Whether a replay came to its end, lacked a verb, or was stopped by its engine. */
type Health = 'ok' | 'unsupported' | 'stopped';

function healthOf({ outcome: { kind } }: MeasuredReplay): Health {
  return kind === 'ok' || kind === 'unsupported' ? kind : 'stopped';
}

const UNCHANGED_FATE = { unsupported: 'unsupported', stopped: 'still failing' } as const;

const outcomeKey = ({ outcome, placementsSha256 }: MeasuredReplay): string =>
  JSON.stringify([outcome, placementsSha256]);

/** What real programs did counts before what was thought up; a suite may say otherwise of its traces. */
function categoryOf(replay: MeasuredReplay, { labels }: Judge): Category {
  return (labels.get(replay) ?? replay.trace.origin.kind) === 'recorded' ? 'primary' : 'secondary';
}

function comparePricing(
  id: string,
  base: MeasuredReplay,
  head: MeasuredReplay,
  judge: Judge,
): PricingComparison {
  const [before, after] = [base, head].map(({ pricings }) => pricings.find((each) => each.id === id));
  if (before === undefined || after === undefined) {
    return { kind: before === undefined ? 'added' : 'missing', id };
  }
  const reasons = pricingObstacles(before, after);
  if (reasons.length > 0) {
    return { kind: 'not comparable', id, reasons };
  }
  return {
    kind: 'compared',
    id,
    base: before,
    head: after,
    costs: before.costsSha256 === after.costsSha256 ? 'identical' : 'changed',
    rows: metricRows(before.metrics, after.metrics, id, judge),
  };
}

function pricingObstacles(base: MeasuredPricing, head: MeasuredPricing): string[] {
  return base.profileSha256 === head.profileSha256
    ? []
    : [`profile sha256 ${base.profileSha256.slice(0, 12)} → ${head.profileSha256.slice(0, 12)}`];
}

/** Rows in the base's order of metrics, then what only the head has; what neither side has a value for is no row. */
function metricRows(
  base: MetricValues,
  head: MetricValues,
  pricing: string | null,
  judge: Judge,
): MetricRow[] {
  const [before, after] = [metricsByName(base), metricsByName(head)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .map((name) => metricRow(name, before[name] ?? null, after[name] ?? null, pricing, judge))
    .filter((row) => row.base !== null || row.head !== null);
}

function metricRow(
  name: string,
  base: MetricValue | null,
  head: MetricValue | null,
  pricing: string | null,
  judge: Judge,
): MetricRow {
  const metric = judge.metricNamed(name);
  const better = metric?.better ?? 'none';
  const limit = limitFor(judge.limits, name, metric) ?? null;
  const exceeded = limit === null ? [] : exceededParts(limit, better, base, head);
  const between = base === null || head === null ? null : difference(base, head);
  const sign = between?.sign ?? 0;
  const isSame = between === null ? false : sign === 0;
  const row = {
    metric: name,
    unit: metric?.unit ?? null,
    better,
    pricing,
    base,
    head,
    absolute: between?.absolute ?? null,
    relativeBasisPoints: between?.relativeBasisPoints ?? null,
    sign,
    limit,
    exceeded,
  };
  return { ...row, judgement: judgementOf(row, isSame) };
}

function judgementOf(row: Omit<MetricRow, 'judgement'>, isSame: boolean): Judgement {
  const { better, base, head, sign, limit, exceeded } = row;
  if (exceeded.length > 0) {
    return 'regression';
  }
  if (isSame) {
    return 'same';
  }
  if (sign === 0 || better === 'none') {
    return 'changed';
  }
  const isWorse = better === 'lower' ? sign > 0 : sign < 0;
  if (isWorse) {
    return limit === null ? 'regression' : 'changed';
  }
  // An improvement within the tolerance is none: the same limit, seen from the other side.
  const tolerances = limit?.parts.filter(({ kind }) => kind !== 'value') ?? [];
  const mirrored = { pattern: '', text: '', parts: tolerances.map((part) => ({ ...part, falling: false })) };
  const opposite = better === 'lower' ? 'higher' : 'lower';
  const beyond = tolerances.length === 0 || exceededParts(mirrored, opposite, base, head).length > 0;
  return beyond ? 'improvement' : 'changed';
}
