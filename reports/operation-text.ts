import { decimalRatio, groupedInteger } from '../harness/text/numbers';
import type { WorstOperation } from '../harness/metrics/worst-operations';
import { wordsOf } from './phrase';

/** The parts of a worst operation as running text; every word is ours, so nothing needs escaping. */

export function operationText({ operation, op, id, sizeBytes }: WorstOperation): string {
  const size = sizeBytes > 0 ? `, ${groupedInteger(sizeBytes)} B` : '';
  return `#${groupedInteger(operation)} ${op} ${id}${size}`;
}

/** Causes by their share, those below a hundredth left out. */
export function causesText({ causes, cycles }: WorstOperation): string {
  return Object.entries(causes)
    .filter(([, part]) => part * 100 >= cycles && part > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, part]) => `${wordsOf(name)} ${decimalRatio(part * 100, cycles, 0)} %`)
    .join(', ');
}

export function eventsText({ events }: WorstOperation): string {
  return Object.entries(events)
    .map(([name, count]) => `${groupedInteger(count)} ${counted(name, count)}`)
    .join(', ');
}

/** `pagesGiven` → `page given` where there was one, else `pages given`. */
function counted(name: string, count: number): string {
  const words = wordsOf(name);
  return count === 1 ? words.replace(/(?<=ch)es\b|s\b/, '') : words;
}
