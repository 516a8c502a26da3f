import { countOf, type Distribution } from '../harness/metrics/distribution';

/** A step of the percentile curve: at least numerator/denominator of all operations cost no more than `cycles`. */
export interface LadderStep {
  readonly numerator: number;
  readonly denominator: number;
  readonly cycles: number;
  /** Operations that cost no more than `cycles`. */
  readonly operations: number;
}

/** Ticks between a percentile and the middle between it and 100 %: the customary setting of HdrHistogram. */
const TICKS_PER_HALF_DISTANCE = 5;

/**
 * The percentile curve as HdrHistogram's plotters like it: five steps to each halving of the distance to 100 % until
 * a step is less than one operation, then 100 % itself. All values are exact.
 */
export function percentileLadder(distribution: Distribution): LadderStep[] {
  const total = countOf(distribution);
  if (total === 0) {
    return [];
  }
  const ladder = new Ladder(distribution, total);
  // A half-distance is cut in steps of 1 / denominator; `denominator` of them would be 100 %.
  for (let denominator = 2 * TICKS_PER_HALF_DISTANCE; ; denominator *= 2) {
    const start = denominator - 2 * TICKS_PER_HALF_DISTANCE;
    for (let tick = 0; tick < TICKS_PER_HALF_DISTANCE; tick++) {
      ladder.step(start + tick, denominator);
    }
    if (denominator >= total) {
      break;
    }
  }
  ladder.step(1, 1);
  return ladder.steps;
}

/** Climbs a distribution once, step by step: the ranks asked for must not fall. */
class Ladder {
  readonly steps: LadderStep[] = [];
  private index = 0;
  private reached: number;

  constructor(
    private readonly distribution: Distribution,
    private readonly total: number,
  ) {
    this.reached = distribution.counts[0]!;
  }

  step(numerator: number, denominator: number): void {
    const { costs, counts } = this.distribution;
    while (this.reached * denominator < this.total * numerator) {
      this.index++;
      this.reached += counts[this.index]!;
    }
    this.steps.push({ numerator, denominator, cycles: costs[this.index]!, operations: this.reached });
  }
}
