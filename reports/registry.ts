import { gzipSync, strToU8 } from 'fflate';
import { archived, archivedResultsText, resultsText } from '../harness/results/results-text';
import type { Results } from '../harness/results/results';
import type { JudgedExperiment } from '../harness/studies/claims/claim';
import { latencyCsv } from './csv/latency';
import { summaryCsv } from './csv/summary';
import { timelineCsv } from './csv/timeline';
import { worstCsv } from './csv/worst';
import { htmlPages, htmlReport } from './html/page';
import { markdownReport } from './markdown/report';

/**
 * A file that is made of results: a pure function, so that equal results give equal files. Reports for people begin
 * with the verdicts of the experiment that the results are of, where there is one.
 */
export interface ReportFile {
  readonly name: string;
  readonly summary: string;
  readonly render: (results: Results, judged?: JudgedExperiment) => string;
}

/** A file's name and what is in it. */
export interface WrittenFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/** Every report that a run writes beside `results.json`, in the order in which they are listed. */
export const REPORTS: readonly ReportFile[] = [
  { name: 'summary.csv', summary: 'all metrics, a row per replay and pricing', render: summaryCsv },
  { name: 'latency.csv', summary: 'percentile curves', render: latencyCsv },
  { name: 'timeline.csv', summary: 'memory and holes over time', render: timelineCsv },
  { name: 'worst.csv', summary: 'the worst operations with their causes', render: worstCsv },
  { name: 'report.md', summary: 'verdict and tables', render: markdownReport },
  {
    name: 'report.html',
    summary: 'pictures and tables in one page',
    // Called rather than named: the build lets the page's libraries wait until then.
    render: (...of) => htmlReport(...of),
  },
];

/** More replays than these are kept rather than leafed through: they become an archive. */
const REPLAYS_LEAFED_THROUGH = 64;

/** Whether results of so many replays become an archive, for which nothing is needed that only pictures show. */
export const isArchived = (replays: number): boolean => replays > REPLAYS_LEAFED_THROUGH;

/**
 * `results.json` and every report. Of an archive the long tables are compressed, the page is an index with a page for
 * each family of traces, and nothing is kept that only pictures are drawn from.
 */
export function* filesOf(results: Results, judged?: JudgedExperiment): Generator<WrittenFile> {
  const isArchive = isArchived(results.replays.length);
  const kept = isArchive ? archived(results) : results;
  yield { name: RESULTS_FILE, content: isArchive ? archivedResultsText(kept) : resultsText(kept) };
  for (const { name, render } of REPORTS) {
    if (isArchive && name === PAGE) {
      yield* htmlPages(kept, PAGE);
    } else if (isArchive && LONG.includes(name)) {
      yield compressed(name, render(kept, judged));
    } else {
      yield { name, content: render(kept, judged) };
    }
  }
}

export const RESULTS_FILE = 'results.json';
const PAGE = 'report.html';
const LONG = ['latency.csv', 'timeline.csv', 'worst.csv'];

/** Without a time in it, and by a library, so that equal results give equal bytes under every Node. */
const compressed = (name: string, text: string): WrittenFile => ({
  name: `${name}.gz`,
  content: gzipSync(strToU8(text), { level: 9, mtime: 0 }),
});
