import { phraseText } from '../../reports/phrase';
import { verdict } from '../../reports/verdict';
import { escapeControls } from '../../traces/input-error';
import { groupedInteger } from '../metrics/format';
import type { MeasuredReplay } from '../metrics/measured-replay';
import type { Results } from '../results/results';
import { accessesOf } from '../suite/accesses';
import type { PlannedCell } from '../suite/matrix';
import { isPrimary, LABELS } from '../suite/suite';
import { alignedText } from './aligned-text';

/** What a suite prints: the verdict, the dearest cells, and last how many cells ended how. */

const DEAREST_COUNT = 10;

export function suiteText(name: string, results: Results, cells: readonly PlannedCell[]): string {
  const sentences = verdict(results).map((phrase) => `${phraseText(phrase, escapeControls)}\n`);
  return [sentences.join(''), dearestText(results.replays), summaryText(name, results.replays, cells)].join(
    '\n',
  );
}

export function dearestText(replays: readonly MeasuredReplay[]): string {
  const dearest = replays
    .map((replay) => ({ replay, accesses: accessesOf(replay) }))
    .sort((a, b) => b.accesses - a.accesses)
    .slice(0, DEAREST_COUNT)
    .map(({ replay, accesses }) => [
      `  ${groupedInteger(accesses)}`,
      escapeControls(`${replay.trace.name} × ${replay.engine.name}`),
    ]);
  return `The dearest cells, in memory accesses:\n${alignedText(dearest)}`;
}

/** `quick: 12 cells (4 recorded, 8 synthetic): 11 ok, 1 unsupported`. */
function summaryText(
  name: string,
  replays: readonly MeasuredReplay[],
  cells: readonly PlannedCell[],
): string {
  const labels = counted(cells.map(({ label }) => `${label}, ${isPrimary(label) ? 'primary' : 'secondary'}`));
  const kinds = counted(
    replays.map(({ outcome }) => (outcome.kind === 'unsupported' ? 'n/a' : outcome.kind)),
  );
  const order = (word: string) => LABELS.findIndex((label) => word.startsWith(label));
  const parts = [...labels]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([word, count]) => `${count} ${word}`);
  const ends = [...kinds].map(([word, count]) => `${count} ${word}`);
  return `${escapeControls(name)}: ${replays.length} cells (${parts.join('; ')}): ${ends.join(', ')}\n`;
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
