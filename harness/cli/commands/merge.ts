import { mergeShards } from '../../suite/shard-results';
import { ciOptions, ciOutputs } from '../options/ci-options';
import { operand, text, type ValuesOf } from '../options/option';
import type { ExitCode } from '../exit-codes';
import { OutputFolder } from '../output/output-folder';
import { REPORT_FILES, resultsOf } from '../output/report-files';
import { concludeSuite } from '../output/suite-conclusion';
import { command } from './command';

/** `merge`: the shards of a suite as if it had been run in one go. */

const options = {
  ...ciOptions,
  out: text('Write results.json and every report to this folder (default: the same)', { completes: 'file' }),
};

export const merge = command({
  operands: {
    folder: operand({ describe: 'The folder with every results-i-n.json of one run', completes: 'file' }),
  },
  options,
  examples: ['$0 out/shards', '$0 out/shards --out out/nightly --emit junit --append history.csv'],
  run: mergeCommand,
});

type MergeArguments = { readonly folder: string } & ValuesOf<typeof options>;

function mergeCommand(argv: MergeArguments): ExitCode {
  const started = Date.now();
  const { folder } = argv;
  const out = argv.out ?? folder;
  const ci = ciOutputs({ ...argv, out });
  const files = OutputFolder.at(out, '--out', [...REPORT_FILES, ...ci.names]);
  const { suite, tool, replays } = mergeShards(folder);
  const { environment, ...plain } = resultsOf(replays, started);
  return concludeSuite({ ...plain, tool, suite, environment }, files, ci);
}
