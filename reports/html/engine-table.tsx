import { groupedInteger } from '../../harness/text/numbers';
import { engineColumns, type EngineColumn, type EngineRow } from '../engine-table';
import { stopText } from '../trace-groups';
import { Term } from './glossary';
import { Name } from './name';
import { Scroll } from './scroll';

/** A row of the table, and which trace of the family it is about. */
export interface TableRow extends EngineRow {
  readonly member: string;
}

/** More rows than these are no table to be read. */
const ROWS_MAX = 60;

/** The engines of a trace side by side; sortable where scripts run, the reason in place of figures that are missing. */
export function EngineTable({ rows, label }: { rows: readonly TableRow[]; label: string }) {
  const columns = engineColumns(rows, 'page');
  const hasMembers = rows.some(({ member }) => member !== rows[0]!.member);
  const shown = rows.slice(-ROWS_MAX);
  return (
    <>
      <Scroll label={label}>
        <table class="sortable">
          <thead>
            <tr>
              {hasMembers && <th scope="col">trace</th>}
              <th scope="col">engine</th>
              <th scope="col">
                <Term of="pricing" />
              </th>
              {columns.map((column) => (
                <th key={column.heading} scope="col" class="figure" title={column.metric.formula}>
                  {column.column.kind !== undefined && `${column.column.kind} `}
                  <Term of={column.column.heading} />
                  {column.unit !== '' && `, ${column.unit}`}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <EngineLine
                key={`${row.member} ${row.engine} ${row.pricing?.id}`}
                row={row}
                columns={columns}
                hasMembers={hasMembers}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
      {shown.length < rows.length && (
        <p>{`The last ${shown.length} of ${groupedInteger(rows.length)} rows; all are in summary.csv.`}</p>
      )}
    </>
  );
}

interface EngineLineProps {
  readonly row: TableRow;
  readonly columns: readonly EngineColumn[];
  readonly hasMembers: boolean;
}

function EngineLine({ row, columns, hasMembers }: EngineLineProps) {
  const { replay, pricing, engine, member } = row;
  const stopped = stopText(replay);
  return (
    <tr>
      {hasMembers && (
        <td class="name">
          <Name of={member} />
        </td>
      )}
      <td class="name">
        <Name of={engine} />
        {stopped !== undefined && (
          <span class="stopped">
            <Name of={stopped} />
          </span>
        )}
      </td>
      <td class="name">{pricing !== undefined && <Name of={pricing.id} />}</td>
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
