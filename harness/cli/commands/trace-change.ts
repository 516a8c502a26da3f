import { mergedTrace } from '../../../traces/tools/merge';
import { sliced } from '../../../traces/tools/slice';
import type { ExitCode } from '../exit-codes';
import { ANY_COUNT, count, flag, operand } from '../options/option';
import { readerOptions, traceRequest } from '../options/reader-options';
import { openEvents } from '../names/registries';
import { traceTo } from '../output/trace-output';
import { command } from './command';
import { outputOption } from './trace-write';

/** `trace slice`, `trace merge`: traces made of traces. */

export const slice = command({
  operands: { input: operand({ describe: 'Any trace that can be read', completes: 'trace' }) },
  options: {
    ...readerOptions,
    output: outputOption,
    from: count('First event, counted from 0', ANY_COUNT, {}, 0),
    to: count('First event not wanted any more', ANY_COUNT, { byDefault: 'the end' }),
    balanced: flag('Free at the end what is still live'),
  },
  examples: ['$0 recorded:sqlite3-2000 --from 1000 --to 5000 --balanced -o part.csv.gz'],
  run: async (argv): Promise<ExitCode> => {
    const write = traceTo(argv.output);
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    const source = sliced(await trace.open(), {
      from: argv.from,
      ...(argv.to !== undefined && { to: argv.to }),
      balanced: argv.balanced,
    });
    return write(source);
  },
});

export const merge = command({
  operands: {
    first: operand({ describe: 'A trace', completes: 'trace' }),
    second: operand({ describe: 'Another', completes: 'trace' }),
  },
  options: { ...readerOptions, output: outputOption },
  examples: ['$0 recorded:git-status "synth:near-page-storm?live=50" -o both.csv.gz'],
  run: async (argv): Promise<ExitCode> => {
    const write = traceTo(argv.output);
    const first = await openEvents(traceRequest(argv.first, argv));
    const second = await openEvents(traceRequest(argv.second, argv));
    const merged = await mergedTrace(first, second);
    return write(await merged.open());
  },
});
