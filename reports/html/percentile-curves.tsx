import { scaleLog } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { costAt, countOf, type Distribution } from '../../harness/metrics/distribution';
import type { OpKind } from '../../harness/metrics/op-kinds';
import { groupedInteger } from '../../harness/text/numbers';
import { percentileLadder, type LadderStep } from '../percentile-ladder';
import { Axes, Chart, px, stackedFrames, LABELLED_RIGHT, type Frame, type Tick } from './frame';
import { EndLabels, EngineLegend, type Series } from './legend';
import { Name } from './name';
import { seriesClass } from './palette';
import { cyclesScale } from './scales';

export interface Curve extends Series {
  readonly distribution: Distribution;
}

export interface KindCurves {
  readonly kind: OpKind;
  readonly curves: readonly Curve[];
}

interface PercentileCurvesProps {
  readonly id: string;
  readonly title: string;
  /** Kinds of which no engine has an operation are left out beforehand. */
  readonly kinds: readonly KindCurves[];
}

/** Percentiles that have a tick, and where: x is 1 / (1 − p). */
const PERCENTILE_TICKS = [
  ['50 %', 2],
  ['90', 10],
  ['99', 100],
  ['99.9', 1_000],
  ['99.99', 10_000],
  ['99.999', 100_000],
] as const;

const KIND_HEIGHT = 130;

/**
 * Cycles over percentiles as HdrHistogram's plotters draw them: a drawing area for every kind of operation, all on one
 * scale, a line an engine.
 */
export function PercentileCurves({ id, title, kinds }: PercentileCurvesProps) {
  const all = kinds.flatMap(({ curves }) => curves);
  const costs = all.map(({ distribution }) => distribution.costs);
  const operations = Math.max(2, ...all.map(({ distribution }) => countOf(distribution)));
  const { height, frames } = stackedFrames(
    kinds.map(() => KIND_HEIGHT),
    { right: LABELLED_RIGHT },
  );
  const range: [number, number] = [
    Math.min(...costs.map((each) => each[0]!)),
    Math.max(...costs.map((each) => each[each.length - 1]!)),
  ];
  return (
    <Chart
      id={id}
      title={title}
      description={kinds
        .flatMap(({ kind, curves }) =>
          curves.map((curve) => `${curve.engine}: worst ${kind} ${mostOf(curve)} cycles.`),
        )
        .join(' ')}
      height={height}
      legend={<EngineLegend series={seriesOf(all)} />}
      numbers={<CurveTable kinds={kinds} />}
    >
      {kinds.map((each, index) => (
        <KindArea
          key={each.kind}
          {...each}
          frame={frames[index]!}
          operations={operations}
          range={range}
          isLast={index === kinds.length - 1}
        />
      ))}
    </Chart>
  );
}

/** Every engine once. */
function seriesOf(curves: readonly Curve[]): Series[] {
  return [...new Map(curves.map(({ engine, place }) => [place, { engine, place }])).values()].sort(
    (a, b) => a.place - b.place,
  );
}

interface KindAreaProps extends KindCurves {
  readonly frame: Frame;
  readonly operations: number;
  readonly range: readonly [number, number];
  readonly isLast: boolean;
}

function KindArea({ kind, curves, frame, operations, range, isLast }: KindAreaProps) {
  const x = scaleLog().domain([1, operations]).range([frame.left, frame.right]);
  const y = cyclesScale(frame, ...range);
  const path = line<LadderStep>()
    .x((step) => x(Math.min(distance(step), operations)))
    .y((step) => y.at(step.cycles))
    .curve(curveStepAfter)
    .digits(1);
  const drawn = curves.map((curve) => ({ ...curve, ladder: percentileLadder(curve.distribution) }));
  return (
    <g>
      <Axes
        frame={frame}
        xTicks={percentileTicks(x, operations)}
        yTicks={y.ticks}
        yTitle={`${kind}, cycles`}
        {...(isLast && { xTitle: 'percentile' })}
      />
      {drawn.map(({ place, ladder, ...curve }) => (
        <g key={place} class={seriesClass(place)}>
          <path class="line" d={path(ladder) ?? ''} />
          <circle
            class="dot"
            cx={px(x(Math.min(distance(ladder[ladder.length - 1]!), operations)))}
            cy={px(y.at(mostOf(curve)))}
            r="2.5"
          />
        </g>
      ))}
      <EndLabels
        top={frame.top}
        bottom={frame.bottom}
        labels={drawn.map(({ place, ladder, ...curve }) => ({
          place,
          x: x(Math.min(distance(ladder[ladder.length - 1]!), operations)),
          y: y.at(mostOf(curve)),
        }))}
      />
    </g>
  );
}

function mostOf({ distribution: { costs } }: Pick<Curve, 'distribution'>): number {
  return costs[costs.length - 1]!;
}

/** 1 / (1 − p); without end at 100 %, which is drawn where one operation is the whole rest. */
function distance({ numerator, denominator }: LadderStep): number {
  return denominator / (denominator - numerator);
}

function percentileTicks(x: (value: number) => number, operations: number): Tick[] {
  const within = PERCENTILE_TICKS.filter(([, at]) => at * 3 < operations);
  // A label takes the room of two of the small steps.
  const shown = within.filter((_, index) => within.length < 5 || (within.length - index) % 2 === 0);
  return [...shown.map(([label, at]) => ({ at: x(at), label })), { at: x(operations), label: 'max' }];
}

/** The ticks of the axis, with as many ones below as say where a curve starts. */
const TABLE_RANKS = [
  ['median', 1, 2],
  ['90 %', 9, 10],
  ['99 %', 99, 100],
  ['99.9 %', 999, 1000],
  ['99.99 %', 9999, 10_000],
  ['max', 1, 1],
] as const;

function CurveTable({ kinds }: { kinds: readonly KindCurves[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">kind</th>
          <th scope="col">engine</th>
          <th scope="col" class="figure">
            operations
          </th>
          {TABLE_RANKS.map(([label]) => (
            <th key={label} scope="col" class="figure">
              {`${label}, cycles`}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {kinds.flatMap(({ kind, curves }) =>
          curves.map(({ engine, distribution }) => (
            <tr key={`${kind} ${engine}`}>
              <td>{kind}</td>
              <td>
                <Name of={engine} />
              </td>
              <td class="figure">{groupedInteger(countOf(distribution))}</td>
              {TABLE_RANKS.map(([label, numerator, denominator]) => (
                <td key={label} class="figure">
                  {groupedInteger(costAt(distribution, { numerator, denominator })!)}
                </td>
              ))}
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}
