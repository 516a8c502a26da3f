import { curveStepAfter, line } from 'd3-shape';
import type { HistoryRow } from '../../harness/compare/history';
import type { Trend, TrendChange } from '../../harness/compare/trend';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { htmlDocument } from '../html/document';
import { Axes, Chart, px, stackedFrames } from '../html/frame';
import { Name } from '../html/name';
import { compactInteger, rightwardScale } from '../html/scales';
import { scaleLinear } from 'd3-scale';

/** `trend --format html`: a step line for every series that changed, the one that changed most first. */
export function trendHtml(trend: Trend): string {
  return htmlDocument({ title: 'Trend', children: <TrendPage trend={trend} /> });
}

/** More pictures than these are for the CSV. */
const SERIES_MAX = 30;

function TrendPage({ trend }: { trend: Trend }) {
  const series = changedSeries(trend);
  const worse = trend.changes.filter(({ judgement }) => judgement === 'worse').length;
  const summary = `${countText(trend.runs, 'run')}, ${groupedInteger(trend.series)} series, ${countText(trend.changes.length, 'change')}, ${groupedInteger(worse)} for the worse`;
  return (
    <>
      <p class="headline">{summary}</p>
      <p>A dot is a run in which the value changed; a red one is worse than the run before.</p>
      <div class="pictures">
        {series.slice(0, SERIES_MAX).map((changes, index) => (
          <SeriesChart key={index} id={`series${index}`} changes={changes} />
        ))}
      </div>
      {series.length > SERIES_MAX && (
        <p>{`The ${SERIES_MAX} series that changed most of ${groupedInteger(series.length)}; --format csv has them all.`}</p>
      )}
    </>
  );
}

/** The changes of each series in their order, the series with the largest change first. */
function changedSeries({ changes }: Trend): TrendChange[][] {
  const series = new Map<string, TrendChange[]>();
  for (const change of changes) {
    const key = seriesName(change.to);
    series.set(key, [...(series.get(key) ?? []), change]);
  }
  const size = (each: readonly TrendChange[]) =>
    Math.max(
      ...each.map(({ relativeBasisPoints }) => Math.abs(relativeBasisPoints ?? Number.MAX_SAFE_INTEGER)),
    );
  return [...series.values()].sort((a, b) => size(b) - size(a));
}

const seriesName = ({ metric, engine, options, trace, pricing }: HistoryRow): string =>
  [metric, [engine, options].join(' ').trim(), trace, pricing].filter((part) => part !== '').join(', ');

function SeriesChart({ id, changes }: { id: string; changes: readonly TrendChange[] }) {
  const rows = [changes[0]!.from, ...changes.map(({ to }) => to)];
  const values = rows.map(({ value }) => value);
  const { height, frames } = stackedFrames([120], { left: 66 });
  const frame = frames[0]!;
  const x = rightwardScale(frame, rows.length, String);
  const y = scaleLinear()
    .domain([Math.min(0, ...values), Math.max(...values, 1) * 1.05])
    .range([frame.bottom, frame.top]);
  const points = [
    ...rows.map(({ value }, index) => ({ index, value })),
    { index: rows.length, value: values[values.length - 1]! },
  ];
  const path = line<{ index: number; value: number }>()
    .x(({ index }) => x.at(index))
    .y(({ value }) => y(value))
    .curve(curveStepAfter)
    .digits(1);
  const title = seriesName(rows[0]!);
  const step = Math.ceil(rows.length / 4);
  return (
    <Chart
      id={id}
      title={title}
      description={changes
        .map(({ from, to }) => `${to.commit || to.date}: ${from.value} to ${to.value}.`)
        .join(' ')}
      height={height}
      numbers={<ChangeTable changes={changes} />}
    >
      <Axes
        frame={frame}
        xTicks={rows.flatMap(({ commit, date }, index) =>
          index % step === 0 ? [{ at: x.at(index), label: (commit || date).slice(0, 8) }] : [],
        )}
        yTicks={y.ticks(4).map((tick) => ({ at: y(tick), label: compactInteger(tick) }))}
        xTitle="run, by its commit"
        yTitle={rows[0]!.unit}
      />
      <g class="s0">
        <path class="line" d={path(points) ?? ''} />
        {changes.map(({ to, judgement }, index) => (
          <circle
            key={index}
            class={judgement === 'worse' ? 'dot worse' : 'dot'}
            cx={px(x.at(index + 1))}
            cy={px(y(to.value))}
            r="3.5"
          >
            <title>
              <Name of={`${to.commit || to.date}: ${groupedInteger(to.value)}, ${judgement}`} />
            </title>
          </circle>
        ))}
      </g>
    </Chart>
  );
}

function ChangeTable({ changes }: { changes: readonly TrendChange[] }) {
  return (
    <table>
      <thead>
        <tr>
          {['date', 'commit', 'since'].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
          {['from', 'to'].map((title) => (
            <th key={title} scope="col" class="figure">
              {title}
            </th>
          ))}
          <th scope="col">judgement</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ from, to, judgement, reasons }, index) => (
          <tr key={index}>
            {[to.date, to.commit, from.commit].map((text, column) => (
              <td key={column} class="name">
                <Name of={text} />
              </td>
            ))}
            <td class="figure">{groupedInteger(from.value)}</td>
            <td class="figure">{groupedInteger(to.value)}</td>
            <td>
              <Name of={[judgement, ...reasons].join(': ')} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
