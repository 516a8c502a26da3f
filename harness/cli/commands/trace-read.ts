import type { Argv } from 'yargs';
import { alignedText } from '../../../reports/text-columns';
import { OP_NAMES, NOTHING, TraceEvent, type EventSource } from '../../../traces/trace';
import { traceInfo } from '../../../traces/tools/info';
import { infoLines } from '../../../traces/tools/info-text';
import { validateTrace } from '../../../traces/tools/validate';
import { groupedInteger } from '../../text/numbers';
import { EXIT, type ExitCode } from '../exit-codes';
import { readerOptions, traceArgument, traceRequest, type ReaderArguments } from '../options/reader-options';
import { openOptions, openEvents } from '../names/registries';
import { wholeNumber } from '../options/shared-options';
import { command } from './command';

/** `trace info`, `trace validate`, `trace head`: what a trace holds, and whether it is one. */

interface ReadArguments extends ReaderArguments {
  input: string;
}

const INPUT = { ...traceArgument, demandOption: true } as const;

export const info = command<ReadArguments>({
  command: 'info <input>',
  summary: 'Counts, sizes, lifetimes and peaks of a trace, and which verbs an engine needs for it',
  options: (parser) =>
    readerOptions(parser)
      .positional('input', INPUT)
      .example('$0 trace info recorded:sqlite3-2000', '')
      .example('$0 trace info synth:difference-engine', '') as unknown as Argv<ReadArguments>,
  run: async (argv) => {
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    const lines = infoLines(await traceInfo(await trace.open()));
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return EXIT.ok;
  },
});

const VIOLATIONS_MAX = 1_000_000;

export const validate = command<ReadArguments & { violations: number | undefined }>({
  command: 'validate <input>',
  summary: 'Say everything that is wrong with a trace, each with its place; exit 3 if anything is',
  options: (parser) =>
    readerOptions(parser)
      .positional('input', INPUT)
      .option('violations', {
        type: 'string',
        coerce: (text: string) => wholeNumber('--violations', text, 1, VIOLATIONS_MAX),
        describe: 'Stop after this many violations (default 100)',
      })
      .example('$0 trace validate trace.csv.gz', '') as unknown as Argv<
      ReadArguments & { violations: number | undefined }
    >,
  run: async (argv) => {
    const request = traceRequest(argv.input, argv);
    if (request.specification.startsWith('synth:')) {
      await openEvents(request, 'one');
    }
    const { events, violations, incomplete } = await validateTrace(
      request.specification,
      openOptions(request),
      argv.violations,
    );
    process.stdout.write(violations.map(({ message }) => `${message}\n`).join(''));
    const legal = `${groupedInteger(events)} legal events`;
    const wrong = `${groupedInteger(violations.length)} violations${incomplete ? ', not read to the end' : ''}`;
    process.stdout.write(violations.length === 0 ? `${legal}\n` : `${legal}, ${wrong}\n`);
    return violations.length === 0 ? EXIT.ok : EXIT.finding;
  },
});

const HEAD_DEFAULT = 10;

export const head = command<ReadArguments & { events: number | undefined }>({
  command: 'head <input>',
  summary: 'The first events of a trace, one a line',
  options: (parser) =>
    readerOptions(parser)
      .positional('input', INPUT)
      .option('events', {
        alias: 'n',
        type: 'string',
        coerce: (text: string) => wholeNumber('--events', text, 1, Number.MAX_SAFE_INTEGER),
        describe: `How many (default ${HEAD_DEFAULT})`,
      })
      .example('$0 trace head recorded:git-status -n 5', '') as unknown as Argv<
      ReadArguments & { events: number | undefined }
    >,
  run: async (argv): Promise<ExitCode> => {
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    const source = await trace.open();
    process.stdout.write(alignedText(await firstEvents(source, argv.events ?? HEAD_DEFAULT)));
    await source.close();
    return EXIT.ok;
  },
});

async function firstEvents(source: EventSource, count: number): Promise<string[][]> {
  const rows = [['index', 'op', 'id', 'size', 'align', 'site', 'call', 'value']];
  const event = new TraceEvent();
  do {
    while (rows.length <= count && source.next(event, NOTHING)) {
      const { op, id, size, align, site, call, value } = event;
      const texts = [site, call, value].map((index) => source.texts.text(index));
      rows.push([String(rows.length - 1), OP_NAMES[op]!, String(id), String(size), String(align), ...texts]);
    }
  } while (rows.length <= count && (await source.refill()));
  return rows;
}
