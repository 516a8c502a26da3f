import { groupedInteger, kibibytesText } from '../../harness/text/numbers';
import { formatMetric } from '../metric-text';
import type { MeasuredPricing, MeasuredReplay } from '../../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../../harness/metrics/op-kinds';
import { metricNamed } from '../../harness/metrics/registry';
import { stopText } from '../trace-groups';
import { Name } from './name';

/** A replay under one pricing, and what its engine is called here. */
export interface EngineRow {
  readonly replay: MeasuredReplay;
  readonly pricing: MeasuredPricing | undefined;
  readonly engine: string;
}

interface FigureColumn {
  readonly title: string;
  readonly metric: string;
  readonly format?: (value: number) => string;
}

const MEMORY_COLUMNS: readonly FigureColumn[] = [
  { title: 'waste', metric: 'waste.peak' },
  { title: '#4', metric: 'fragmentation.wj4' },
  { title: 'holes', metric: 'fragmentation.largest-hole.peak' },
  { title: 'failed', metric: 'allocations.failed' },
  { title: 'held peak', metric: 'held.bytes.peak', format: kibibytesText },
];

function kindColumns(kind: OpKind): FigureColumn[] {
  return [
    { title: `${kind} worst`, metric: `${kind}.cycles.max` },
    { title: `${kind} p99.9`, metric: `${kind}.cycles.p99.9` },
    { title: `${kind} median`, metric: `${kind}.cycles.p50` },
  ];
}

/** The engines of a trace side by side; sortable where scripts run, the reason in place of figures that are missing. */
export function EngineTable({ rows }: { rows: readonly EngineRow[] }) {
  const kinds = OP_KINDS.filter((kind) =>
    rows.some(({ replay }) => (replay.metrics[`${kind}.operations`]?.value ?? 0) > 0),
  );
  const columns = [...kinds.flatMap(kindColumns), ...MEMORY_COLUMNS];
  return (
    <div class="scroll">
      <table class="sortable">
        <thead>
          <tr>
            <th scope="col">engine</th>
            <th scope="col">pricing</th>
            {columns.map(({ title, metric }) => (
              <th key={title} scope="col" class="figure" title={metricNamed(metric)!.formula}>
                {title}
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

function EngineLine({ row, columns }: { row: EngineRow; columns: readonly FigureColumn[] }) {
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
      {columns.map(({ title, metric, format }) => {
        const value = pricing?.metrics[metric] ?? replay.metrics[metric];
        return replay.outcome.kind === 'unsupported' ? (
          <td key={title} class="figure">
            n/a
          </td>
        ) : (
          <td
            key={title}
            class="figure"
            data-value={value?.value}
            title={
              value?.operation === undefined ? undefined : `operation ${groupedInteger(value.operation)}`
            }
          >
            {value && format ? format(value.value) : formatMetric(metricNamed(metric)!, value)}
          </td>
        );
      })}
    </tr>
  );
}
