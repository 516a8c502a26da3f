import { dearestText } from '../suite-text';
import { mergeShards } from '../../suite/shard-results';
import { exitCodeOf, type ExitCode } from '../exit-codes';
import { OutputFolder } from '../output-folder';
import { resultsOf, writeReports } from '../report-files';
import { command } from './command';

/** `merge`: the shards of a suite as if it had been run in one go. */

interface MergeArguments {
  folder: string;
  out: string | undefined;
}

export const merge = command<MergeArguments>({
  command: 'merge <folder>',
  summary: 'Put the shards of a suite together: the same bytes as an unsharded run',
  options: (parser) =>
    parser
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
      .example('$0 merge out/shards --out out/nightly', ''),
  run: mergeCommand,
});

function mergeCommand({ folder, out }: MergeArguments): ExitCode {
  const started = Date.now();
  const { suite, tool, replays, shardCount } = mergeShards(folder);
  const plain = resultsOf(replays, started);
  const results = { ...plain, tool, environment: { ...plain.environment, suite } };
  process.stdout.write(
    `${suite}: ${replays.length} cells from ${shardCount} shards\n\n${dearestText(replays)}`,
  );
  writeReports(results, OutputFolder.at(out ?? folder, '--out'));
  return exitCodeOf(replays);
}
