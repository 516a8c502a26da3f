import { phraseText } from './phrase';
import { alignedText } from './text-columns';
import { verdict } from './verdict';
import { escapeControls } from '../traces/input-error';
import { decimalRatio, groupedInteger } from '../harness/text/numbers';
import { accessesOf, type MeasuredReplay } from '../harness/metrics/measured-replay';
import type { Results } from '../harness/results/results';

/** What a suite prints before its last lines: the verdict, and the cells that took most. */

const DEAREST_COUNT = 10;

/** Processor time of cells on this host, in milliseconds; those that were known took none. */
export type CellTimes = ReadonlyMap<MeasuredReplay, number>;

export function suiteText(results: Results, times: CellTimes): string {
  const sentences = verdict(results).map((phrase) => `${phraseText(phrase, escapeControls)}\n`);
  return `${sentences.join('')}\n${dearestText(results.replays, times)}${slowestText(times)}\n`;
}

function dearestText(replays: readonly MeasuredReplay[], times: CellTimes): string {
  const dearest = replays
    .map((replay) => ({ replay, accesses: accessesOf(replay) }))
    .sort((a, b) => b.accesses - a.accesses)
    .slice(0, DEAREST_COUNT)
    .map(({ replay, accesses }) => [
      `  ${groupedInteger(accesses)}`,
      ...(times.size === 0 ? [] : [times.has(replay) ? secondsText(times.get(replay)!) : 'known']),
      nameOf(replay),
    ]);
  return `The dearest cells, in memory accesses:\n${alignedText(dearest)}`;
}

/** What a suite costs is counted in accesses, which are the same everywhere; how long they take is said beside. */
function slowestText(times: CellTimes): string {
  const [slowest] = [...times].sort(([, a], [, b]) => b - a);
  return slowest === undefined
    ? ''
    : `The slowest took ${secondsText(slowest[1])} of processor time here: ${nameOf(slowest[0])}\n`;
}

const nameOf = ({ trace, engine }: MeasuredReplay): string =>
  escapeControls(`${trace.name} × ${engine.name}`);

const secondsText = (milliseconds: number): string => `${decimalRatio(Math.round(milliseconds), 1000, 2)} s`;
