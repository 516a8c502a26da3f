import type { Results } from '../../harness/results/results';
import type { EmittedFile, Emitter } from './emitter';
import { goBenchmarkFormat } from './benchfmt';
import { bencherMetricFormat } from './bmf';
import { githubActionBenchmark } from './github-action-benchmark';
import { hgrmFiles } from './hgrm-files';
import { junitOfResults } from './junit';

const GITHUB_DIRECTIONS = [
  ['lower', 'github-action-benchmark.smaller-is-better.json'],
  ['higher', 'github-action-benchmark.bigger-is-better.json'],
] as const;

/** One file, whatever the results are. */
const emitter = (
  name: string,
  fileName: string,
  summary: string,
  render: (...about: Parameters<Emitter['files']>) => string,
): Emitter => ({
  name,
  summary,
  names: [fileName],
  files: (...about) => [file(fileName, render(...about))],
});

export const EMITTERS: readonly Emitter[] = [
  emitter('bmf', 'bmf.json', 'Bencher', bencherMetricFormat),
  {
    name: 'github-action-benchmark',
    summary: 'one file a direction',
    names: GITHUB_DIRECTIONS.map(([, name]) => name),
    files: githubFiles,
  },
  emitter('benchfmt', 'benchfmt.txt', 'benchstat', goBenchmarkFormat),
  emitter('junit', 'junit.xml', 'a case a replay, and one a limit that is broken', junitOfResults),
  { name: 'hgrm', summary: "HdrHistogram's plotters", names: [], files: hgrmFiles },
];

const file = (name: string, content: string): EmittedFile => ({ name, content });

function githubFiles(results: Results): EmittedFile[] {
  return GITHUB_DIRECTIONS.flatMap(([better, name]) => {
    const content = githubActionBenchmark(results, better);
    return content === undefined ? [] : [file(name, content)];
  });
}
