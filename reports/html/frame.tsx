import type { ComponentChildren } from 'preact';

/** The geometry that all charts share: one drawing area inside margins that hold the axes' labels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const LEGEND_ROW = 16;

/** A chart as wide as the text column, with room for rows of a legend above the drawing area. */
export function wideFrame(height: number, legendRows = 0): Frame {
  const top = 12 + LEGEND_ROW * legendRows;
  return { width: 760, height: top + height, left: 66, right: 744, top, bottom: top + height - 34 };
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
  readonly xTitle: string;
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
          <text x={left - 6} y={px(at + 3.5)} text-anchor="end">
            {label}
          </text>
        </g>
      ))}
      {xTicks.map(({ at, label }) => (
        <g key={label}>
          <line class="tick" x1={px(at)} x2={px(at)} y1={bottom} y2={bottom + 4} />
          <text x={px(at)} y={bottom + 15} text-anchor="middle">
            {label}
          </text>
        </g>
      ))}
      <line class="axis" x1={left} x2={right} y1={bottom} y2={bottom} />
      <text class="axis-title" x={right} y={bottom + 29} text-anchor="end">
        {xTitle}
      </text>
      <text class="axis-title" x={-top} y={13} text-anchor="end" transform="rotate(-90)">
        {yTitle}
      </text>
    </g>
  );
}

export interface LegendEntry {
  readonly label: string;
  /** Gives line or box its colour. */
  readonly className: string;
}

interface LegendProps {
  readonly frame: Frame;
  readonly columns: number;
  readonly mark: 'line' | 'box';
  readonly entries: readonly LegendEntry[];
}

/** What the colours mean: above the drawing area, where it hides nothing. */
export function Legend({ frame, columns, mark, entries }: LegendProps) {
  const width = (frame.right - frame.left) / columns;
  return (
    <g class="legend">
      {entries.map(({ label, className }, index) => {
        const left = frame.left + width * (index % columns);
        const middle = 11 + LEGEND_ROW * Math.floor(index / columns);
        return (
          <g key={label} class={className}>
            {mark === 'line' ? (
              <line class="line" x1={px(left)} x2={px(left + 22)} y1={middle} y2={middle} />
            ) : (
              <rect class={`part ${className}`} x={px(left)} y={middle - 6} width="12" height="11" />
            )}
            <text x={px(left + (mark === 'line' ? 28 : 17))} y={middle + 4}>
              {label}
            </text>
          </g>
        );
      })}
    </g>
  );
}

interface ChartProps {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly frame: Frame;
  readonly children: ComponentChildren;
  /** The same numbers as text: a table below the picture, folded away. */
  readonly numbers?: ComponentChildren;
}

/** A picture with its name, what it shows in words, and its numbers for those who cannot or will not look. */
export function Chart({ id, title, description, frame, children, numbers }: ChartProps) {
  return (
    <figure id={id}>
      <figcaption>{title}</figcaption>
      <svg
        viewBox={`0 0 ${frame.width} ${frame.height}`}
        role="img"
        aria-labelledby={`${id}-title ${id}-description`}
      >
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-description`}>{description}</desc>
        {children}
      </svg>
      {numbers !== undefined && (
        <details>
          <summary>Numbers</summary>
          <div class="scroll">{numbers}</div>
        </details>
      )}
    </figure>
  );
}
