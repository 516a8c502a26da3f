import type { ComponentChildren } from 'preact';
import { Name } from './name';
import { seriesClass } from './palette';

/** An engine of a section: its number is its label in every picture, its place gives its colour. */
export interface Series {
  readonly engine: string;
  readonly place: number;
}

interface EngineLegendProps {
  readonly series: readonly Series[];
  readonly note?: (series: Series) => ComponentChildren;
}

/** Which number and colour is which engine. */
export function EngineLegend({ series, note }: EngineLegendProps) {
  return (
    <ul class="legend">
      {series.map((each) => (
        <li key={each.place} class={seriesClass(each.place)}>
          <span class="swatch" aria-hidden="true" />
          <b>{each.place + 1}</b> <Name of={each.engine} />
          {note?.(each)}
        </li>
      ))}
    </ul>
  );
}

/** What boxes of these classes mean. */
export function BoxLegend({
  entries,
}: {
  entries: readonly { label: ComponentChildren; className: string }[];
}) {
  return (
    <ul class="legend">
      {entries.map(({ label, className }, index) => (
        <li key={index} class={className}>
          <span class="swatch" aria-hidden="true" />
          {label}
        </li>
      ))}
    </ul>
  );
}

/** What the shades of a raster look like. */
export function Shades({ colours }: { colours: readonly (readonly number[])[] }) {
  return (
    <span class="shades" aria-hidden="true">
      {colours.map(([red, green, blue, alpha], index) => (
        <i
          key={index}
          style={`background:rgb(${red} ${green} ${blue}/${Math.round((alpha! * 100) / 255)}%)`}
        />
      ))}
    </span>
  );
}

interface EndLabel {
  readonly place: number;
  readonly x: number;
  readonly y: number;
}

const END_LABEL_HEIGHT = 11;

/** The numbers of engines at the ends of their lines, moved apart where lines end together. */
export function EndLabels({
  labels,
  top,
  bottom,
}: {
  labels: readonly EndLabel[];
  top: number;
  bottom: number;
}) {
  const sorted = [...labels].sort((a, b) => a.y - b.y || a.place - b.place);
  const step = Math.min(END_LABEL_HEIGHT, (bottom - top + END_LABEL_HEIGHT) / Math.max(sorted.length, 1));
  const lowest = bottom - step * (sorted.length - 1);
  let next = -Infinity;
  return (
    <>
      {sorted.map(({ place, x, y }, index) => {
        const at = Math.max(next, Math.min(y, lowest + step * index));
        next = at + step;
        return (
          <text
            key={index}
            class={`end ${seriesClass(place)}`}
            x={String(Math.round(x + 4))}
            y={String(Math.round(at + 4))}
          >
            {place + 1}
          </text>
        );
      })}
    </>
  );
}
