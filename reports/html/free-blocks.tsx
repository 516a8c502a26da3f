import { scaleLinear } from 'd3-scale';
import type { Checkpoint } from '../../harness/metrics/checkpoints';
import { groupedInteger } from '../../harness/text/numbers';
import type { HeapSurvey } from '../../harness/metrics/fragmentation';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { Axes, Chart, Legend, px, wideFrame } from './frame';
import { seriesClass } from './palette';
import { compactBytes, compactInteger } from './scales';

interface FreeBlocksProps {
  readonly id: string;
  readonly title: string;
  readonly replay: MeasuredReplay;
}

interface Moment {
  readonly label: string;
  readonly survey: HeapSurvey;
}

/** How many free blocks of which size lay inside the held memory at the start, at its peak and at the end. */
export function FreeBlocks({ id, title, replay }: FreeBlocksProps) {
  const moments = momentsOf(replay);
  const frame = wideFrame(170, 1);
  const classes = Math.max(1, ...moments.map(({ survey }) => survey.freeBlocksByLog2.length));
  const first = firstClass(moments);
  const most = Math.max(1, ...moments.flatMap(({ survey }) => survey.freeBlocksByLog2));
  const y = scaleLinear()
    .domain([0, most * 1.05])
    .range([frame.bottom, frame.top]);
  const slot = (frame.right - frame.left) / Math.max(classes - first, 1);
  const bar = Math.min((slot * 0.8) / moments.length, 24);
  const leftOf = (sizeClass: number, moment: number) =>
    frame.left + (sizeClass - first + 0.5) * slot + (moment - moments.length / 2) * bar;
  const xTicks = Array.from({ length: classes - first }, (_, index) => ({
    at: frame.left + (index + 0.5) * slot,
    label: compactBytes(2 ** (first + index)),
  }));
  const yTicks = y
    .ticks(4)
    .filter((tick) => Number.isInteger(tick))
    .map((tick) => ({ at: y(tick), label: compactInteger(tick) }));
  return (
    <Chart
      id={id}
      title={title}
      description={moments
        .map(
          ({ label, survey }) =>
            `${label}: ${survey.freeBlocks} free blocks, ${survey.freeBytes} bytes, the largest ${survey.largestFreeBytes}.`,
        )
        .join(' ')}
      frame={frame}
      numbers={<FreeBlockTable moments={moments} first={first} classes={classes} />}
    >
      <Axes
        frame={frame}
        xTicks={xTicks}
        yTicks={yTicks}
        xTitle="size of the free block, from"
        yTitle="blocks"
      />
      {moments.map(({ label, survey }, moment) => (
        <g key={label} class={seriesClass(moment)}>
          {survey.freeBlocksByLog2.map((count, sizeClass) =>
            count === 0 ? null : (
              <Bar
                key={sizeClass}
                left={leftOf(sizeClass, moment)}
                width={bar}
                top={y(count)}
                bottom={frame.bottom}
                title={`${label}: ${groupedInteger(count)} of ${compactBytes(2 ** sizeClass)} and more`}
              />
            ),
          )}
        </g>
      ))}
      <Legend
        frame={frame}
        columns={3}
        mark="box"
        entries={moments.map(({ label, survey }, moment) => ({
          label: `${label}: ${groupedInteger(survey.freeBlocks)}`,
          className: seriesClass(moment),
        }))}
      />
    </Chart>
  );
}

interface BarProps {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
  readonly title: string;
}

function Bar({ left, width, top, bottom, title }: BarProps) {
  return (
    <rect class="part" x={px(left)} y={px(top)} width={px(width)} height={px(bottom - top)}>
      <title>{title}</title>
    </rect>
  );
}

function momentsOf({ checkpoints, metrics }: MeasuredReplay): Moment[] {
  const peak = checkpoints.find(({ operation }) => operation === metrics['held.bytes.peak']?.operation);
  const labelled: [string, Checkpoint | undefined][] = [
    ['start', checkpoints[0]],
    ['held peak', peak],
    ['end', checkpoints[checkpoints.length - 1]],
  ];
  return labelled.flatMap(([label, checkpoint]) =>
    checkpoint?.survey ? [{ label, survey: checkpoint.survey }] : [],
  );
}

/** The smallest class that any moment has a block in. */
function firstClass(moments: readonly Moment[]): number {
  const firsts = moments
    .map(({ survey }) => survey.freeBlocksByLog2.findIndex((count) => count > 0))
    .filter((index) => index >= 0);
  return firsts.length === 0 ? 0 : Math.min(...firsts);
}

function FreeBlockTable({
  moments,
  first,
  classes,
}: {
  moments: readonly Moment[];
  first: number;
  classes: number;
}) {
  const sizes = Array.from({ length: classes - first }, (_, index) => first + index);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">from</th>
          {moments.map(({ label }) => (
            <th key={label} scope="col" class="figure">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sizes.map((sizeClass) => (
          <tr key={sizeClass}>
            <td>{compactBytes(2 ** sizeClass)}</td>
            {moments.map(({ label, survey }) => (
              <td key={label} class="figure">
                {groupedInteger(survey.freeBlocksByLog2[sizeClass] ?? 0)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
