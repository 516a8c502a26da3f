import type { ComponentChildren } from 'preact';
import { escapeControls } from '../../traces/input-error';
import { Scroll } from './scroll';

/** The geometry of one drawing area inside margins that hold the axes' labels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Every picture is as wide as a phone's screen and stands beside others where there is room, so that its letters keep
 * their size on both.
 */
export const PICTURE_WIDTH = 360;

/** Where drawing areas end whose lines are labelled at their ends. */
export const LABELLED_RIGHT = PICTURE_WIDTH - 24;

const LABEL_HEIGHT = 16;
const AXIS_HEIGHT = 36;

export interface Stack {
  readonly height: number;
  readonly frames: readonly Frame[];
}

/** Drawing areas one below the other that share their x-axis; only the last has room for its labels. */
export function stackedFrames(
  heights: readonly number[],
  { left = 50, right = PICTURE_WIDTH - 14 }: { left?: number; right?: number } = {},
): Stack {
  let top = LABEL_HEIGHT;
  const frames = heights.map((height) => {
    const frame = { left, right, top, bottom: top + height };
    top = frame.bottom + LABEL_HEIGHT;
    return frame;
  });
  return { height: top - LABEL_HEIGHT + AXIS_HEIGHT, frames };
}

/** One decimal is a tenth of a pixel: enough for the eye, and the same text on every host. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

interface AxesProps {
  readonly frame: Frame;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  /** Absent where the x-axis belongs to a drawing area further down. */
  readonly xTitle?: string;
  readonly yTitle: string;
}

/** Axes with light grid lines; positions of ticks are already in pixels. */
export function Axes({ frame, xTicks, yTicks, xTitle, yTitle }: AxesProps) {
  const { left, right, top, bottom } = frame;
  return (
    <g class="axes" aria-hidden="true">
      {yTicks.map(({ at, label }) => (
        <g key={label}>
          <line class="grid" x1={left} x2={right} y1={px(at)} y2={px(at)} />
          <text x={left - 5} y={px(at + 4)} text-anchor="end">
            {label}
          </text>
        </g>
      ))}
      {xTicks.map(({ at, label }) => (
        <g key={label}>
          <line class="tick" x1={px(at)} x2={px(at)} y1={bottom} y2={bottom + 4} />
          {xTitle !== undefined && (
            <text x={px(at)} y={bottom + 16} text-anchor={at > right - 12 ? 'end' : 'middle'}>
              {label}
            </text>
          )}
        </g>
      ))}
      <line class="axis" x1={left} x2={right} y1={bottom} y2={bottom} />
      {xTitle !== undefined && (
        <text class="axis-title" x={right} y={bottom + 31} text-anchor="end">
          {escapeControls(xTitle)}
        </text>
      )}
      <text class="axis-title" x={left} y={top - 4}>
        {escapeControls(yTitle)}
      </text>
    </g>
  );
}

interface ChartProps {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly height: number;
  readonly children: ComponentChildren;
  /** What colours and shades mean: beside the picture, where it can wrap and be read aloud. */
  readonly legend?: ComponentChildren;
  /** The same numbers as text: a table below the picture, folded away. */
  readonly numbers?: ComponentChildren;
  /**
   * Left, right and number of events of an x-axis that a cursor may run along. Marks in such a picture can be reached
   * by the keyboard: it is a group, not one image.
   */
  readonly xAxis?: string;
}

/** A picture with its name, what it shows in words, and its numbers for those who cannot or will not look. */
export function Chart(props: ChartProps) {
  const { id, description, height, children, legend, numbers, xAxis } = props;
  const title = escapeControls(props.title);
  return (
    <figure id={id}>
      <figcaption>{title}</figcaption>
      {legend}
      <svg
        viewBox={`0 0 ${PICTURE_WIDTH} ${height}`}
        role={xAxis === undefined ? 'img' : 'group'}
        aria-labelledby={`${id}-title ${id}-description`}
        data-x={xAxis}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-description`}>{escapeControls(description)}</desc>
        {children}
      </svg>
      {numbers !== undefined && (
        <details>
          <summary>{`Numbers: ${title}`}</summary>
          <Scroll label={`Numbers: ${title}`}>{numbers}</Scroll>
        </details>
      )}
    </figure>
  );
}
