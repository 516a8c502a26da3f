import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { TWO_TO_32 } from './ground/integers';

/**
 * Seeded chance for everything that makes a trace: integers in, integers out, so that every machine and every Node
 * version draws the same. Each purpose (`sizes`, `victims` …) has a stream of its own, derived from the seed and the
 * purpose's name; changing how often one purpose draws leaves the others as they were.
 */

/** The fractional digits of the golden ratio, π, e and √2: four different places to start the hash from. */
const LANES = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667] as const;

/** Added at every step of the hash, so that zeros in what is hashed change it too. */
const STEP = 0x9e3779b9;

const FRACTION_BITS = 24;
const ONE = 1 << FRACTION_BITS;

/** The largest mean that `exponential` scales without leaving the integers: 2^23. */
const EXPONENTIAL_MEAN_MAX = 1 << 23;

/** One stream of xoroshiro128+ (Blackman and Vigna, 2018) for one purpose of one seed. */
export class RandomStream {
  private readonly generator: JumpableRandomGenerator;

  /** `seed` is any safe integer. */
  constructor(seed: number, purpose: string) {
    this.generator = xoroshiro128plusFromState(streamState(seed, purpose));
  }

  /** A whole number from 0 to `count` − 1, each as likely as the others; `count` is from 1 to 2^53 − 1. */
  below(count: number): number {
    return uniformInt(this.generator, 0, count - 1);
  }

  /** A whole number from `smallest` to `largest`, both included. */
  between(smallest: number, largest: number): number {
    return uniformInt(this.generator, smallest, largest);
  }

  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  /** The index of one of the table's weights, each as likely as it weighs. */
  pick(table: WeightTable): number {
    return table.indexAt(this.below(table.total));
  }

  /** Puts the items in random order, in place (Fisher and Yates). */
  shuffle(items: { readonly length: number; [index: number]: number }): void {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      const held = items[last]!;
      items[last] = items[other]!;
      items[other] = held;
    }
  }

  /** How many trials up to and including the first success, when one of `mean` trials succeeds: geometric, from 1. */
  geometric(mean: number): number {
    let trials = 1;
    while (!this.chance(1, mean)) {
      trials++;
    }
    return trials;
  }

  /**
   * A waiting time with the given mean (1 to 2^23), exponentially distributed and rounded down: von Neumann's method
   * of 1951 ("Various techniques used in connection with random digits"), which only ever compares uniform numbers.
   * They have 24 bits, hence an error below 2^-23 in the distribution.
   */
  exponential(mean: number): number {
    if (mean > EXPONENTIAL_MEAN_MAX) {
      throw new RangeError(`mean ${mean} is above ${EXPONENTIAL_MEAN_MAX}`);
    }
    for (let whole = 0; ; whole++) {
      const fraction = this.below(ONE);
      if (this.descentIsOdd(fraction)) {
        return Math.floor(((whole * ONE + fraction) * mean) / ONE);
      }
    }
  }

  /** Whether a run of falling uniform numbers that starts with `first` is of odd length: so in e^−first of cases. */
  private descentIsOdd(first: number): boolean {
    let odd = true;
    let last = first;
    for (;;) {
      const drawn = this.below(ONE);
      if (drawn >= last) {
        return odd;
      }
      last = drawn;
      odd = !odd;
    }
  }
}

/** A discrete distribution: whole weights, looked up by their running sum. */
export class WeightTable {
  /** Sum of the weights. */
  readonly total: number;
  private readonly runningSums: Float64Array;

  constructor(weights: readonly number[]) {
    this.runningSums = new Float64Array(weights.length);
    let sum = 0;
    for (const [index, weight] of weights.entries()) {
      if (!Number.isSafeInteger(weight) || weight < 0) {
        throw new RangeError(`weight ${weight} is no count`);
      }
      sum += weight;
      this.runningSums[index] = sum;
    }
    if (sum === 0 || !Number.isSafeInteger(sum)) {
      throw new RangeError(`the weights sum to ${sum}`);
    }
    this.total = sum;
  }

  get length(): number {
    return this.runningSums.length;
  }

  /** The index whose share of 0…total − 1 holds `position`. */
  indexAt(position: number): number {
    let lowest = 0;
    let highest = this.runningSums.length - 1;
    while (lowest < highest) {
      const middle = (lowest + highest) >>> 1;
      if (position < this.runningSums[middle]!) {
        highest = middle;
      } else {
        lowest = middle + 1;
      }
    }
    return lowest;
  }
}

/**
 * Indices dealt like cards: every `size` deals hold each index in proportion to its weight, in random order. So a few
 * thousand draws already show a published mean, which drawing each by itself would miss by more.
 */
export class Deck {
  private readonly cards: Uint16Array;
  private dealt: number;

  constructor(weights: readonly number[], size: number) {
    const table = new WeightTable(weights);
    // The middles of `size` equal shares: each index gets its share of cards, to the nearest card.
    this.cards = Uint16Array.from({ length: size }, (_, card) =>
      table.indexAt(Math.floor(((2 * card + 1) * table.total) / (2 * size))),
    );
    this.dealt = size;
  }

  deal(stream: RandomStream): number {
    if (this.dealt === this.cards.length) {
      stream.shuffle(this.cards);
      this.dealt = 0;
    }
    return this.cards[this.dealt++]!;
  }
}

/**
 * Weights of Zipf's law with exponent 9/10 for ranks 1 … `count`: 2^30·rank^(−9/10), rounded down from the exact value
 * by whole-number arithmetic.
 */
export function zipfWeights(count: number): readonly number[] {
  const weights: number[] = [];
  for (let rank = 1, root = 1n << 30n; rank <= count; rank++) {
    root = tenthRoot((1n << 300n) / ninthPower(BigInt(rank)), root);
    weights.push(Number(root));
  }
  return weights;
}

/** The whole part of the tenth root, by Newton's method from any number not below it. */
function tenthRoot(value: bigint, notBelow: bigint): bigint {
  for (let root = notBelow; ;) {
    const better = (9n * root + value / ninthPower(root)) / 10n;
    if (better >= root) {
      return root;
    }
    root = better;
  }
}

function ninthPower(base: bigint): bigint {
  const cube = base * base * base;
  return cube * cube * cube;
}

/** 128 bits of generator state from a seed and a name. */
function streamState(seed: number, purpose: string): readonly number[] {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`seed ${seed} is no safe integer`);
  }
  return LANES.map((lane) => {
    let hash = mixed(lane, seed | 0);
    hash = mixed(hash, Math.floor(seed / TWO_TO_32) | 0);
    for (let index = 0; index < purpose.length; index++) {
      hash = mixed(hash, purpose.charCodeAt(index));
    }
    return hash;
  });
}

/** One step of the hash: the finalizer of MurmurHash3, in which every bit in moves every bit out. */
function mixed(hash: number, word: number): number {
  let bits = (hash + STEP) ^ word;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) | 0;
}
