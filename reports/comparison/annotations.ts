import type { Comparison } from '../../harness/compare/comparison';
import { byChange, exceededText, reportRows, statusRows, type CellLabels } from './rows';
import { headline, shortened } from './headline';

/** GitHub shows no more than ten annotations of a kind for a step. */
const ANNOTATIONS_MAX = 10;

/** Workflow commands of GitHub Actions: an error per newly failing cell and regression, then the verdict. */
export function githubAnnotations(comparison: Comparison): string {
  const failing = statusRows(comparison)
    .filter(({ status }) => status === 'newly failing')
    .map((cell) => command('error', `${place(cell)}: newly failing`, cell.because));
  const regressions = reportRows(comparison)
    .filter(({ row }) => row.judgement === 'regression')
    .sort(byChange)
    .map((each) => {
      const pricing = each.row.pricing === null ? '' : `, ${each.row.pricing}`;
      return command('error', `${place(each)}${pricing}: ${each.row.metric}`, exceededText(each.row));
    });
  const errors = [...failing, ...regressions].slice(0, ANNOTATIONS_MAX);
  return [...errors, command('notice', 'alloc-replay', headline(comparison))].join('');
}

const place = ({ engine, trace }: CellLabels): string => `${shortened(engine)} on ${shortened(trace)}`;

function command(kind: 'error' | 'notice', title: string, message: string): string {
  return `::${kind} title=${escapeProperty(title)}::${escapeData(message)}\n`;
}

/** As the runner's toolkit does (`@actions/core`, command.ts): what could end the message or begin another. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
