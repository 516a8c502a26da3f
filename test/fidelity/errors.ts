import { createHash } from 'node:crypto';
import { ratioOf } from './judgement';
import type { Compared, FidelityRow } from './rows';

/**
 * The error statistic: how far modelled medians and p99s of steady operations are from the measured ones, as a mean
 * over all rows, over the half of the storms that the profile may be fitted to, and over the half that is withheld.
 */

const FIGURES = ['median', 'p99'] as const;
type Figure = (typeof FIGURES)[number];
const HALVES = ['all', 'fitted', 'withheld'] as const;
export type Half = (typeof HALVES)[number];

const NEAR_OFF = 0.25;
/**
 * How long one alloc in a hundred waited in every storm, in core cycles: 364 ticks, the p99 of a page allocator that
 * touches a few lines which never leave the first cache. A p99 that lies no farther above its median is that wait.
 */
const FLOOR_CYCLES = Math.round(364 * (3.66 / 2.6));

export interface ErrorStatistic {
  readonly figure: Figure;
  readonly half: Half;
  readonly rows: number;
  readonly meanOff: number;
  /** Share of the rows that are off by no more than a quarter. */
  readonly nearShare: number;
}

export function errorStatistics(rows: readonly FidelityRow[]): readonly ErrorStatistic[] {
  const steady = rows.filter(({ phase }) => phase === 'steady');
  return FIGURES.flatMap((figure) => HALVES.map((half) => statistic(steady, figure, half)));
}

export function errorsText(rows: readonly FidelityRow[]): string {
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  return errorStatistics(rows)
    .map(
      ({ figure, half, rows: count, meanOff, nearShare }) =>
        `- steady ${figure}s, ${half}: ${count}, off by ${percent(meanOff)} in the mean, ${percent(nearShare)} within 25 %`,
    )
    .join('\n');
}

/** A storm, told by engine, sizes and objects, belongs to one of the halves by its name alone. */
function halfOf({ engine, storm, live }: FidelityRow): Half {
  const name = `${engine} ${storm} ${live}`;
  return createHash('sha256').update(name).digest()[0]! % 2 === 0 ? 'fitted' : 'withheld';
}

/** Whether a p99 is the measurement's own. */
export function isFloor({ op, cycles: { median, p99 } }: FidelityRow): boolean {
  const above = p99.measured - median.measured;
  return op === 'alloc' && above <= FLOOR_CYCLES && above > NEAR_OFF * median.measured;
}

function statistic(steady: readonly FidelityRow[], figure: Figure, half: Half): ErrorStatistic {
  const offs = steady
    .filter((row) => half === 'all' || halfOf(row) === half)
    .filter((row) => figure === 'median' || !isFloor(row))
    .map(({ cycles }) => offOf(cycles[figure]));
  return {
    figure,
    half,
    rows: offs.length,
    meanOff: offs.reduce((sum, off) => sum + off, 0) / offs.length,
    nearShare: offs.filter((off) => off <= NEAR_OFF).length / offs.length,
  };
}

function offOf(compared: Compared): number {
  return Math.abs(ratioOf(compared) - 1);
}
