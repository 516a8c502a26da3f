import type { AnyMetric } from '../../harness/metrics/registry';
import type { Found, SearchState } from '../../harness/studies/search/search';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { formatMetric } from '../metric-text';

/** What a search found, in a few lines. */

export interface FoundFacts {
  readonly engine: string;
  readonly name: string;
  readonly metric: AnyMetric;
  readonly state: SearchState;
  /** Traces tried in a second. */
  readonly perSecond: number;
}

export function foundText({ engine, name, metric, state, perSecond }: FoundFacts): string {
  const { best, bestStart, evaluations, cells } = state;
  const tried = `${countText(evaluations, 'trace')} tried, ${groupedInteger(perSecond)} a second; ${cells.length} kinds of them kept`;
  const valueOf = ({ score }: Found) => `${formatMetric(metric, { value: score })}${unitOf(metric)}`;
  if (best === null || best.score < 0) {
    return `${name} of ${engine}: no trace has any (${tried})\n`;
  }
  const start = bestStart === null || bestStart.score < 0 ? [] : [`It began with ${valueOf(bestStart)}.`];
  return [
    `${name} of ${engine}: ${valueOf(best)} on a trace of ${countText(best.events, 'event')} (${tried})`,
    ...start,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const unitOf = ({ unit }: AnyMetric): string =>
  unit === 'cycles' || unit === 'bytes' || unit === 'accesses' || unit === 'instructions' ? ` ${unit}` : '';
