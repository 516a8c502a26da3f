/**
 * Colours that colour-blind readers tell apart (Okabe and Ito, "Color Universal Design", 2008), as custom properties
 * so that the dark page can have lighter ones. Lines also differ by dashes once the colours run out.
 */

const SERIES_COUNT = 8;

/** Class of the n-th line of a chart. */
export function seriesClass(index: number): string {
  return `s${index % SERIES_COUNT}${index >= SERIES_COUNT ? ' dashed' : ''}`;
}

const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#56b4e9', '#5b3a9e', '#333333'];
const DARK = ['#4ea6dc', '#f08a3c', '#35c79b', '#e39bc3', '#e6c73d', '#8fd0f5', '#b39ae6', '#dddddd'];

const variables = (colours: readonly string[]) =>
  colours.map((colour, index) => `--s${index}:${colour};`).join('');

export const LIGHT_VARIABLES = variables(LIGHT);
export const DARK_VARIABLES = variables(DARK);

export const SERIES_RULES = LIGHT.map((_, index) => `.s${index}{--c:var(--s${index})}`).join('');

/** Class of each cause in stacked bars: work, caches from near to far, translation, the rest. */
const CAUSE_CLASSES: Readonly<Record<string, string>> = {
  instructions: 's7',
  accesses: 's0',
  l1: 's2',
  l2: 's5',
  l3: 's0',
  dram: 's1',
  prefetched: 's4',
  tlb: 's3',
  lockedUpdates: 's6',
  bitScans: 's2 light',
  mispredicts: 's4 light',
  maps: 's1 light',
  unmaps: 's3 light',
  tlbFlushes: 's6 light',
};

export function causeClass(cause: string): string {
  return CAUSE_CLASSES[cause] ?? 's7 light';
}
