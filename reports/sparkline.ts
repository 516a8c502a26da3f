/** Pictures of one line for a terminal: eight heights of bars, and bars of eight parts a letter. */

const HEIGHTS = '▁▂▃▄▅▆▇█';
const PARTS = ' ▏▎▍▌▋▊▉';

/** A letter a value, from nothing to `most`; only a 0 is blank. */
export function sparkline(values: readonly number[], most = Math.max(...values)): string {
  return values.map((value) => heightOf(value === 0 ? 0 : value / most)).join('');
}

/** The same by magnitude: as many times as dear is as much higher, from `least` to `most`. */
export function logarithmicSparkline(
  values: readonly number[],
  { least, most }: { readonly least: number; readonly most: number },
): string {
  const range = Math.log(Math.max(most, 1)) - Math.log(Math.max(least, 1));
  const share = (value: number) =>
    range === 0 ? 1 : (Math.log(Math.max(value, 1)) - Math.log(Math.max(least, 1))) / range;
  return values.map((value) => heightOf(Math.max(share(value), Number.MIN_VALUE))).join('');
}

function heightOf(share: number): string {
  return share === 0 ? ' ' : HEIGHTS[Math.min(Math.ceil(share * HEIGHTS.length), HEIGHTS.length) - 1]!;
}

/** A bar so many letters long for `most`; whatever is more than nothing shows. */
export function barText(value: number, most: number, letters: number): string {
  const parts = value === 0 ? 0 : Math.max(1, Math.round((value / most) * letters * PARTS.length));
  const rest = parts % PARTS.length;
  return '█'.repeat(Math.floor(parts / PARTS.length)) + (rest === 0 ? '' : PARTS[rest]!);
}
