import type { Argv } from 'yargs';
import { alignedText } from '../../../reports/text-columns';
import type { Accounting } from '../../../traces/importers/accounting';
import { groupedInteger } from '../../text/numbers';
import { readerOptions, traceRequest, type ReaderArguments } from '../options/reader-options';
import { openEvents } from '../names/registries';
import { writeAndReport } from '../output/trace-output';
import { command } from './command';

/** `trace synth`, `trace import`, `trace convert`: every way to a canonical trace file. */

interface SynthArguments {
  specification: string;
  output: string;
}

interface WriteArguments extends ReaderArguments {
  input: string;
  output: string;
}

export const outputOption = {
  alias: 'o',
  type: 'string',
  demandOption: 'name the file to write with -o; - is stdout',
  describe: 'File to write: .csv, .csv.gz or .atr; - is stdout, as CSV',
} as const;

export const traceSynth = command<SynthArguments>({
  command: 'synth <specification>',
  summary:
    'Write the trace that a synthesizer makes; adaptive ones need an engine, so run them inline instead',
  options: (parser) =>
    parser
      .positional('specification', {
        type: 'string',
        demandOption: true,
        describe: 'synth:NAME?parameter=value&seed=N',
      })
      .option('output', outputOption)
      .example(
        '$0 trace synth "synth:half-page-storm?live=5000&seed=7" -o storm.csv.gz',
        '',
      ) as unknown as Argv<SynthArguments>,
  run: async ({ specification, output }) => {
    const trace = await openEvents({
      specification: specification.startsWith('synth:') ? specification : `synth:${specification}`,
    });
    return writeAndReport(await trace.open(), output);
  },
});

export const traceImport = command<WriteArguments>({
  command: 'import <input>',
  summary: 'Turn what a recorder wrote into a canonical trace and say what was left out or mended',
  options: (parser) =>
    readerOptions(parser)
      .positional('input', {
        type: 'string',
        demandOption: true,
        describe: 'A recording, plain, .gz or .zst; - is stdin',
      })
      .option('output', outputOption)
      .example('$0 trace import prog.vg.txt.gz -o prog.csv.gz', '')
      .example(
        '$0 trace import heaptrack.prog.zst --close-leaks newest -o prog.atr',
        '',
      ) as unknown as Argv<WriteArguments>,
  run: async (argv) => {
    const trace = await openEvents(traceRequest(argv.input, argv));
    const code = await writeAndReport(await trace.open(), argv.output);
    if (trace.accounting !== undefined) {
      process.stderr.write(accountingText(trace.accounting));
    }
    return code;
  },
});

export const traceConvert = command<WriteArguments>({
  command: 'convert <input>',
  summary: 'Write a trace in another format: csv to atr, atr to csv.gz …; the identity stays the same',
  options: (parser) =>
    readerOptions(parser)
      .positional('input', {
        type: 'string',
        demandOption: true,
        describe: 'Any trace that can be read; - is stdin',
      })
      .option('output', outputOption)
      .example('$0 trace convert storm.csv.gz -o storm.atr', '') as unknown as Argv<WriteArguments>,
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
