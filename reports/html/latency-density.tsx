import { groupedInteger } from '../../harness/text/numbers';
import { densityRowStart } from '../../harness/metrics/latency-density';
import type { Density } from '../../harness/metrics/latency-density';
import type { MeasuredKind } from '../../harness/metrics/measured-replay';
import type { OpKind } from '../../harness/metrics/op-kinds';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import { Axes, Chart, px, wideFrame, type Frame } from './frame';
import { compactInteger, cyclesScale, rightwardScale, type Scale } from './scales';
import { WorstTable } from './worst-table';

/** Shades of the raster: each stands for four times as many operations in a cell. */
const SHADES = 6;

interface LatencyDensityProps {
  readonly id: string;
  readonly title: string;
  readonly kind: OpKind;
  readonly measured: MeasuredKind;
  readonly events: number;
  /** Least and most cycles of all kinds: panels that stand together share their scale. */
  readonly cycles: readonly [least: number, most: number];
}

/**
 * Cost of every operation over the trace: a raster whose shade counts operations, with the dearest ringed, because a
 * maximum must never be lost in a picture.
 */
export function LatencyDensity({ id, title, kind, measured, events, cycles }: LatencyDensityProps) {
  const frame = wideFrame(190);
  const x = rightwardScale(frame, events, compactInteger);
  const y = cyclesScale(frame, ...cycles);
  const { density, worst } = measured;
  const most = worst[0];
  const description =
    most === undefined
      ? `No ${kind}.`
      : `Modelled cycles of every ${kind} over the trace; the dearest is operation ${most.operation} with ${most.cycles} cycles.`;
  return (
    <Chart
      id={id}
      title={title}
      description={description}
      frame={frame}
      numbers={<WorstTable worst={worst} />}
    >
      <Axes frame={frame} xTicks={x.ticks} yTicks={y.ticks} xTitle="operation" yTitle={`${kind}, cycles`} />
      {density !== null &&
        shadePaths(density, x, y, events).map((path, shade) =>
          path === '' ? null : <path key={shade} class={`cell d${shade}`} d={path} />,
        )}
      {[...worst].reverse().map((operation, index) => (
        <Ring key={operation.operation} operation={operation} rank={worst.length - index} x={x} y={y} />
      ))}
      {most !== undefined && (
        <text class="mark" x={px(markX(x.at(most.operation)))} y={px(markY(frame, y.at(most.cycles)))}>
          {groupedInteger(most.cycles)}
        </text>
      )}
    </Chart>
  );
}

/** The label stands right of its ring, but not outside the picture. */
function markX(ring: number): number {
  return ring > 660 ? ring - 70 : ring + 8;
}

/** And below it, unless that is where the axis is. */
function markY(frame: Frame, ring: number): number {
  return ring + 20 > frame.bottom ? ring - 8 : ring + 16;
}

function Ring({ operation, rank, x, y }: { operation: WorstOperation; rank: number; x: Scale; y: Scale }) {
  const size = operation.sizeBytes > 0 ? ` ${operation.sizeBytes} B` : '';
  return (
    <circle class="ring" cx={px(x.at(operation.operation))} cy={px(y.at(operation.cycles))} r="4">
      <title>
        {`#${rank}: operation ${operation.operation}, ${operation.op} ${operation.id}${size}, ${operation.cycles} cycles`}
      </title>
    </circle>
  );
}

/** One path a shade: the cells of that shade as rectangles, neighbours in a column joined. */
function shadePaths(density: Density, x: Scale, y: Scale, events: number): string[] {
  const paths = new Array<string>(SHADES).fill('');
  density.columns.forEach((cells, column) => {
    const first = column * density.operationsPerColumn;
    const left = x.at(first);
    const width = Math.max(x.at(Math.min(first + density.operationsPerColumn, events)) - left, 1);
    for (let cell = 0; cell < cells.length; cell += 2) {
      const row = cells[cell]!;
      const shade = shadeOf(cells[cell + 1]!);
      const top = y.at(densityRowStart(row + 1));
      const height = Math.max(y.at(densityRowStart(row)) - top, 1.5);
      paths[shade] += `M${px(left)} ${px(top)}h${px(width)}v${px(height)}h-${px(width)}z`;
    }
  });
  return paths;
}

function shadeOf(count: number): number {
  let shade = 0;
  for (let most = 4; most <= count && shade < SHADES - 1; most *= 4) {
    shade++;
  }
  return shade;
}
