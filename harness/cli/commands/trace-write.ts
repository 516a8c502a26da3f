import { alignedText } from '../../../reports/text-columns';
import type { Accounting } from '../../../traces/importers/accounting';
import { groupedInteger } from '../../text/numbers';
import { needed, operand, text } from '../options/option';
import { readerOptions, traceRequest } from '../options/reader-options';
import { openEvents } from '../names/registries';
import { writeAndReport } from '../output/trace-output';
import { command } from './command';

/** `trace synth`, `trace import`, `trace convert`: every way to a canonical trace file. */

export const outputOption = needed(
  text('File to write: .csv, .csv.gz or .atr; - is stdout, as CSV', { short: 'o', completes: 'file' }),
  'name the file to write with -o; - is stdout',
);

export const synth = command({
  operands: {
    specification: operand({ describe: 'synth:NAME?parameter=value&seed=N', completes: 'trace' }),
  },
  options: { output: outputOption },
  examples: ['$0 "synth:half-page-storm?live=5000&seed=7" -o storm.csv.gz'],
  run: async ({ specification, output }) => {
    const trace = await openEvents({
      specification: specification.startsWith('synth:') ? specification : `synth:${specification}`,
    });
    return writeAndReport(await trace.open(), output);
  },
});

export const importing = command({
  operands: {
    input: operand({ describe: 'A recording, plain, .gz or .zst; - is stdin', completes: 'file' }),
  },
  options: { ...readerOptions, output: outputOption },
  examples: ['$0 prog.vg.txt.gz -o prog.csv.gz', '$0 heaptrack.prog.zst --close-leaks newest -o prog.atr'],
  run: async (argv) => {
    const trace = await openEvents(traceRequest(argv.input, argv));
    const code = await writeAndReport(await trace.open(), argv.output);
    if (trace.accounting !== undefined) {
      process.stderr.write(accountingText(trace.accounting));
    }
    return code;
  },
});

export const convert = command({
  operands: { input: operand({ describe: 'Any trace that can be read; - is stdin', completes: 'trace' }) },
  options: { ...readerOptions, output: outputOption },
  examples: ['$0 storm.csv.gz -o storm.atr'],
  run: async (argv) => {
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    return writeAndReport(await trace.open(), argv.output);
  },
});

/** Counts that say something went another way than the recording has it are shown only where they are not 0. */
const ALWAYS_SHOWN: readonly (keyof Accounting)[] = [
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
];

function accountingText(accounting: Accounting): string {
  const { notes, ...counts } = accounting;
  const rows = Object.entries(counts)
    .filter(([name, count]) => count !== 0 || ALWAYS_SHOWN.includes(name as keyof Accounting))
    .map(([name, count]) => [wordsOf(name), groupedInteger(count)]);
  return `${alignedText(rows)}${notes.map((note) => `${note}\n`).join('')}`;
}

/** `orphanFrees` → `orphan frees`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
