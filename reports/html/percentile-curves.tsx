import { scaleLog } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { countOf } from '../../harness/metrics/distribution';
import type { Distribution } from '../../harness/metrics/distribution';
import { groupedInteger } from '../../harness/text/numbers';
import type { OpKind } from '../../harness/metrics/op-kinds';
import { percentileLadder, type LadderStep } from '../percentile-ladder';
import { Axes, Chart, Legend, px, wideFrame, type Tick } from './frame';
import { seriesClass } from './palette';
import { cyclesScale } from './scales';

export interface Curve {
  readonly engine: string;
  /** Which colour: the engine's place among the engines of the trace. */
  readonly series: number;
  readonly distribution: Distribution;
}

interface PercentileCurvesProps {
  readonly id: string;
  readonly title: string;
  readonly kind: OpKind;
  readonly curves: readonly Curve[];
}

/** Percentiles that have a tick, and where: x is 1 / (1 − p). */
const PERCENTILE_TICKS = [
  ['0', 1],
  ['50 %', 2],
  ['90 %', 10],
  ['99 %', 100],
  ['99.9 %', 1_000],
  ['99.99 %', 10_000],
  ['99.999 %', 100_000],
  ['99.9999 %', 1_000_000],
] as const;

/** Cycles over percentiles as HdrHistogram's plotters draw them, a line an engine; the legend has the exact maxima. */
export function PercentileCurves({ id, title, kind, curves }: PercentileCurvesProps) {
  const drawn = curves
    .filter(({ distribution }) => distribution.costs.length > 0)
    .map(({ engine, series, distribution }) => ({
      engine,
      series,
      ladder: percentileLadder(distribution),
      operations: countOf(distribution),
      most: distribution.costs[distribution.costs.length - 1]!,
      least: distribution.costs[0]!,
    }));
  const frame = wideFrame(230, Math.ceil(drawn.length / LEGEND_COLUMNS));
  const operations = Math.max(2, ...drawn.map((curve) => curve.operations));
  const x = scaleLog().domain([1, operations]).range([frame.left, frame.right]);
  const y = cyclesScale(
    frame,
    Math.min(...drawn.map(({ least }) => least)),
    Math.max(...drawn.map(({ most }) => most)),
  );
  const path = line<LadderStep>()
    .x((step) => x(Math.min(distance(step), operations)))
    .y((step) => y.at(step.cycles))
    .curve(curveStepAfter)
    .digits(1);
  return (
    <Chart
      id={id}
      title={title}
      description={drawn.map(({ engine, most }) => `${engine}: worst ${kind} ${most} cycles.`).join(' ')}
      frame={frame}
      numbers={<CurveTable curves={drawn} />}
    >
      <Axes
        frame={frame}
        xTicks={percentileTicks(x, operations)}
        yTicks={y.ticks}
        xTitle="percentile"
        yTitle={`${kind}, cycles`}
      />
      {drawn.map(({ engine, series, ladder, most }) => (
        <g key={engine} class={seriesClass(series)}>
          <path class="line" d={path(ladder) ?? ''} />
          <circle
            class="dot"
            cx={px(x(Math.min(distance(ladder[ladder.length - 1]!), operations)))}
            cy={px(y.at(most))}
            r="3"
          />
        </g>
      ))}
      <Legend
        frame={frame}
        columns={LEGEND_COLUMNS}
        mark="line"
        entries={drawn.map(({ engine, series, most }) => ({
          label: `${engine}: max ${groupedInteger(most)}`,
          className: seriesClass(series),
        }))}
      />
    </Chart>
  );
}

/** 1 / (1 − p); without end at 100 %, which is drawn where one operation is the whole rest. */
function distance({ numerator, denominator }: LadderStep): number {
  return denominator / (denominator - numerator);
}

function percentileTicks(x: (value: number) => number, operations: number): Tick[] {
  const within = PERCENTILE_TICKS.filter(([, at]) => at * 1.6 < operations);
  return [...within.map(([label, at]) => ({ at: x(at), label })), { at: x(operations), label: 'max' }];
}

const LEGEND_COLUMNS = 2;

interface DrawnCurve {
  readonly engine: string;
  readonly series: number;
  readonly most: number;
  readonly ladder: readonly LadderStep[];
  readonly operations: number;
}

const TABLE_RANKS = [
  ['min', 0, 1],
  ['50 %', 1, 2],
  ['75 %', 3, 4],
  ['87.5 %', 7, 8],
  ['max', 1, 1],
] as const;

function CurveTable({ curves }: { curves: readonly DrawnCurve[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">engine</th>
          <th scope="col" class="figure">
            operations
          </th>
          {TABLE_RANKS.map(([label]) => (
            <th key={label} scope="col" class="figure">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {curves.map(({ engine, ladder, operations }) => (
          <tr key={engine}>
            <td>{engine}</td>
            <td class="figure">{groupedInteger(operations)}</td>
            {TABLE_RANKS.map(([label, numerator, denominator]) => (
              <td key={label} class="figure">
                {cyclesAt(ladder, numerator, denominator)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function cyclesAt(ladder: readonly LadderStep[], numerator: number, denominator: number): string {
  const step = ladder.find((each) => each.numerator * denominator >= numerator * each.denominator);
  return step === undefined ? '' : groupedInteger(step.cycles);
}
