import type { Results } from '../../harness/results/results';
import type { EmittedFile, Emitter } from './emitter';
import { goBenchmarkFormat } from './benchfmt';
import { bencherMetricFormat } from './bmf';
import { githubActionBenchmark } from './github-action-benchmark';
import { hgrmFiles } from './hgrm-files';
import { junitOfResults } from './junit';

export const EMITTERS: readonly Emitter[] = [
  { name: 'bmf', summary: 'Bencher', files: (results) => [file('bmf.json', bencherMetricFormat(results))] },
  { name: 'github-action-benchmark', summary: 'one file a direction', files: githubFiles },
  {
    name: 'benchfmt',
    summary: 'benchstat',
    files: (results) => [file('benchfmt.txt', goBenchmarkFormat(results))],
  },
  {
    name: 'junit',
    summary: 'a case a replay, and one a limit that is broken',
    files: (results, broken) => [file('junit.xml', junitOfResults(results, broken))],
  },
  { name: 'hgrm', summary: "HdrHistogram's plotters", files: hgrmFiles },
];

const file = (name: string, content: string): EmittedFile => ({ name, content });

function githubFiles(results: Results): EmittedFile[] {
  return (['lower', 'higher'] as const).flatMap((better) => {
    const content = githubActionBenchmark(results, better);
    const name = better === 'lower' ? 'smaller-is-better' : 'bigger-is-better';
    return content === undefined ? [] : [file(`github-action-benchmark.${name}.json`, content)];
  });
}
