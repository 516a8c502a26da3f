import type { Argv } from 'yargs';
import { TREND_FORMATS } from '../../../reports/comparison/trend';
import { readHistory } from '../../compare/history';
import { trendOf } from '../../compare/trend';
import { EXIT } from '../exit-codes';
import { printOrWrite } from '../output/output-file';
import { commaList } from '../options/shared-options';
import { command } from './command';

/** `trend`: what changed in a history, when, and at which commit. */

interface TrendArguments {
  history: string;
  metric: string[];
  label: string | undefined;
  format: string;
  out: string | undefined;
}

export const trend = command<TrendArguments>({
  command: 'trend <history>',
  summary: 'What changed from run to run in a history that `run --append` wrote, and at which commit',
  options: (parser) =>
    parser
      .positional('history', { type: 'string', demandOption: true, describe: 'A history (CSV)' })
      .option('metric', {
        type: 'string',
        array: true,
        default: [],
        describe:
          'Metrics, comma-separated: names, patterns (*.cycles.max), groups (@latency); default: all to judge',
      })
      .option('label', { type: 'string', describe: 'Only runs with this label' })
      .option('format', {
        choices: TREND_FORMATS.map(({ name }) => name),
        default: TREND_FORMATS[0]!.name,
        describe: 'What to print',
      })
      .option('out', { type: 'string', describe: 'Write it to this file' })
      .example('$0 trend history.csv --metric "*.cycles.max,@fragmentation"', '')
      .example(
        '$0 trend history.csv --label nightly --format csv --out changes.csv',
        '',
      ) as unknown as Argv<TrendArguments>,
  run: (argv) => {
    const found = trendOf(readHistory(argv.history), {
      metrics: commaList(argv.metric),
      ...(argv.label !== undefined && { label: argv.label }),
    });
    const format = TREND_FORMATS.find(({ name }) => name === argv.format)!;
    printOrWrite(format.render(found), argv.out);
    return EXIT.ok;
  },
});
