import { siteName, type AdviseReport, type SiteAdvice } from '../harness/studies/advise/advise';
import { escapeControls } from '../traces/input-error';
import { ADVICE_NOTE, differenceText, FIGURE_COLUMNS, headText, needsText, remarkText } from './advice-words';
import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from './text-columns';

/** An advice for a terminal: for each site what it should use and why, then the candidates side by side. */
export function adviceText(report: AdviseReport, terminal: Terminal = {}): string {
  const fitted = (text: string) => wrappedText(text, terminal.columns);
  const head = `${escapeControls(report.trace)}: ${escapeControls(headText(report))}\n`;
  const sites = report.sites.map((site) => fitted(siteText(site)) + candidateTable(site, terminal));
  return [fitted(head), ...sites, fitted(`${ADVICE_NOTE}\n`)].join('\n');
}

function siteText(site: SiteAdvice): string {
  const { key, advice } = site;
  const difference = differenceText(site);
  return [
    `${escapeControls(siteName(key))}: use ${advice.allocator} (${advice.because})\n`,
    `  ${needsText(site)}\n`,
    ...(difference === undefined ? [] : [`  ${difference}\n`]),
  ].join('');
}

type Candidate = SiteAdvice['candidates'][number];

const INDENT = '    ';

function candidateTable(site: SiteAdvice, { columns: width, ...terminal }: Terminal): string {
  const columns: TextColumn<Candidate>[] = [
    { title: '', align: 'left', isKey: true, cell: ({ allocator }) => allocator },
    ...FIGURE_COLUMNS.map(({ title, cell }): TextColumn<Candidate> => ({
      title,
      align: 'right',
      cell: (candidate) => cell(candidate, site),
    })),
    {
      title: '',
      align: 'left',
      flows: true,
      cell: (candidate) => escapeControls(remarkText(candidate, site)),
    },
  ];
  const room = width === undefined ? {} : { columns: width - INDENT.length };
  return fittedTableLines(columns, site.candidates, { ...terminal, ...room })
    .map((line) => `${`${INDENT}${line}`.trimEnd()}\n`)
    .join('');
}
