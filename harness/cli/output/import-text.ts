import { alignedText } from '../../../reports/text-columns';
import type { Accounting } from '../../../traces/importers/accounting';
import { escapeControls } from '../../../traces/input-error';
import type { OpenedTrace } from '../../../traces/open';
import { groupedInteger } from '../../text/numbers';

/** What an import left out or mended, in words. */

/** Counts that say something went another way than the recording has it are shown only where they are not 0. */
const ALWAYS_SHOWN: readonly string[] = [
  'events',
  'allocs',
  'frees',
  'reallocs',
  'orphanFrees',
  'missedFrees',
  'failed',
  'nullFrees',
  'unparsedLines',
  'liveAtEnd',
  'peakLiveObjects',
  'peakLiveBytes',
] satisfies (keyof Accounting)[];

/** All of the books. */
export function accountingText({ format, header, accounting }: OpenedTrace): string {
  if (accounting === undefined) {
    return '';
  }
  const rows = countsOf(accounting)
    .filter(([name, count]) => count !== 0 || ALWAYS_SHOWN.includes(name))
    .map(([name, count]) => [wordsOf(name), groupedInteger(count)]);
  const notes = accounting.notes.map((note) => `${escapeControls(note)}\n`);
  return [
    alignedText([['format', format], ...rows]),
    ...unparsedText(header.name, accounting),
    ...notes,
  ].join('');
}

/** What of a recording is not, or not as recorded, in the trace that is replayed. */
const LEFT_OUT: readonly string[] = [
  'orphanFrees',
  'orphanReallocs',
  'missedFrees',
  'unfinishedCalls',
  'implausibleCalls',
  'unparsedLines',
] satisfies (keyof Accounting)[];

/** The doubts alone, one line each; none where the recording was complete. */
export function doubtsText({ format, header, accounting }: OpenedTrace): string {
  if (accounting === undefined) {
    return '';
  }
  const doubts = countsOf(accounting)
    .filter(([name, count]) => count !== 0 && LEFT_OUT.includes(name))
    .map(([name, count]) => `${groupedInteger(count)} ${wordsOf(name)}`);
  if (doubts.length === 0) {
    return '';
  }
  const total = `${header.name}: ${format} recording with ${doubts.join(', ')} (\`trace import\` has all the counts)\n`;
  return [total, ...unparsedText(header.name, accounting)].join('');
}

function countsOf(accounting: Accounting): [name: string, count: number][] {
  return Object.entries(accounting).flatMap(([name, count]) =>
    typeof count === 'number' ? [[name, count] as [string, number]] : [],
  );
}

/** A line a kind of unparsed lines, with the first of them. */
function unparsedText(name: string, { unparsedKinds }: Accounting): string[] {
  return unparsedKinds.map(({ expected, lines, line, column, text }) => {
    const count = lines === 1 ? 'not understood' : `${groupedInteger(lines)} lines not understood, the first`;
    return escapeControls(`${name}:${line}:${column}: ${count}: ${text.trim()}; expected ${expected}`) + '\n';
  });
}

/** `orphanFrees` → `orphan frees`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
