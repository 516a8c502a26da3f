import type { Results } from '../harness/results/results';
import type { JudgedExperiment } from '../harness/studies/claims/claim';
import { latencyCsv } from './csv/latency';
import { summaryCsv } from './csv/summary';
import { timelineCsv } from './csv/timeline';
import { worstCsv } from './csv/worst';
import { htmlReport } from './html/page';
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

/** Every report that a run writes beside `results.json`, in the order in which they are listed. */
export const REPORTS: readonly ReportFile[] = [
  { name: 'summary.csv', summary: 'all metrics, a row per replay and pricing', render: summaryCsv },
  { name: 'latency.csv', summary: 'percentile curves', render: latencyCsv },
  { name: 'timeline.csv', summary: 'memory and holes over time', render: timelineCsv },
  { name: 'worst.csv', summary: 'the worst operations with their causes', render: worstCsv },
  { name: 'report.md', summary: 'verdict and tables', render: markdownReport },
  { name: 'report.html', summary: 'pictures and tables in one page', render: htmlReport },
];
