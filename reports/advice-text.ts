import { siteName, type AdviseReport, type SiteAdvice } from '../harness/studies/advise/advise';
import { escapeControls } from '../traces/input-error';
import { ADVICE_NOTE, differenceText, FIGURE_COLUMNS, headText, needsText, remarkText } from './advice-words';
import { alignedLines } from './text-columns';

/** An advice for a terminal: for each site what it should use and why, then the candidates side by side. */
export function adviceText(report: AdviseReport): string {
  const head = `${escapeControls(report.trace)}: ${escapeControls(headText(report))}\n`;
  return [head, ...report.sites.map(siteText), `${ADVICE_NOTE}\n`].join('\n');
}

function siteText(site: SiteAdvice): string {
  const { key, advice } = site;
  const difference = differenceText(site);
  return [
    `${escapeControls(siteName(key))}: use ${advice.allocator} (${advice.because})\n`,
    `  ${needsText(site)}\n`,
    ...(difference === undefined ? [] : [`  ${difference}\n`]),
    candidateTable(site),
  ].join('');
}

function candidateTable(site: SiteAdvice): string {
  const rows = [
    ['', ...FIGURE_COLUMNS.map(({ title }) => title), ''],
    ...site.candidates.map((candidate) => [
      candidate.allocator,
      ...FIGURE_COLUMNS.map(({ cell }) => cell(candidate, site)),
      escapeControls(remarkText(candidate, site)),
    ]),
  ];
  const alignments = ['left', ...FIGURE_COLUMNS.map(() => 'right' as const), 'left'] as const;
  return alignedLines(rows, alignments)
    .map((line) => `    ${line}\n`)
    .join('');
}
