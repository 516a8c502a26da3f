import { BASIS_POINTS } from '../metrics/exact-ratio';
import type { MetricValue } from '../metrics/metric';

/**
 * What lies between two values of a metric. Means and ratios are compared by their exact fractions, so that a change
 * too small for the rounded value is still a change.
 */
export interface Difference {
  /** head − base of the integer values. */
  readonly absolute: number;
  /** (head − base) / |base|, cut off towards zero; null where the base is 0 and the head is not. */
  readonly relativeBasisPoints: number | null;
  /** −1, 0 or 1: the exact sign of head − base. */
  readonly sign: -1 | 0 | 1;
}

export function difference(base: MetricValue, head: MetricValue): Difference {
  const { change, size } = changeOf(base, head);
  const sign = change > 0n ? 1 : change < 0n ? -1 : 0;
  const relativeBasisPoints =
    size === 0n ? (sign === 0 ? 0 : null) : Number((change * BigInt(BASIS_POINTS)) / size);
  return { absolute: head.value - base.value, relativeBasisPoints, sign };
}

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
  const size = before < 0n ? -before : before;
  return { change: headTop * baseBottom - before, size };
}

type Fraction = readonly [bigint, bigint];

function fractionsOf(base: MetricValue, head: MetricValue): readonly [Fraction, Fraction] {
  if (isFraction(base.ratio) && isFraction(head.ratio)) {
    return [fraction(base.ratio), fraction(head.ratio)];
  }
  return [
    [BigInt(base.value), 1n],
    [BigInt(head.value), 1n],
  ];
}

function isFraction(ratio: MetricValue['ratio']): ratio is readonly [number, number] {
  return ratio !== undefined && ratio[1] > 0;
}

const fraction = ([top, bottom]: readonly [number, number]): Fraction => [BigInt(top), BigInt(bottom)];
