import type { Argv } from 'yargs';
import { mergeShards } from '../../suite/shard-results';
import { ciOptions, ciOutputs, type CiArguments } from '../options/ci-options';
import type { ExitCode } from '../exit-codes';
import { OutputFolder } from '../output/output-folder';
import { resultsOf } from '../output/report-files';
import { concludeSuite } from '../output/suite-conclusion';
import { command } from './command';

/** `merge`: the shards of a suite as if it had been run in one go. */

interface MergeArguments extends CiArguments {
  folder: string;
  out: string | undefined;
}

export const merge = command<MergeArguments>({
  command: 'merge <folder>',
  summary: 'Put the shards of a suite together: the same bytes as an unsharded run',
  options: (parser) =>
    ciOptions(parser)
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'The folder with every results-i-n.json of one run',
      })
      .option('out', {
        type: 'string',
        describe: 'Write results.json and every report to this folder (default: the same)',
      })
      .example('$0 merge out/shards', '')
      .example(
        '$0 merge out/shards --out out/nightly --emit junit --append history.csv',
        '',
      ) as unknown as Argv<MergeArguments>,
  run: mergeCommand,
});

function mergeCommand(argv: MergeArguments): ExitCode {
  const started = Date.now();
  const { folder } = argv;
  const out = argv.out ?? folder;
  const ci = ciOutputs({ ...argv, out });
  const { suite, tool, replays } = mergeShards(folder);
  const { environment, ...plain } = resultsOf(replays, started);
  return concludeSuite({ ...plain, tool, suite, environment }, OutputFolder.at(out, '--out'), ci);
}
