import { formatMetric } from '../metric-text';
import { metricNamed } from '../../harness/metrics/registry';
import { metricOf, type EngineRow } from '../engine-table';
import { Name } from './name';
import { Scroll } from './scroll';

/** Every registered metric of a trace's engines: a row a metric that has a value, with its formula; folded away. */
export function MetricsTable({ rows, trace }: { rows: readonly EngineRow[]; trace: string }) {
  const names = new Set(
    rows.flatMap((row) =>
      Object.keys({ ...row.pricing?.metrics, ...row.replay.metrics }).filter(
        (name) => (metricOf(row, name) ?? undefined) !== undefined,
      ),
    ),
  );
  return (
    <details>
      <summary>
        <Name of={`All metrics, ${trace}`} />
      </summary>
      <Scroll label={`All metrics, ${trace}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">metric</th>
              <th scope="col">unit</th>
              {rows.map(({ engine, pricing }) => (
                <th key={`${engine} ${pricing?.id}`} scope="col" class="figure">
                  <Name of={engine} />
                  <br />
                  <Name of={pricing?.id ?? ''} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...names].map((name) => (
              <MetricLine key={name} name={name} rows={rows} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

function MetricLine({ name, rows }: { name: string; rows: readonly EngineRow[] }) {
  const metric = metricNamed(name);
  if (metric === undefined) {
    return null;
  }
  const source = metric.source === undefined ? '' : ` (${metric.source})`;
  return (
    <tr>
      <th scope="row" title={`${metric.formula}${source}`}>
        <Name of={name} />
      </th>
      <td>{metric.unit}</td>
      {rows.map((row) => (
        <td key={`${row.engine} ${row.pricing?.id}`} class="figure">
          {formatMetric(metric, metricOf(row, name))}
        </td>
      ))}
    </tr>
  );
}
