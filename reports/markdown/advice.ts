import {
  siteName,
  type AdviseReport,
  type Candidate,
  type SiteAdvice,
} from '../../harness/studies/advise/advise';
import {
  ADVICE_NOTE,
  differenceText,
  FIGURE_COLUMNS,
  headText,
  needsText,
  remarkText,
} from '../advice-words';
import { escapeName, markdownTable, type MarkdownColumn } from './table';

/** An advice as Markdown: a section for each site with its candidates as a table. */
export function adviceMarkdown(report: AdviseReport): string {
  return [
    `# Which allocator: ${escapeName(report.trace)}\n`,
    `${escapeName(headText(report))}\n`,
    ...report.sites.map(siteSection),
    `${ADVICE_NOTE}\n`,
  ].join('\n');
}

function siteSection(site: SiteAdvice): string {
  const { key, advice, candidates } = site;
  const difference = differenceText(site);
  return [
    `## ${escapeName(siteName(key))}\n`,
    `Use **${escapeName(advice.allocator)}**: ${advice.because}. ${needsText(site)}.\n`,
    ...(difference === undefined ? [] : [`${escapeName(difference)}.\n`]),
    markdownTable(columnsFor(site), candidates),
  ].join('\n');
}

function columnsFor(site: SiteAdvice): MarkdownColumn<Candidate>[] {
  return [
    { title: 'Allocator', align: 'left', cell: ({ allocator }) => escapeName(allocator) },
    ...FIGURE_COLUMNS.map(({ title, cell }): MarkdownColumn<Candidate> => ({
      title,
      align: 'right',
      cell: (candidate) => cell(candidate, site),
    })),
    { title: 'Remark', align: 'left', cell: (candidate) => escapeName(remarkText(candidate, site)) },
  ];
}
