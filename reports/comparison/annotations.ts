import type { Comparison } from '../../harness/compare/comparison';
import { byChange, exceededText, reportRows, statusRows, type CellLabels } from './rows';
import { headline, shortened } from './headline';
import { ANNOTATIONS_MAX, workflowCommand } from '../ci/workflow-commands';

/** Workflow commands of GitHub Actions: an error per newly failing cell and regression, then the verdict. */
export function githubAnnotations(comparison: Comparison): string {
  const failing = statusRows(comparison)
    .filter(({ status }) => status === 'newly failing')
    .map((cell) => workflowCommand('error', `${place(cell)}: newly failing`, cell.because));
  const regressions = reportRows(comparison)
    .filter(({ row }) => row.judgement === 'regression')
    .sort(byChange)
    .map((each) => {
      const pricing = each.row.pricing === null ? '' : `, ${each.row.pricing}`;
      return workflowCommand('error', `${place(each)}${pricing}: ${each.row.metric}`, exceededText(each.row));
    });
  const errors = [...failing, ...regressions].slice(0, ANNOTATIONS_MAX);
  return [...errors, workflowCommand('notice', 'alloc-replay', headline(comparison))].join('');
}

const place = ({ engine, trace }: CellLabels): string => `${shortened(engine)} on ${shortened(trace)}`;
