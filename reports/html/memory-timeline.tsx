import { area, curveStepAfter, line } from 'd3-shape';
import type { Checkpoint } from '../../harness/metrics/checkpoints';
import { groupedInteger } from '../../harness/text/numbers';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { Axes, Chart, Legend, px, wideFrame, type Frame } from './frame';
import { bytesScale, rightwardBytesScale } from './scales';

interface MemoryTimelineProps {
  readonly id: string;
  readonly title: string;
  readonly replay: MeasuredReplay;
}

/** Live, granted and held over bytes allocated: what lies between the lines is waste inside and outside of blocks. */
export function MemoryTimeline({ id, title, replay }: MemoryTimelineProps) {
  const frame = wideFrame(210, 1);
  const { checkpoints, metrics } = replay;
  const last = checkpoints[checkpoints.length - 1]!;
  const x = rightwardBytesScale(frame, last.allocatedBytes);
  const y = bytesScale(
    frame,
    Math.max(...checkpoints.map(({ heldBytes, grantedBytes }) => Math.max(heldBytes, grantedBytes))),
  );
  const at = ({ allocatedBytes }: Checkpoint) => x.at(allocatedBytes);
  const band = (low: (each: Checkpoint) => number, high: (each: Checkpoint) => number) =>
    area<Checkpoint>()
      .x(at)
      .y0((each) => y.at(low(each)))
      .y1((each) => y.at(high(each)))
      .curve(curveStepAfter)
      .digits(1)(checkpoints) ?? '';
  const outline = line<Checkpoint>()
    .x(at)
    .y(({ heldBytes }) => y.at(heldBytes))
    .curve(curveStepAfter)
    .digits(1);
  return (
    <Chart
      id={id}
      title={title}
      description={`Held at most ${metrics['held.bytes.peak']?.value ?? 0} bytes, live at most ${metrics['live.bytes.peak']?.value ?? 0} bytes.`}
      frame={frame}
      numbers={<TimelineTable checkpoints={checkpoints} />}
    >
      <Axes
        frame={frame}
        xTicks={x.ticks}
        yTicks={y.ticks}
        xTitle={`allocated so far, ${x.unit}`}
        yTitle={y.unit}
      />
      <path
        class="band live"
        d={band(
          () => 0,
          ({ liveBytes }) => liveBytes,
        )}
      />
      <path
        class="band internal"
        d={band(
          ({ liveBytes }) => liveBytes,
          ({ grantedBytes }) => grantedBytes,
        )}
      />
      <path
        class="band external"
        d={band(
          ({ grantedBytes }) => grantedBytes,
          ({ heldBytes, grantedBytes }) => Math.max(heldBytes, grantedBytes),
        )}
      />
      <path class="outline" d={outline(checkpoints) ?? ''} />
      <Moments replay={replay} frame={frame} x={at} y={y.at} />
      <Legend frame={frame} columns={3} mark="box" entries={BANDS} />
    </Chart>
  );
}

interface MomentsProps {
  readonly replay: MeasuredReplay;
  readonly frame: Frame;
  readonly x: (checkpoint: Checkpoint) => number;
  readonly y: (bytes: number) => number;
}

/** The first operation of maximal held, and the first failed allocation. */
function Moments({ replay, frame, x, y }: MomentsProps) {
  const { checkpoints, firstFailure, metrics } = replay;
  const peak = checkpoints.find(({ operation }) => operation === metrics['held.bytes.peak']?.operation);
  const failure = checkpoints.find(({ operation }) => operation === firstFailure?.operation);
  return (
    <g>
      {failure !== undefined && (
        <g>
          <line class="failure" x1={px(x(failure))} x2={px(x(failure))} y1={frame.top} y2={frame.bottom} />
          <text class="mark" x={px(Math.min(x(failure) + 4, frame.right - 90))} y={frame.bottom - 6}>
            first failure
          </text>
        </g>
      )}
      {peak !== undefined && (
        <circle class="ring" cx={px(x(peak))} cy={px(y(peak.heldBytes))} r="4">
          <title>{`maximal held: ${groupedInteger(peak.heldBytes)} bytes at operation ${peak.operation}`}</title>
        </circle>
      )}
    </g>
  );
}

const BANDS = [
  { className: 'band external', label: 'held, not granted' },
  { className: 'band internal', label: 'headers and rounding' },
  { className: 'band live', label: 'live, as requested' },
];

const TABLE_COLUMNS = [
  ['operation', 'operation'],
  ['allocated', 'allocatedBytes'],
  ['live', 'liveBytes'],
  ['granted', 'grantedBytes'],
  ['held', 'heldBytes'],
] as const;

function TimelineTable({ checkpoints }: { checkpoints: readonly Checkpoint[] }) {
  return (
    <table>
      <thead>
        <tr>
          {TABLE_COLUMNS.map(([title]) => (
            <th key={title} scope="col" class="figure">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {checkpoints.map((checkpoint) => (
          <tr key={checkpoint.operation}>
            {TABLE_COLUMNS.map(([title, column]) => (
              <td key={title} class="figure">
                {groupedInteger(checkpoint[column])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
