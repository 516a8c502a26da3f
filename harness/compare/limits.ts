import * as v from 'valibot';
import { didYouMean, UsageError } from '../../traces/input-error';
import { METRIC_GROUPS, type MetricValue } from '../metrics/metric';
import { METRICS, metricNamed, type AnyMetric } from '../metrics/registry';
import type { Shape } from '../metrics/schema';
import { worsening } from './difference';

/**
 * How much worse a metric may become, as `free.cycles.max=+5%|2000000,@fragmentation=+1%`.
 *
 * A limit names metrics (one by name, several by `*` or by group) and then what they must not exceed; `|` separates
 * alternatives of which none may be exceeded. Of several limits for one metric the last wins. A metric that no limit
 * names may not get worse at all. The grammar follows gungraun's `--callgrind-limits`.
 */
export interface Limit {
  /** A name, a name with `*`, or a group. */
  readonly pattern: string;
  /** What stands behind the `=`. */
  readonly text: string;
  readonly parts: readonly LimitPart[];
}

export const limitPart = v.variant('kind', [
  /** `5%`, `+5%`: worse than the base by more than this share of it; `-5%` the same for metrics that should be high. */
  v.strictObject({ kind: v.literal('relative'), basisPoints: v.number(), falling: v.boolean() }),
  /** `+200`: worse than the base by more than this, in the metric's unit; `-200` for metrics that should be high. */
  v.strictObject({ kind: v.literal('difference'), amount: v.number(), falling: v.boolean() }),
  /** `2000000`: worse than this value, whatever the base was. `any` is no part at all. */
  v.strictObject({ kind: v.literal('value'), value: v.number() }),
]);
export type LimitPart = Shape<typeof limitPart>;

const GRAMMAR =
  "METRIC=PART[|PART…], METRIC a name, '*' pattern or @group, PART like +5%, +200, 2000000 or any";

/** Groups that only limits have: what reviewers ask for together stands in several groups of the registry. */
const LIMIT_GROUPS: Readonly<Record<string, (name: string) => boolean>> = {
  '@instructions': (name) => /\.(instructions|accesses)\.(max|mean)$/.test(name),
  '@waste': (name) => name.startsWith('waste.'),
  '@failures': (name) => name === 'allocations.failed',
  '@placements': (name) => name === PLACEMENTS_CHANGED,
};

const GROUP_NAMES: readonly string[] = [...METRIC_GROUPS, ...Object.keys(LIMIT_GROUPS)];

/** 1 where a replay's placements are others than before: no metric of one replay, but one of a comparison. */
export const PLACEMENTS_CHANGED = 'placements.changed';

/** Reads limits from one text. Throws a `UsageError` that says which of them is wrong. */
export function parseLimits(text: string): Limit[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map(parseLimit);
}

function parseLimit(text: string): Limit {
  const equals = text.indexOf('=');
  if (equals <= 0) {
    throw new UsageError({ where: '--limit', problem: `"${text}"`, expected: GRAMMAR });
  }
  const pattern = text.slice(0, equals).trim();
  const right = text.slice(equals + 1).trim();
  checkPattern(pattern);
  const parts = right === 'any' ? [] : right.split('|').map((part) => parsePart(part.trim(), text));
  checkDirections(pattern, parts);
  return { pattern, text: right, parts };
}

function parsePart(part: string, limit: string): LimitPart {
  const [, sign, whole, fraction = '', percent] = /^([+-]?)(\d+)(?:\.(\d{1,2}))?(%?)$/.exec(part) ?? [];
  if (whole === undefined || (percent === '' && fraction !== '')) {
    throw new UsageError({ where: '--limit', problem: `"${part}" in "${limit}"`, expected: GRAMMAR });
  }
  const value = Number(percent === '' ? whole : whole + fraction.padEnd(2, '0'));
  if (!Number.isSafeInteger(value)) {
    throw new UsageError({
      where: '--limit',
      problem: `"${part}" is too large`,
      expected: 'less than 2^53',
    });
  }
  const falling = sign === '-';
  if (percent !== '') {
    return { kind: 'relative', basisPoints: value, falling };
  }
  return sign === '' ? { kind: 'value', value } : { kind: 'difference', amount: value, falling };
}

function checkPattern(pattern: string): void {
  const isGroup = pattern.startsWith('@');
  const known = isGroup ? GROUP_NAMES : [...METRICS.map(({ name }) => name), PLACEMENTS_CHANGED];
  const isKnown = isGroup
    ? GROUP_NAMES.includes(pattern)
    : pattern.includes('*')
      ? METRICS.some((metric) => matchesPattern(pattern, metric.name, metric) || isInFamily(pattern, metric))
      : pattern === PLACEMENTS_CHANGED || metricNamed(pattern) !== undefined;
  if (!isKnown) {
    throw new UsageError({
      where: '--limit',
      problem: `no metric is called "${pattern}"${didYouMean(pattern, known)}`,
      expected: isGroup ? `one of ${known.join(', ')}` : 'a name that `list metrics` shows, or a pattern',
    });
  }
}

/** Whether a pattern may name members of `lock.<lock>.held.cycles.max`, which only results can complete. */
function isInFamily(pattern: string, { name }: AnyMetric): boolean {
  const [prefix, suffix] = name.split('<');
  return suffix !== undefined && pattern.startsWith(prefix!);
}

/** A limit on falling is none on what should be low: it would never be exceeded, and nobody would notice. */
function checkDirections(pattern: string, parts: readonly LimitPart[]): void {
  const metric = metricNamed(pattern);
  const falling = parts.some((part) => part.kind !== 'value' && part.falling);
  if (falling && metric?.better === 'lower') {
    throw new UsageError({
      where: '--limit',
      problem: `${pattern} gets worse by rising`,
      expected: 'a limit like +5%',
    });
  }
}

/** Whether a metric of results is meant by a name, a `*` pattern or a group. */
export function matchesPattern(
  pattern: string,
  name: string,
  metric: Pick<AnyMetric, 'group'> | undefined,
): boolean {
  if (pattern.startsWith('@')) {
    return metric?.group === pattern || LIMIT_GROUPS[pattern]?.(name) === true;
  }
  const [first, ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) {
    return name === pattern;
  }
  let from = first!.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) {
      return false;
    }
    from = at + part.length;
  }
  return name.startsWith(first!) && name.length - last.length >= from && name.endsWith(last);
}

/** The limit that counts for a metric: the last that matches it. */
export function limitFor(
  limits: readonly Limit[],
  name: string,
  metric: Pick<AnyMetric, 'group'> | undefined,
): Limit | undefined {
  return limits.filter(({ pattern }) => matchesPattern(pattern, name, metric)).at(-1);
}

/** The parts of a limit that a change from `base` to `head` exceeds. */
export function exceededParts(
  { parts }: Limit,
  better: AnyMetric['better'],
  base: MetricValue | null,
  head: MetricValue | null,
): LimitPart[] {
  return parts.filter((part) => {
    if (head === null) {
      return false;
    }
    if (part.kind === 'value') {
      return better === 'higher' ? head.value < part.value : head.value > part.value;
    }
    const applies = better === 'higher' || !part.falling || better === 'none';
    if (base === null || !applies) {
      return false;
    }
    const worse = worsening(directionOf(better, part.falling), base, head);
    return part.kind === 'relative' ? worse.exceedsShare(part.basisPoints) : worse.exceedsAmount(part.amount);
  });
}

/** Where better has no meaning the sign of the limit says which way is watched. */
function directionOf(better: AnyMetric['better'], falling: boolean): 'lower' | 'higher' {
  return better === 'none' ? (falling ? 'higher' : 'lower') : better;
}
