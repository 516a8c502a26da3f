import { scaleLog } from 'd3-scale';
import type { Checkpoint } from '../../harness/metrics/checkpoints';
import type { HeapSurvey } from '../../harness/metrics/fragmentation';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { groupedInteger } from '../../harness/text/numbers';
import { Axes, Chart, px, stackedFrames, type Frame } from './frame';
import { BoxLegend, type Series } from './legend';
import { Name } from './name';
import { seriesClass } from './palette';
import { compactBytes, compactInteger } from './scales';

export interface EngineHeap extends Series {
  readonly replay: MeasuredReplay;
}

interface FreeBlocksProps {
  readonly id: string;
  readonly title: string;
  /** Those that had any. */
  readonly engines: readonly EngineHeap[];
}

interface Moment {
  readonly label: string;
  readonly survey: HeapSurvey;
}

const MOMENTS = ['start', 'held peak', 'end'] as const;
const ENGINE_HEIGHT = 80;

/**
 * How many free blocks of which size lay inside the held memory at the start, at its peak and at the end: a drawing
 * area an engine, counts on one logarithmic scale because they differ by thousands.
 */
export function FreeBlocks({ id, title, engines }: FreeBlocksProps) {
  const all = engines.map((each) => ({ ...each, moments: momentsOf(each.replay) }));
  const counts = all.flatMap(({ moments }) => moments.map(({ survey }) => survey.freeBlocksByLog2));
  const classes = Math.max(1, ...counts.map((each) => each.length));
  const firsts = counts.map((each) => each.findIndex((count) => count > 0)).filter((index) => index >= 0);
  const first = firsts.length === 0 ? 0 : Math.min(...firsts);
  const most = Math.max(1, ...counts.flat());
  const { height, frames } = stackedFrames(all.map(() => ENGINE_HEIGHT));
  return (
    <Chart
      id={id}
      title={title}
      description={all
        .flatMap(({ engine, moments }) =>
          moments.map(
            ({ label, survey }) =>
              `${engine}, ${label}: ${survey.freeBlocks} free blocks, ${survey.freeBytes} bytes, the largest ${survey.largestFreeBytes}.`,
          ),
        )
        .join(' ')}
      height={height}
      legend={
        <BoxLegend entries={MOMENTS.map((label, index) => ({ label, className: seriesClass(index) }))} />
      }
      numbers={<FreeBlockTable engines={all} first={first} classes={classes} />}
    >
      {all.map(({ engine, place, moments }, index) => (
        <EngineArea
          key={place}
          frame={frames[index]!}
          label={`${place + 1} ${engine}, blocks`}
          moments={moments}
          first={first}
          classes={classes}
          most={most}
          isLast={index === all.length - 1}
        />
      ))}
    </Chart>
  );
}

interface EngineAreaProps {
  readonly frame: Frame;
  readonly label: string;
  readonly moments: readonly Moment[];
  readonly first: number;
  readonly classes: number;
  readonly most: number;
  readonly isLast: boolean;
}

function EngineArea({ frame, label, moments, first, classes, most, isLast }: EngineAreaProps) {
  // One block is a bar to be seen, so the ground line stands for half a block.
  const y = scaleLog()
    .domain([0.5, Math.max(most, 2)])
    .range([frame.bottom, frame.top]);
  const slot = (frame.right - frame.left) / Math.max(classes - first, 1);
  const bar = Math.min((slot * 0.8) / Math.max(moments.length, 1), 20);
  const tickStep = Math.ceil(56 / slot);
  const xTicks = Array.from({ length: classes - first }, (_, index) => ({
    at: frame.left + (index + 0.5) * slot,
    label: compactBytes(2 ** (first + index)),
  })).filter((_, index) => index % tickStep === 0);
  const yTicks = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
    .filter((tick) => tick <= Math.max(most, 2))
    .map((tick) => ({ at: y(tick), label: compactInteger(tick) }));
  return (
    <g>
      <Axes
        frame={frame}
        xTicks={xTicks}
        yTicks={yTicks}
        yTitle={label}
        {...(isLast && { xTitle: 'size of the free block, from' })}
      />
      {moments.map((moment) => (
        <g key={moment.label} class={seriesClass(MOMENTS.findIndex((each) => each === moment.label))}>
          {moment.survey.freeBlocksByLog2.map((count, sizeClass) =>
            count === 0 ? null : (
              <rect
                key={sizeClass}
                class="part"
                x={px(
                  frame.left +
                    (sizeClass - first + 0.5) * slot +
                    (MOMENTS.findIndex((each) => each === moment.label) - 1.5) * bar,
                )}
                y={px(y(count))}
                width={px(bar)}
                height={px(frame.bottom - y(count))}
              >
                <title>{`${moment.label}: ${groupedInteger(count)} of ${compactBytes(2 ** sizeClass)} and more`}</title>
              </rect>
            ),
          )}
        </g>
      ))}
    </g>
  );
}

function momentsOf({ checkpoints, metrics }: MeasuredReplay): Moment[] {
  const peak = checkpoints.find(({ operation }) => operation === metrics['held.bytes.peak']?.operation);
  const at: Record<(typeof MOMENTS)[number], Checkpoint | undefined> = {
    start: checkpoints[0],
    'held peak': peak,
    end: checkpoints[checkpoints.length - 1],
  };
  return MOMENTS.flatMap((label) => {
    const survey = at[label]?.survey;
    return survey ? [{ label, survey }] : [];
  });
}

interface FreeBlockTableProps {
  readonly engines: readonly (EngineHeap & { readonly moments: readonly Moment[] })[];
  readonly first: number;
  readonly classes: number;
}

function FreeBlockTable({ engines, first, classes }: FreeBlockTableProps) {
  const columns = engines.flatMap(({ engine, moments }) =>
    moments.map(({ label, survey }) => ({ title: `${engine}, ${label}, blocks`, survey })),
  );
  const sizes = Array.from({ length: classes - first }, (_, index) => first + index);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">size from</th>
          {columns.map(({ title }) => (
            <th key={title} scope="col" class="figure">
              <Name of={title} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sizes.map((sizeClass) => (
          <tr key={sizeClass}>
            <th scope="row" class="whole">
              {compactBytes(2 ** sizeClass)}
            </th>
            {columns.map(({ title, survey }) => (
              <td key={title} class="figure">
                {groupedInteger(survey.freeBlocksByLog2[sizeClass] ?? 0)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
