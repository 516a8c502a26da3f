import { TREND_FORMATS } from '../../../reports/comparison/trend';
import { didYouMean, UsageError } from '../../../traces/input-error';
import { readHistory, type History } from '../../compare/history';
import { failsLastRun, TREND_FAIL_ON, trendOf } from '../../compare/trend';
import { EXIT } from '../exit-codes';
import { standardTerminal } from '../output/terminal';
import { outputTo } from '../output/output-file';
import { choice, list, operand, text } from '../options/option';
import { commaList } from '../options/shared-options';
import { command } from './command';

/** `trend`: what changed in a history, when, and at which commit. */

export const trend = command({
  operands: { history: operand({ describe: 'A history (CSV)', completes: 'file' }) },
  options: {
    metric: list(
      'Metrics, comma-separated: names, patterns (*.cycles.max), groups (@latency); default: all to judge',
    ),
    label: text('Only runs with this label'),
    failOn: choice('What in the last run ends with exit 3', TREND_FAIL_ON, { byDefault: 'none' }),
    format: choice(
      'What to print',
      TREND_FORMATS.map(({ name }) => name),
      { byDefault: TREND_FORMATS[0]!.name },
    ),
    out: text('Write it to this file', { completes: 'file' }),
  },
  examples: [
    '$0 history.csv --metric "*.cycles.max,@fragmentation"',
    '$0 history.csv --label nightly --fail-on worse --format csv --out changes.csv',
  ],
  run: (argv) => {
    const write = outputTo(argv.out);
    const history = readHistory(argv.history);
    if (argv.label !== undefined) {
      expectLabel(argv.label, history, argv.history);
    }
    const found = trendOf(history, {
      metrics: commaList(argv.metric),
      ...(argv.label !== undefined && { label: argv.label }),
    });
    const format = TREND_FORMATS.find(({ name }) => name === argv.format)!;
    write(format.render(found, argv.out === undefined ? standardTerminal() : {}));
    return failsLastRun(found, argv.failOn) ? EXIT.finding : EXIT.ok;
  },
});

/** A label that is misspelt would judge nothing, and fail nothing for ever. */
function expectLabel(label: string, { runs }: History, file: string): void {
  const labels = [...new Set(runs.map((run) => run.label))];
  if (!labels.includes(label)) {
    throw new UsageError({
      where: '--label',
      problem: `no run in ${file} is called "${label}"${didYouMean(label, labels)}`,
      expected:
        labels.length === 0 ? 'a history of runs' : `one of ${labels.map((each) => `"${each}"`).join(', ')}`,
    });
  }
}
