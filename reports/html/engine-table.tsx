import { groupedInteger } from '../../harness/text/numbers';
import { engineColumns, type EngineColumn, type EngineRow } from '../engine-table';
import { stopText } from '../trace-groups';
import { Name } from './name';

/** The engines of a trace side by side; sortable where scripts run, the reason in place of figures that are missing. */
export function EngineTable({ rows }: { rows: readonly EngineRow[] }) {
  const columns = engineColumns(rows, 'page');
  return (
    <div class="scroll">
      <table class="sortable">
        <thead>
          <tr>
            <th scope="col">engine</th>
            <th scope="col">pricing</th>
            {columns.map(({ heading, metric }) => (
              <th key={heading} scope="col" class="figure" title={metric.formula}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <EngineLine key={`${row.engine} ${row.pricing?.id}`} row={row} columns={columns} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function EngineLine({ row, columns }: { row: EngineRow; columns: readonly EngineColumn[] }) {
  const { replay, pricing, engine } = row;
  const stopped = stopText(replay);
  return (
    <tr>
      <td>
        <Name of={engine} />
        {stopped !== undefined && (
          <span class="stopped">
            <Name of={stopped} />
          </span>
        )}
      </td>
      <td>{pricing !== undefined && <Name of={pricing.id} />}</td>
      {columns.map((column) => (
        <FigureCell key={column.heading} row={row} column={column} />
      ))}
    </tr>
  );
}

function FigureCell({ row, column }: { row: EngineRow; column: EngineColumn }) {
  const value = column.value(row);
  return row.replay.outcome.kind === 'unsupported' ? (
    <td class="figure">{column.text(row)}</td>
  ) : (
    <td
      class="figure"
      data-value={value?.value}
      title={value?.operation === undefined ? undefined : `operation ${groupedInteger(value.operation)}`}
    >
      {column.text(row)}
    </td>
  );
}
