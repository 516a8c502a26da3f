import { needed, operand, text } from '../options/option';
import { readerOptions, traceRequest } from '../options/reader-options';
import { EXIT } from '../exit-codes';
import { openEvents } from '../names/registries';
import { accountingText } from '../output/import-text';
import { traceTo } from '../output/trace-output';
import { command } from './command';
import { tell } from '../output/terminal';

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
    const write = traceTo(output);
    const trace = await openEvents({
      specification: specification.startsWith('synth:') ? specification : `synth:${specification}`,
    });
    return write(await trace.open());
  },
});

export const importing = command({
  operands: {
    input: operand({ describe: 'A recording, plain, .gz or .zst; - is stdin', completes: 'file' }),
  },
  options: {
    ...readerOptions,
    output: text(
      'File to write: .csv, .csv.gz or .atr; - is stdout, as CSV; without it only the counts are told',
      {
        short: 'o',
        completes: 'file',
      },
    ),
  },
  examples: ['$0 prog.vg.txt.gz -o prog.csv.gz', '$0 heaptrack.prog.zst --close-leaks newest -o prog.atr'],
  run: async (argv) => {
    const write = argv.output === undefined ? undefined : traceTo(argv.output);
    const trace = await openEvents(traceRequest(argv.input, argv));
    const code = write === undefined ? EXIT.ok : await write(await trace.open());
    tell(accountingText(trace));
    return code;
  },
});

export const convert = command({
  operands: { input: operand({ describe: 'Any trace that can be read; - is stdin', completes: 'trace' }) },
  options: { ...readerOptions, output: outputOption },
  examples: ['$0 storm.csv.gz -o storm.atr'],
  run: async (argv) => {
    const write = traceTo(argv.output);
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    return write(await trace.open());
  },
});
