import { patternsOf } from '../../harness/studies/search/pattern';
import { metricsOf, type Property } from '../../harness/studies/search/property';
import type { Shrunk } from '../../harness/studies/search/shrinking';
import { metricNamed } from '../../harness/metrics/registry';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { formatMetric } from '../metric-text';
import { patternText } from './pattern-text';

/** A shrunk trace in the words of a bug report. */

/** More lines than these nobody reads; the trace has the rest. */
const LINES_MAX = 60;

export interface ShrunkFacts {
  readonly engine: string;
  readonly trace: string;
  readonly eventsBefore: number;
  readonly property: Property;
  readonly shrunk: Shrunk;
}

export function shrunkText({ engine, trace, eventsBefore, property, shrunk }: ShrunkFacts): string {
  const { list, trials, isMinimal } = shrunk;
  const minimal = isMinimal
    ? 'No object can be left out.'
    : 'Not known to be the shortest: the trials were used up (--evaluations).';
  return [
    `${trace} on ${engine}: ${countText(eventsBefore, 'event')} shrunk to ${groupedInteger(list.events.length)}, ${countText(trials, 'trace')} tried`,
    `It still has ${valuesText(property, shrunk)}. ${minimal}`,
    '',
    ...stepLines(list.events),
    '',
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** What the shrunk trace comes to, beside what was to be kept. */
function valuesText(property: Property, { tried }: Shrunk): string {
  const values = metricsOf(property).map((name) => {
    const value = formatMetric(metricNamed(name)!, tried.values[name]);
    return `${name} = ${value === '' ? 'n/a' : value}`;
  });
  const outcome = tried.outcome.kind === 'ok' ? [] : [`outcome = ${tried.outcome.kind}`];
  return [...new Set([...values, ...outcome])].join(', ');
}

/** The steps of a trace, numbered; the engine starts from an empty heap. */
export function stepLines(events: Parameters<typeof patternsOf>[0]): string[] {
  const patterns = patternsOf(events);
  const shown = patterns.slice(0, LINES_MAX);
  const width = String(shown.length).length;
  const lines = shown.map(
    (pattern, index) => `  ${String(index + 1).padStart(width)}. ${patternText(pattern)}`,
  );
  const left = patterns.length - shown.length;
  return left === 0 ? lines : [...lines, `  … and ${countText(left, 'step')} more`];
}
