import { fittedTableLines, type TextColumn } from '../../../reports/text-columns';
import { escapeControls } from '../../../traces/input-error';
import { OP_NAMES, NOTHING, TraceEvent, type EventSource } from '../../../traces/trace';
import { traceInfo } from '../../../traces/tools/info';
import { infoLines } from '../output/trace-info-text';
import { validateTrace } from '../../../traces/tools/validate';
import { countText } from '../../text/numbers';
import { EXIT, type ExitCode } from '../exit-codes';
import { count, operand } from '../options/option';
import { readerOptions, traceDetails, traceRequest } from '../options/reader-options';
import { openOptions, openEvents } from '../names/registries';
import { command } from './command';
import { print, printWords, standardTerminal } from '../output/terminal';

/** `trace info`, `trace validate`, `trace head`: what a trace holds, and whether it is one. */

const input = operand(traceDetails);

export const info = command({
  operands: { input },
  options: readerOptions,
  examples: ['$0 recorded:sqlite3-2000', '$0 synth:difference-engine'],
  run: async (argv) => {
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    const lines = infoLines(await traceInfo(await trace.open()), standardTerminal());
    print(lines.map((line) => `${line}\n`).join(''));
    return EXIT.ok;
  },
});

const VIOLATIONS_MAX = 1_000_000;

export const validate = command({
  operands: { input },
  options: {
    ...readerOptions,
    violations: count('Stop after this many violations', [1, VIOLATIONS_MAX], { byDefault: '100' }),
  },
  examples: ['$0 trace.csv.gz'],
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
    printWords(violations.map(({ message }) => `${message}\n`).join(''));
    const legal = countText(events, 'legal event');
    const wrong = `${countText(violations.length, 'violation')}${incomplete ? ', not read to the end' : ''}`;
    print(violations.length === 0 ? `${legal}\n` : `${legal}, ${wrong}\n`);
    return violations.length === 0 ? EXIT.ok : EXIT.finding;
  },
});

const HEAD_DEFAULT = 10;

export const head = command({
  operands: { input },
  options: {
    ...readerOptions,
    events: count('How many', [1, Number.MAX_SAFE_INTEGER], { short: 'n' }, HEAD_DEFAULT),
  },
  examples: ['$0 recorded:git-status -n 5'],
  run: async (argv): Promise<ExitCode> => {
    const trace = await openEvents(traceRequest(argv.input, argv), 'one');
    const source = await trace.open();
    const rows = await firstEvents(source, argv.events);
    print(
      fittedTableLines(HEAD_COLUMNS, rows, standardTerminal())
        .map((line) => `${line}\n`)
        .join(''),
    );
    await source.close();
    return EXIT.ok;
  },
});

const HEAD_COLUMNS = ['index', 'op', 'id', 'size', 'align', 'site', 'call', 'value'].map(
  (title, index): TextColumn<readonly string[]> => ({
    title,
    align: 'left',
    isKey: index === 0,
    cell: (row) => escapeControls(row[index]!),
  }),
);

async function firstEvents(source: EventSource, count: number): Promise<string[][]> {
  const rows: string[][] = [];
  const event = new TraceEvent();
  do {
    while (rows.length < count && source.next(event, NOTHING)) {
      const { op, id, size, align, site, call, value } = event;
      const texts = [site, call, value].map((index) => source.texts.text(index));
      rows.push([String(rows.length), OP_NAMES[op]!, String(id), String(size), String(align), ...texts]);
    }
  } while (rows.length < count && (await source.refill()));
  return rows;
}
