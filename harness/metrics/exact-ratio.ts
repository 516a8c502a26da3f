/**
 * Ratios without floating point: floor(numerator × scale / denominator), exact for all integers below 2^53 although
 * the product may pass it.
 */

export const BASIS_POINTS = 10_000;
export const PER_MILLE = 1_000;

/** floor(numerator × scale / denominator); the denominator is positive, the numerator may be negative. */
export function scaledRatio(numerator: number | bigint, denominator: number | bigint, scale: number): number {
  const product = BigInt(numerator) * BigInt(scale);
  const divisor = BigInt(denominator);
  const quotient = product / divisor;
  return Number(product < 0n && quotient * divisor !== product ? quotient - 1n : quotient);
}

/** A running sum of products of two non-negative integers, exact at any size. */
export class ExactSum {
  private high = 0n;
  private low = 0;

  /** Adds first × second. */
  addProduct(first: number, second: number): void {
    const product = first * second;
    if (product > EXACT_PART) {
      this.high += BigInt(first) * BigInt(second);
      return;
    }
    this.low += product;
    if (this.low > EXACT_PART) {
      this.high += BigInt(this.low);
      this.low = 0;
    }
  }

  /** Adds for each row its value × the time that has passed with it; `timeBefore` is that before the first row. */
  addOverTime(
    values: Float64Array,
    times: Float64Array,
    timeBefore: number,
    from: number,
    until: number,
  ): void {
    let { low } = this;
    let before = timeBefore;
    for (let row = from; row < until; row++) {
      const value = values[row]!;
      const passed = times[row]! - before;
      before = times[row]!;
      const sum = low + value * passed;
      if (sum <= EXACT_PART) {
        low = sum;
      } else {
        this.low = low;
        this.addProduct(value, passed);
        low = this.low;
      }
    }
    this.low = low;
  }

  get value(): bigint {
    return this.high + BigInt(this.low);
  }
}

/** Two parts of at most 2^52 add up exactly in a double. */
const EXACT_PART = 0x10_0000_0000_0000;
