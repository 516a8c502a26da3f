import { densityRowStart, type Density } from '../../harness/metrics/latency-density';
import type { MeasuredKind } from '../../harness/metrics/measured-replay';
import type { OpKind } from '../../harness/metrics/op-kinds';
import type { WorstOperation } from '../../harness/metrics/worst-operations';
import { groupedInteger } from '../../harness/text/numbers';
import { operationText } from '../operation-text';
import { Axes, px, type Frame } from './frame';
import { COUNT_SHADES, Raster, RasterImage, shadeOfCount } from './raster';
import { cyclesScale, type Scale } from './scales';

/** A drawing area of a run: they share their x-axis, which only the last one labels. */
export interface AreaProps {
  readonly frame: Frame;
  readonly x: Scale;
  readonly isLast: boolean;
}

export const X_TITLE = 'event of the trace';

interface LatencyAreaProps extends AreaProps {
  readonly kind: OpKind;
  readonly measured: MeasuredKind;
  readonly events: number;
  /** Least and most cycles of all kinds: areas that stand together share their scale. */
  readonly range: readonly [least: number, most: number];
}

/** Where the cost of every operation fell; the dearest are ringed, because a maximum must never be lost. */
export function LatencyArea({ frame, x, kind, measured, events, range, isLast }: LatencyAreaProps) {
  const y = cyclesScale(frame, ...range);
  const { density, worst } = measured;
  return (
    <g>
      <Axes
        frame={frame}
        xTicks={x.ticks}
        yTicks={y.ticks}
        yTitle={`every ${kind}, cycles`}
        {...(isLast && { xTitle: X_TITLE })}
      />
      {density !== null && <RasterImage frame={frame} raster={densityRaster(density, frame, x, y, events)} />}
      <Rings frame={frame} worst={worst} x={x} y={y} />
    </g>
  );
}

/** A spot of a single operation is two pixels wide and high. */
const SPOT = 2;

/** Cells of the recorded raster at their place on the axes. */
export function densityRaster(density: Density, frame: Frame, x: Scale, y: Scale, events: number): Raster {
  const raster = new Raster(frame.right - frame.left, frame.bottom - frame.top, COUNT_SHADES);
  density.columns.forEach((cells, column) => {
    const first = column * density.operationsPerColumn;
    const left = Math.floor(x.at(first) - frame.left);
    const right = Math.ceil(x.at(Math.min(first + density.operationsPerColumn, events)) - frame.left);
    for (let cell = 0; cell < cells.length; cell += 2) {
      const top = Math.floor(y.at(densityRowStart(cells[cell]! + 1)) - frame.top);
      const bottom = Math.ceil(y.at(densityRowStart(cells[cell]!)) - frame.top);
      const shade = shadeOfCount(cells[cell + 1]!);
      raster.fill(
        Math.min(left, raster.width - SPOT),
        Math.min(top, raster.height - SPOT),
        Math.max(right - left, SPOT),
        Math.max(bottom - top, SPOT),
        shade,
      );
    }
  });
  return raster;
}

const NUMBER_WIDTH = 15;
/** The title of the axis stands left of the numbers. */
const TITLE_WIDTH = 130;

/** The worst operations with their ranks, which stand in a row above and are led to their rings by lines. */
function Rings({
  frame,
  worst,
  x,
  y,
}: {
  frame: Frame;
  worst: readonly WorstOperation[];
  x: Scale;
  y: Scale;
}) {
  const ranked = worst
    .map((operation, index) => ({ operation, rank: index + 1, at: x.at(operation.operation) }))
    .sort((a, b) => a.at - b.at || a.rank - b.rank);
  const room = frame.right - frame.left;
  const step = Math.min(NUMBER_WIDTH, room / ranked.length);
  let next = frame.left + TITLE_WIDTH;
  return (
    <>
      {ranked.map(({ operation, rank, at }, index) => {
        const latest = frame.right - step * (ranked.length - 1 - index);
        const label = Math.min(Math.max(next, at), latest);
        next = label + step;
        const height = y.at(operation.cycles);
        return (
          <g
            key={rank}
            class="worst"
            tabindex={0}
            role="img"
            aria-label={`worst ${rank}: ${operationText(operation)}, ${groupedInteger(operation.cycles)} cycles`}
          >
            <title>{`${rank}: ${operationText(operation)}, ${groupedInteger(operation.cycles)} cycles`}</title>
            {rank <= NUMBERS_MAX && (
              <>
                <line class="leader" x1={px(label)} x2={px(at)} y1={frame.top - 3} y2={px(height - 4)} />
                <text class="rank" x={px(label)} y={frame.top - 5} text-anchor="middle">
                  {rank}
                </text>
              </>
            )}
            <circle class="ring" cx={px(at)} cy={px(height)} r="4" />
          </g>
        );
      })}
    </>
  );
}

/** More numbers than these would stand upon each other. */
const NUMBERS_MAX = 10;
