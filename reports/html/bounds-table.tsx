import { exceedsBound } from '../../harness/metrics/bounds';
import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import type { Results } from '../../harness/results/results';
import { boundRows, isTelling, leftOutText, type BoundRow } from '../bound-rows';
import { Name } from './name';
import { Scroll } from './scroll';
import { WORST_CASE_COLUMNS, WORST_CASES_TEXT, worstCaseRows } from '../worst-case-rows';

/** Worst cases as the literature has them, beside the most that was seen. */
export function BoundsTable({ results }: { results: Results }) {
  const all = boundRows(results);
  const rows = all.filter(isTelling);
  if (all.length === 0) {
    return null;
  }
  const leftOut = leftOutText(all.length - rows.length);
  return (
    <section id="bounds">
      <h2>Worst cases and their bounds</h2>
      {rows.length > 0 && (
        <Scroll label="Worst cases and their bounds">
          <table>
            <thead>
              <tr>
                {['engine', 'operation', 'unit'].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
                {['bound', 'recorded', 'synthetic', 'adversaries', 'mean', 'observed / bound, %'].map(
                  (title) => (
                    <th key={title} scope="col" class="figure">
                      {title}
                    </th>
                  ),
                )}
                <th scope="col">statement</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <BoundLine key={`${row.engine} ${row.verb} ${row.unit}`} row={row} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {leftOut !== undefined && <p>{leftOut}</p>}
      <WorstCases results={results} />
    </section>
  );
}

/** What searches have found, below what was seen. */
function WorstCases({ results }: { results: Results }) {
  const rows = worstCaseRows(results);
  if (rows.length === 0) {
    return null;
  }
  return (
    <>
      <p>{WORST_CASES_TEXT}</p>
      <Scroll label="Worst cases found by search">
        <table>
          <thead>
            <tr>
              {WORST_CASE_COLUMNS.map(({ title, align }) => (
                <th key={title} scope="col" class={align === 'right' ? 'figure' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.trace}>
                {WORST_CASE_COLUMNS.map(({ title, align, cell }) => (
                  <td key={title} class={align === 'right' ? 'figure' : undefined}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function BoundLine({ row }: { row: BoundRow }) {
  const { engine, verb, unit, most, recorded, synthetic, adversarial, total, operations, observed } = row;
  const share = most === null || most === 0 || observed === null ? '' : decimalRatio(observed * 100, most, 0);
  const figures = [
    most === null ? 'none' : groupedInteger(most),
    recorded === null ? '' : groupedInteger(recorded),
    synthetic === null ? '' : groupedInteger(synthetic),
    adversarial === null ? '' : groupedInteger(adversarial),
    operations === 0 ? '' : decimalRatio(total, operations, 1),
    share === '' ? '' : `${share} %`,
  ];
  return (
    <tr>
      <td class="name">
        <Name of={engine} />
      </td>
      <td class="whole">{verb}</td>
      <td class="whole">{unit}</td>
      {figures.map((text, index) => (
        <td key={index} class="figure">
          {text}
        </td>
      ))}
      <td>
        <Name of={`${row.statement} (${row.source})`} />
        {exceedsBound(row) && <span class="stopped">exceeded</span>}
      </td>
    </tr>
  );
}
