import { scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { OP_KINDS, type OpKind } from '../../harness/metrics/op-kinds';
import { crossingPoint, type Point } from '../../harness/studies/claims/growth';
import { groupedInteger } from '../../harness/text/numbers';
import { engineLabel, settingsOf, type TraceFamily } from '../trace-groups';
import { Axes, Chart, px, stackedFrames, LABELLED_RIGHT, type Frame } from './frame';
import { EndLabels, type Series } from './legend';
import { Name } from './name';
import { seriesClass } from './palette';
import { compactInteger, cyclesScale, type Scale } from './scales';

/** Worst cycles of one engine under one pricing, over what the traces of a family grow by. */
interface GrowthCurve extends Series {
  readonly pricing: string;
  readonly kind: OpKind;
  /** Ascending. */
  readonly points: readonly Point[];
}

interface GrowthProps {
  readonly id: string;
  readonly family: TraceFamily;
  readonly growsBy: string;
  readonly series: readonly Series[];
}

/** The cost above which an operation is the problem that the project is about. */
const MILLION = 1_000_000;

const KIND_HEIGHT = 170;

/** How the worst operation grows with the traces of a family: on two logarithmic axes a power is a straight line. */
export function GrowthPlot({ id, family, growsBy, series }: GrowthProps) {
  const curves = growthCurves(family, growsBy, series);
  const kinds = OP_KINDS.filter((kind) => curves.some((curve) => curve.kind === kind));
  const costs = curves.flatMap(({ points }) => points.map(({ cost }) => cost));
  const sizes = curves.flatMap(({ points }) => points.map(({ live }) => live));
  if (costs.length === 0) {
    return null;
  }
  const pricings = [...new Set(curves.map(({ pricing }) => pricing))];
  const { height, frames } = stackedFrames(
    kinds.map(() => KIND_HEIGHT),
    { right: LABELLED_RIGHT },
  );
  const title = `How the worst operation grows with ${growsBy}, ${family.name}`;
  return (
    <Chart
      id={id}
      title={title}
      description={curves
        .map((curve) => `${curve.engine}, ${curve.pricing}, worst ${curve.kind}: ${growthText(curve)}.`)
        .join(' ')}
      height={height}
      legend={<GrowthLegend curves={curves} kinds={kinds} pricings={pricings} />}
      numbers={<GrowthTable curves={curves} growsBy={growsBy} sizes={sizesOf(sizes)} />}
    >
      {kinds.map((kind, index) => (
        <KindArea
          key={kind}
          frame={frames[index]!}
          curves={curves.filter((curve) => curve.kind === kind)}
          kind={kind}
          pricings={pricings}
          sizes={sizesOf(sizes)}
          y={cyclesScale(frames[index]!, Math.min(...costs), Math.max(...costs))}
          most={Math.max(...costs)}
          xTitle={index === kinds.length - 1 ? `${growsBy} (logarithmic)` : undefined}
        />
      ))}
    </Chart>
  );
}

function growthCurves(family: TraceFamily, growsBy: string, series: readonly Series[]): GrowthCurve[] {
  const curves = new Map<string, GrowthCurve & { points: Point[] }>();
  for (const { trace, replays } of family.members) {
    for (const replay of replays.filter(({ outcome }) => outcome.kind === 'ok')) {
      const engine = engineLabel(replay, replays);
      for (const pricing of replay.pricings) {
        for (const kind of OP_KINDS) {
          const cost = pricing.metrics[`${kind}.cycles.max`]?.value ?? 0;
          if (cost > 0) {
            const key = JSON.stringify([engine, pricing.id, kind]);
            const place = series.find((each) => each.engine === engine)!.place;
            const curve = curves.get(key) ?? { engine, place, pricing: pricing.id, kind, points: [] };
            curve.points.push({ live: Number(settingsOf(trace)[growsBy]), cost });
            curves.set(key, curve);
          }
        }
      }
    }
  }
  return [...curves.values()].map((curve) => ({
    ...curve,
    points: curve.points.sort((a, b) => a.live - b.live),
  }));
}

const sizesOf = (sizes: readonly number[]): number[] => [...new Set(sizes)].sort((a, b) => a - b);

interface KindAreaProps {
  readonly frame: Frame;
  readonly kind: OpKind;
  readonly curves: readonly GrowthCurve[];
  readonly pricings: readonly string[];
  readonly sizes: readonly number[];
  readonly y: Scale;
  readonly most: number;
  readonly xTitle: string | undefined;
}

function KindArea({ frame, kind, curves, pricings, sizes, y, most, xTitle }: KindAreaProps) {
  const least = Math.max(sizes[0]!, 1);
  const x = scaleLog()
    .domain([least, Math.max(sizes[sizes.length - 1]!, least * 2)])
    .range([frame.left + 6, frame.right - 6]);
  const path = line<Point>()
    .x(({ live }) => x(Math.max(live, least)))
    .y(({ cost }) => y.at(cost))
    .digits(1);
  const step = Math.ceil(sizes.length / 5);
  const xTicks = sizes
    .filter((_, index) => (sizes.length - 1 - index) % step === 0)
    .map((size) => ({ at: x(Math.max(size, least)), label: compactInteger(size) }));
  return (
    <g>
      <Axes
        frame={frame}
        xTicks={xTicks}
        yTicks={y.ticks}
        yTitle={`worst ${kind}, cycles`}
        {...(xTitle !== undefined && { xTitle })}
      />
      {most >= MILLION && (
        <line
          class="failure"
          x1={frame.left}
          x2={frame.right}
          y1={px(y.at(MILLION))}
          y2={px(y.at(MILLION))}
        />
      )}
      {curves.map((curve) => (
        <g
          key={`${curve.engine} ${curve.pricing}`}
          class={`${seriesClass(curve.place)} p${pricings.indexOf(curve.pricing) % 4}`}
        >
          <path class="line" d={path(curve.points) ?? ''} />
          {curve.points.map(({ live, cost }) => (
            <circle key={live} class="dot" cx={px(x(Math.max(live, least)))} cy={px(y.at(cost))} r="2.5">
              <title>
                <Name
                  of={`${curve.engine}, ${curve.pricing}: ${groupedInteger(cost)} cycles at ${groupedInteger(live)}`}
                />
              </title>
            </circle>
          ))}
        </g>
      ))}
      <EndLabels
        top={frame.top}
        bottom={frame.bottom}
        labels={curves.map(({ place, points }) => {
          const last = points[points.length - 1]!;
          return { place, x: x(Math.max(last.live, least)), y: y.at(last.cost) };
        })}
      />
    </g>
  );
}

function GrowthLegend({
  curves,
  kinds,
  pricings,
}: {
  curves: readonly GrowthCurve[];
  kinds: readonly OpKind[];
  pricings: readonly string[];
}) {
  // What was freed last is what grows worst in the storms; a legend for every kind would drown the picture.
  const kind = kinds.includes('free') ? 'free' : kinds[0]!;
  return (
    <ul class="legend wide">
      {curves
        .filter((curve) => curve.kind === kind)
        .map((curve) => (
          <li
            key={`${curve.engine} ${curve.pricing}`}
            class={`${seriesClass(curve.place)} p${pricings.indexOf(curve.pricing) % 4}`}
          >
            <span class="stroke" aria-hidden="true" />
            <b>{curve.place + 1}</b>{' '}
            <Name of={`${curve.engine}, ${curve.pricing}: ${kind} ${growthText(curve)}`} />
          </li>
        ))}
    </ul>
  );
}

/** `slope 0.99, passes 1M cycles at about 2,468`. */
function growthText({ points }: GrowthCurve): string {
  const slope = fittedSlope(points);
  const crossing = crossingPoint(points, MILLION);
  return [
    slope === undefined ? 'one size only' : `slope ${slope.toFixed(2)}`,
    ...(crossing === undefined ? [] : [`passes 1M cycles at about ${groupedInteger(crossing)}`]),
  ].join(', ');
}

/** The power that fits best, by least squares over the logarithms: 1 is growth in proportion, 0 is none. */
export function fittedSlope(points: readonly Point[]): number | undefined {
  const logs = points
    .filter(({ live, cost }) => live > 0 && cost > 0)
    .map(({ live, cost }) => [Math.log(live), Math.log(cost)] as const);
  const mean = (axis: 0 | 1) => logs.reduce((sum, each) => sum + each[axis], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const joint = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return spread === 0 || logs.length < 2 ? undefined : joint / spread;
}

function GrowthTable({
  curves,
  growsBy,
  sizes,
}: {
  curves: readonly GrowthCurve[];
  growsBy: string;
  sizes: readonly number[];
}) {
  return (
    <table>
      <thead>
        <tr>
          {['kind', 'engine', 'pricing'].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
          {sizes.map((size) => (
            <th key={size} scope="col" class="figure">
              {`${growsBy}=${groupedInteger(size)}, cycles`}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {curves.map(({ kind, engine, pricing, points }) => (
          <tr key={`${kind} ${engine} ${pricing}`}>
            <td>{kind}</td>
            <td>
              <Name of={engine} />
            </td>
            <td>
              <Name of={pricing} />
            </td>
            {sizes.map((size) => {
              const point = points.find(({ live }) => live === size);
              return (
                <td key={size} class="figure">
                  {point === undefined ? '' : groupedInteger(point.cost)}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
