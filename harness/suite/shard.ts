import { UsageError } from '../../traces/input-error';

/** A part of a suite's cells: number `index`, from 1, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const COUNT_MAX = 10_000;

/** Reads `i/n`. Throws a `UsageError`. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index < 1 || index > count || count > COUNT_MAX) {
    throw new UsageError({
      where: '--shard',
      problem: `"${text}"`,
      expected: `i/n with i from 1 to n and n at most ${COUNT_MAX}, as in 2/4`,
    });
  }
  return { index, count };
}

export const shardFileName = ({ index, count }: Shard): string => `results-${index}-${count}.json`;

/** The shard that a file of results is, by its name; undefined when it is none. */
export function shardOfFileName(name: string): Shard | undefined {
  const [, index, count] = /^results-(\d{1,5})-(\d{1,5})\.json$/.exec(name)?.map(Number) ?? [];
  return index === undefined || count === undefined ? undefined : { index, count };
}

/**
 * Which cells a shard runs, ascending. The dearest cell left goes to the shard with least to do, the first among
 * equals: no shard has more than 4/3 of the least possible (R. L. Graham, "Bounds on Multiprocessing Timing
 * Anomalies", SIAM J. Appl. Math. 17(2), 1969). The costs must be the same for every shard.
 */
export function cellsOfShard(costs: readonly number[], { index, count }: Shard): number[] {
  const loads = new Array<number>(count).fill(0);
  const mine: number[] = [];
  for (const cell of dearestFirst(costs)) {
    const shard = loads.indexOf(Math.min(...loads));
    loads[shard]! += costs[cell]!;
    if (shard === index - 1) {
      mine.push(cell);
    }
  }
  return mine.sort((a, b) => a - b);
}

/** Their indices, the first among equals first. */
export function dearestFirst(costs: readonly number[]): number[] {
  return costs.map((_, index) => index).sort((a, b) => costs[b]! - costs[a]! || a - b);
}
