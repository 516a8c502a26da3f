import type { RandomStream } from '../../../traces/random';
import type { Genome } from './genome';

/**
 * The best genomes that are different: one for each mix of sizes × number of live objects × outcome. A search that
 * keeps only the best climbs one hill (Mouret and Clune, "Illuminating Search Spaces by Mapping Elites", 2015).
 */

export interface Bred {
  /** In the order of the search. */
  readonly number: number;
  readonly genome: Genome;
  /** The greater the better; negative where the metric does not apply. */
  readonly score: number;
  readonly events: number;
  /** What it is like: of equals in this only the best stays. */
  readonly cell: string;
}

export class Archive {
  private readonly cells = new Map<string, Bred>();

  constructor(kept: readonly Bred[] = []) {
    kept.forEach((each) => this.offer(each));
  }

  offer(each: Bred): void {
    const before = this.cells.get(each.cell);
    if (before === undefined || isBetter(each, before)) {
      this.cells.set(each.cell, each);
    }
  }

  /** Best first. */
  list(): Bred[] {
    return [...this.cells.values()].sort(byScore);
  }
}

/** So many of the best are bred from more often than the others. */
const BEST_COUNT = 8;

/** One of the best, or any, each as likely. */
export function parentOf(stream: RandomStream, list: readonly Bred[]): Genome {
  const among = stream.chance(1, 2) ? Math.min(BEST_COUNT, list.length) : list.length;
  return list[stream.below(among)]!.genome;
}

/** A greater score, or the same by fewer events, or found earlier. */
function byScore(a: Bred, b: Bred): number {
  return b.score - a.score || a.events - b.events || a.number - b.number;
}

export const isBetter = (a: Bred, b: Bred): boolean => byScore(a, b) < 0;
