import type { Argv } from 'yargs';
import { mergedTrace } from '../../../traces/tools/merge';
import { sliced } from '../../../traces/tools/slice';
import type { ExitCode } from '../exit-codes';
import { readerOptions, traceRequest, type ReaderArguments } from '../options/reader-options';
import { openEvents } from '../names/registries';
import { wholeNumber } from '../options/shared-options';
import { writeAndReport } from '../output/trace-output';
import { command } from './command';
import { outputOption } from './trace-write';

/** `trace slice`, `trace merge`: traces made of traces. */

interface SliceArguments extends ReaderArguments {
  input: string;
  output: string;
  from: number | undefined;
  to: number | undefined;
  balanced: boolean | undefined;
}

const eventIndex = (name: string, describe: string) =>
  ({
    type: 'string',
    coerce: (text: string) => wholeNumber(`--${name}`, text, 0, Number.MAX_SAFE_INTEGER),
    describe,
  }) as const;

export const slice = command<SliceArguments>({
  command: 'slice <input>',
  summary: 'Write a range of events; what concerns objects from before the range is left out',
  options: (parser) =>
    readerOptions(parser)
      .positional('input', { type: 'string', demandOption: true, describe: 'Any trace that can be read' })
      .option('output', outputOption)
      .option('from', eventIndex('from', 'First event, counted from 0 (default 0)'))
      .option('to', eventIndex('to', 'First event not wanted any more (default: the end)'))
      .option('balanced', { type: 'boolean', describe: 'Free at the end what is still live' })
      .example(
        '$0 trace slice recorded:sqlite3-2000 --from 1000 --to 5000 --balanced -o part.csv.gz',
        '',
      ) as unknown as Argv<SliceArguments>,
  run: async (argv): Promise<ExitCode> => {
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    const source = sliced(await trace.open(), {
      from: argv.from ?? 0,
      ...(argv.to !== undefined && { to: argv.to }),
      ...(argv.balanced !== undefined && { balanced: argv.balanced }),
    });
    return writeAndReport(source, argv.output);
  },
});

interface MergeArguments extends ReaderArguments {
  first: string;
  second: string;
  output: string;
}

export const merge = command<MergeArguments>({
  command: 'merge <first> <second>',
  summary: 'Interleave two traces as two call sites of one program',
  options: (parser) =>
    readerOptions(parser)
      .positional('first', { type: 'string', demandOption: true, describe: 'A trace' })
      .positional('second', { type: 'string', demandOption: true, describe: 'Another' })
      .option('output', outputOption)
      .example(
        '$0 trace merge recorded:git-status "synth:near-page-storm?live=50" -o both.csv.gz',
        '',
      ) as unknown as Argv<MergeArguments>,
  run: async (argv): Promise<ExitCode> => {
    const first = await openEvents(traceRequest(argv.first, argv));
    const second = await openEvents(traceRequest(argv.second, argv));
    const merged = await mergedTrace(first, second);
    return writeAndReport(await merged.open(), argv.output);
  },
});
