import { area, curveStepAfter, line } from 'd3-shape';
import type { Checkpoint } from '../../harness/metrics/checkpoints';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { groupedInteger } from '../../harness/text/numbers';
import { Axes, Chart, px, stackedFrames, LABELLED_RIGHT } from './frame';
import { EndLabels, EngineLegend, type Series } from './legend';
import { Name } from './name';
import { seriesClass } from './palette';
import { bytesScale, rightwardBytesScale } from './scales';

export interface EngineMemory extends Series {
  readonly replay: MeasuredReplay;
}

interface MemoryChartProps {
  readonly id: string;
  readonly title: string;
  readonly engines: readonly EngineMemory[];
}

/** Held bytes of every engine over bytes allocated, above what the program itself had live: the gap is waste. */
export function MemoryChart({ id, title, engines }: MemoryChartProps) {
  const { height, frames } = stackedFrames([190], { right: LABELLED_RIGHT });
  const frame = frames[0]!;
  const all = engines.flatMap(({ replay }) => replay.checkpoints);
  const x = rightwardBytesScale(frame, Math.max(...all.map(({ allocatedBytes }) => allocatedBytes)));
  const y = bytesScale(
    frame,
    Math.max(...all.map(({ heldBytes, grantedBytes }) => Math.max(heldBytes, grantedBytes))),
  );
  const longest = engines.reduce((most, each) => (lastOf(each) > lastOf(most) ? each : most));
  const live = area<Checkpoint>()
    .x(({ allocatedBytes }) => x.at(allocatedBytes))
    .y0(y.at(0))
    .y1(({ liveBytes }) => y.at(liveBytes))
    .curve(curveStepAfter)
    .digits(1);
  const held = line<Checkpoint>()
    .x(({ allocatedBytes }) => x.at(allocatedBytes))
    .y(({ heldBytes }) => y.at(heldBytes))
    .curve(curveStepAfter)
    .digits(1);
  return (
    <Chart
      id={id}
      title={title}
      description={engines
        .map(
          ({ engine, replay: { metrics } }) =>
            `${engine}: held at most ${metrics['held.bytes.peak']?.value ?? 0} bytes, live at most ${metrics['live.bytes.peak']?.value ?? 0} bytes.`,
        )
        .join(' ')}
      height={height}
      legend={<MemoryLegend engines={engines} />}
      numbers={<MemoryTable engines={engines} />}
    >
      <Axes
        frame={frame}
        xTicks={x.ticks}
        yTicks={y.ticks}
        xTitle={`allocated so far, ${x.unit}`}
        yTitle={`memory, ${y.unit}`}
      />
      <path class="band live" d={live(steps(longest.replay.checkpoints, 'liveBytes')) ?? ''} />
      {engines.map((each) => (
        <EngineLine
          key={each.place}
          {...each}
          x={x.at}
          y={y.at}
          path={held(steps(each.replay.checkpoints, 'heldBytes')) ?? ''}
        />
      ))}
      <EndLabels
        top={frame.top}
        bottom={frame.bottom}
        labels={engines.map(({ place, replay: { checkpoints } }) => {
          const last = checkpoints[checkpoints.length - 1]!;
          return { place, x: x.at(last.allocatedBytes), y: y.at(last.heldBytes) };
        })}
      />
    </Chart>
  );
}

function MemoryLegend({ engines }: { engines: readonly EngineMemory[] }) {
  return (
    <>
      <ul class="legend">
        <li class="band live">
          <span class="swatch" aria-hidden="true" />
          live, as requested
        </li>
      </ul>
      <EngineLegend
        series={engines}
        note={({ place }) => `, held`.concat(failureNote(engines.find((each) => each.place === place)!))}
      />
    </>
  );
}

/** Where a line of steps has one, and its end: what lies between draws nothing. */
const steps = (checkpoints: readonly Checkpoint[], value: 'liveBytes' | 'heldBytes'): Checkpoint[] =>
  checkpoints.filter(
    (each, index) => index === checkpoints.length - 1 || each[value] !== checkpoints[index - 1]?.[value],
  );

const lastOf = ({ replay: { checkpoints } }: EngineMemory): number =>
  checkpoints[checkpoints.length - 1]!.allocatedBytes;

function failureNote({ replay: { firstFailure } }: EngineMemory): string {
  return firstFailure === null
    ? ''
    : `; first failure (×) at operation ${groupedInteger(firstFailure.operation)}`;
}

interface EngineLineProps extends EngineMemory {
  readonly path: string;
  readonly x: (bytes: number) => number;
  readonly y: (bytes: number) => number;
}

/** The held line with a ring at its first peak and a cross at the first failed allocation. */
function EngineLine({ place, replay, path, x, y }: EngineLineProps) {
  const { checkpoints, firstFailure, metrics } = replay;
  const at = (operation: number | undefined) => checkpoints.find((each) => each.operation === operation);
  const peak = at(metrics['held.bytes.peak']?.operation);
  const failure = at(firstFailure?.operation);
  return (
    <g class={seriesClass(place)}>
      <path class="line" d={path} />
      {peak !== undefined && (
        <circle class="peak" cx={px(x(peak.allocatedBytes))} cy={px(y(peak.heldBytes))} r="4">
          <title>{`maximal held: ${groupedInteger(peak.heldBytes)} bytes at operation ${groupedInteger(peak.operation)}`}</title>
        </circle>
      )}
      {failure !== undefined && (
        <path
          class="cross"
          d={`M${px(x(failure.allocatedBytes) - 4)} ${px(y(failure.heldBytes) - 4)}l8 8m-8 0l8 -8`}
        >
          <title>{`first failure at operation ${groupedInteger(failure.operation)}`}</title>
        </path>
      )}
    </g>
  );
}

/** A table is for reading: the moments between these are in `timeline.csv`. */
const MOMENTS_SHOWN = 8;

const COLUMNS = [
  ['operation', 'operation'],
  ['allocated, bytes', 'allocatedBytes'],
  ['live, bytes', 'liveBytes'],
  ['granted, bytes', 'grantedBytes'],
  ['held, bytes', 'heldBytes'],
] as const;

function MemoryTable({ engines }: { engines: readonly EngineMemory[] }) {
  return (
    <table>
      <caption>Some moments; all are in timeline.csv</caption>
      <thead>
        <tr>
          <th scope="col">engine</th>
          {COLUMNS.map(([title]) => (
            <th key={title} scope="col" class="figure">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {engines.flatMap(({ engine, replay }) =>
          thinned(replay).map((checkpoint) => (
            <tr key={`${engine} ${checkpoint.operation}`}>
              <td>
                <Name of={engine} />
              </td>
              {COLUMNS.map(([title, column]) => (
                <td key={title} class="figure">
                  {groupedInteger(checkpoint[column])}
                </td>
              ))}
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

/** The first, the last, the peak and some between. */
function thinned({ checkpoints, metrics }: MeasuredReplay): Checkpoint[] {
  const step = Math.max(1, Math.ceil(checkpoints.length / MOMENTS_SHOWN));
  const peak = metrics['held.bytes.peak']?.operation;
  return checkpoints.filter(
    ({ operation }, index) => index % step === 0 || index === checkpoints.length - 1 || operation === peak,
  );
}
