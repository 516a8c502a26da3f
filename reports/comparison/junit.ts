import { rowsOf, type CellComparison, type Comparison } from '../../harness/compare/comparison';
import { junitXml, type TestCase } from '../ci/junit';
import { stopText } from '../trace-groups';
import { cellLabels, exceededText, limitText } from './rows';

/** One case per limit that was judged (every metric with a better side when no limits were given), and per fate. */
export function junitOfComparison(comparison: Comparison): string {
  return junitXml(comparison.cells.flatMap((cell) => cellCases(cell, comparison)));
}

function cellCases(cell: CellComparison, comparison: Comparison): TestCase[] {
  const { engine, trace } = cellLabels(cell, comparison);
  const classname = `${engine}.${trace}`;
  switch (cell.kind) {
    case 'compared':
      return rowsOf(cell)
        .filter((row) => row.limit !== null || (comparison.limits.length === 0 && row.better !== 'none'))
        .map((row) => ({
          classname: row.pricing === null ? classname : `${classname}.${row.pricing}`,
          name: row.limit === null ? row.metric : `${row.metric} ${limitText(row)}`,
          outcome:
            row.judgement === 'regression'
              ? { kind: 'failed', message: exceededText(row) }
              : { kind: 'passed' },
        }));
    case 'newly failing':
    case 'still failing':
      return [
        { classname, name: cell.kind, outcome: { kind: 'failed', message: stopText(cell.head) ?? 'ok' } },
      ];
    case 'unsupported':
      return [
        { classname, name: cell.kind, outcome: { kind: 'skipped', message: stopText(cell.head) ?? '' } },
      ];
    case 'not comparable':
      return [{ classname, name: cell.kind, outcome: { kind: 'skipped', message: cell.reasons.join(', ') } }];
    case 'missing':
      return [{ classname, name: cell.kind, outcome: { kind: 'skipped', message: 'only the base has it' } }];
    case 'added':
    case 'now working':
      return [{ classname, name: cell.kind, outcome: { kind: 'passed' } }];
  }
}
