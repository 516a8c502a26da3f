import { BASIS_POINTS, PER_MILLE, scaledRatio } from '../metrics/exact-ratio';
import type { MetricValue } from '../metrics/metric';

/**
 * What lies between two values of a metric. Means and ratios are compared by their exact fractions, so that a change
 * too small for the rounded value is still a change.
 */
export interface Difference {
  /** head − base of the integer values. */
  readonly absolute: number;
  /** (head − base) / |base|, rounded half away from zero; null where the base is 0 and the head is not. */
  readonly relativeBasisPoints: number | null;
  /** −1, 0 or 1: the exact sign of head − base. */
  readonly sign: -1 | 0 | 1;
}

export function difference(base: MetricValue, head: MetricValue): Difference {
  const { change, size } = changeOf(base, head);
  const sign = change > 0n ? 1 : change < 0n ? -1 : 0;
  const relativeBasisPoints =
    size === 0n
      ? sign === 0
        ? 0
        : null
      : sign * Number(rounded(magnitude(change) * BigInt(BASIS_POINTS), size));
  return { absolute: head.value - base.value, relativeBasisPoints, sign };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

const rounded = (top: bigint, bottom: bigint): bigint => (2n * top + bottom) / (2n * bottom);

/** How much worse the head is than the base, as questions with exact answers. */
export interface Worsening {
  /** By more than this share of the base? Whatever is worse than nothing exceeds every share. */
  exceedsShare(basisPoints: number): boolean;
  /** By more than this, in the metric's unit? */
  exceedsAmount(amount: number): boolean;
}

/** @param better which values of the metric are the good ones */
export function worsening(better: 'lower' | 'higher', base: MetricValue, head: MetricValue): Worsening {
  const { change, size } = changeOf(base, head);
  const worse = better === 'lower' ? change : -change;
  const amountWorse = better === 'lower' ? head.value - base.value : base.value - head.value;
  return {
    exceedsShare: (basisPoints) => worse * BigInt(BASIS_POINTS) > size * BigInt(basisPoints),
    exceedsAmount: (amount) => amountWorse > amount,
  };
}

/** head − base and |base|, both over the same denominator. */
function changeOf(base: MetricValue, head: MetricValue): { change: bigint; size: bigint } {
  const [[baseTop, baseBottom], [headTop, headBottom]] = fractionsOf(base, head);
  const before = baseTop * headBottom;
  const size = magnitude(before);
  return { change: headTop * baseBottom - before, size };
}

type Fraction = readonly [bigint, bigint];

function fractionsOf(base: MetricValue, head: MetricValue): readonly [Fraction, Fraction] {
  const before = exactFraction(base);
  const after = exactFraction(head);
  return before !== undefined && after !== undefined && before.scale === after.scale
    ? [before.fraction, after.fraction]
    : [
        [BigInt(base.value), 1n],
        [BigInt(head.value), 1n],
      ];
}

/** How many of a value's unit are 1: means are plain, ratios come in per mille or basis points. */
const SCALES = [1, PER_MILLE, BASIS_POINTS] as const;

/**
 * The fraction behind a value, where the value is nothing but its rounding. Of a metric such as held / live − 1 the
 * ratio is another quantity, of which a share would be another share.
 */
function exactFraction({ value, ratio }: MetricValue): { scale: number; fraction: Fraction } | undefined {
  if (ratio === undefined || ratio[1] <= 0) {
    return undefined;
  }
  const [top, bottom] = ratio;
  const scale = SCALES.find((each) => scaledRatio(top, bottom, each) === value);
  return scale === undefined ? undefined : { scale, fraction: [BigInt(top), BigInt(bottom)] };
}

/** head − base of two means in tenths, rounded half away from zero; undefined where they are no means. */
export function meanDifferenceTenths(base: MetricValue, head: MetricValue): number | undefined {
  const [before, after] = [exactFraction(base), exactFraction(head)];
  if (before?.scale !== 1 || after?.scale !== 1) {
    return undefined;
  }
  const { change } = changeOf(base, head);
  const bottom = before.fraction[1] * after.fraction[1];
  const tenths = rounded(10n * magnitude(change), bottom);
  return Number(change < 0n ? -tenths : tenths);
}
