import { TWO_TO_32 } from '../ground/integers';

/**
 * Counts in power-of-two classes: 0, 1, 2–3, 4–7, … Cheap enough to count every event, and wide enough for sizes up
 * to 2^53.
 */
export interface HistogramClass {
  readonly smallest: number;
  readonly largest: number;
  readonly count: number;
}

/** One for 0 and one for each number of binary digits up to 53. */
const CLASSES = 54;

export class Histogram {
  private readonly counts = new Float64Array(CLASSES);

  /** Counts a whole number from 0 to 2^53 − 1. */
  add(value: number): void {
    this.counts[binaryDigits(value)]! += 1;
  }

  /** The classes from the first to the last that hold anything. */
  classes(): HistogramClass[] {
    const classes: HistogramClass[] = [{ smallest: 0, largest: 0, count: this.counts[0]! }];
    for (let digits = 1, smallest = 1; digits < CLASSES; digits++, smallest *= 2) {
      classes.push({ smallest, largest: smallest * 2 - 1, count: this.counts[digits]! });
    }
    const used = [...classes.keys()].filter((index) => classes[index]!.count > 0);
    return used.length === 0 ? [] : classes.slice(used[0], used.at(-1)! + 1);
  }
}

function binaryDigits(value: number): number {
  return value < TWO_TO_32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / TWO_TO_32));
}
