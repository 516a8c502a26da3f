import type { AdviseReport, Candidate, SiteAdvice } from '../harness/studies/advise/advise';
import type { Figures } from '../harness/studies/advise/candidates';
import { countText, groupedInteger } from '../harness/text/numbers';

/** An advice in words and rows, for every kind of report. */

export interface AdviceColumn {
  readonly title: string;
  readonly cell: (candidate: Candidate, site: SiteAdvice) => string;
}

const figure = (title: string, read: (figures: Figures) => number | null): AdviceColumn => ({
  title,
  cell: ({ replayed }) => {
    if (replayed.kind !== 'ok') {
      return 'n/a';
    }
    const value = read(replayed.figures);
    return value === null ? '' : groupedInteger(value);
  },
});

/** One row a candidate; the first column names it, the last remarks upon it. */
export const FIGURE_COLUMNS: readonly AdviceColumn[] = [
  figure('bytes wasted', ({ wastedBytes }) => wastedBytes),
  figure('in blocks', ({ wastedInBlocksBytes }) => wastedInBlocksBytes),
  figure('bytes held', ({ heldBytesPeak }) => heldBytesPeak),
  figure('worst cycles', ({ cyclesWorst }) => cyclesWorst),
  figure('total cycles', ({ cyclesTotal }) => cyclesTotal),
  figure('pages mapped', ({ pagesMapped }) => pagesMapped),
  figure('unmapped', ({ pagesUnmapped }) => pagesUnmapped),
  figure('failed', ({ failedAllocations }) => failedAllocations),
  figure('failed, fragmented', ({ failedWhenFragmented }) => failedWhenFragmented),
];

/** `recommended`, `now`, and why a candidate is out of the question or has no figures. */
export function remarkText(
  { allocator, objection, replayed }: Candidate,
  { advice, now }: SiteAdvice,
): string {
  return [
    ...(allocator === advice.allocator ? ['recommended'] : []),
    ...(advice.alsoFine.includes(allocator) ? ['fine too'] : []),
    ...(now.includes(allocator) ? ['now'] : []),
    ...(objection === null ? [] : [objection]),
    ...(replayed.kind === 'ok' ? [] : [replayed.reason]),
  ].join('; ');
}

/** `120 allocations of 5,000 to 9,000 bytes, always above a page, contiguous`. */
export function needsText({ allocations, bytesMin, bytesMax, shape, contiguous }: SiteAdvice): string {
  const sizes =
    bytesMin === bytesMax
      ? groupedInteger(bytesMin)
      : `${groupedInteger(bytesMin)} to ${groupedInteger(bytesMax)}`;
  const count = countText(allocations, 'allocation');
  return `${count} of ${sizes} ${sizes === '1' ? 'byte' : 'bytes'}, ${shape}${contiguous ? ', physically contiguous' : ''}`;
}

export const ADVICE_NOTE =
  'Held bytes include what an engine sets up once (the pool of xmalloc, the bitmap of vmalloc), whoever calls it. ' +
  'Each candidate replays the site’s own events alone. “Always” is what this trace shows, not what the code may do.';

/** What following the advice changes against what the site calls now; undefined where that is unknown or the same. */
export function differenceText({ now, advice, candidates }: SiteAdvice): string | undefined {
  const [only] = now;
  if (only === undefined || now.length > 1 || only === advice.allocator) {
    return undefined;
  }
  const of = (name: string) => candidates.find(({ allocator }) => allocator === name)!.replayed;
  const [before, after] = [of(only), of(advice.allocator)];
  if (before.kind !== 'ok' || after.kind !== 'ok') {
    return undefined;
  }
  const parts = DIFFERENCES.map(({ unit, read }) =>
    changeText(read(after.figures) - read(before.figures), unit),
  );
  return `${advice.allocator} instead of ${only}: ${parts.join(', ')}`;
}

const DIFFERENCES: readonly { unit: string; read: (figures: Figures) => number }[] = [
  { unit: 'bytes wasted in blocks', read: ({ wastedInBlocksBytes }) => wastedInBlocksBytes },
  { unit: 'bytes held', read: ({ heldBytesPeak }) => heldBytesPeak },
  { unit: 'cycles at worst', read: ({ cyclesWorst }) => cyclesWorst },
  { unit: 'cycles in all', read: ({ cyclesTotal }) => cyclesTotal },
  { unit: 'pages mapped', read: ({ pagesMapped }) => pagesMapped },
  { unit: 'failures when fragmented', read: ({ failedWhenFragmented }) => failedWhenFragmented ?? 0 },
];

function changeText(difference: number, unit: string): string {
  if (difference === 0) {
    return `as many ${unit}`;
  }
  return `${groupedInteger(Math.abs(difference))} ${difference > 0 ? 'more' : 'fewer'} ${unit}`;
}

export function headText({ pricing, heapPages, sites, sitesTotal }: AdviseReport): string {
  if (sitesTotal === 0) {
    return 'The trace allocates nothing.';
  }
  const listed =
    sites.length < sitesTotal ? `, the ${groupedInteger(sites.length)} with the most bytes are listed` : '';
  const count = countText(sitesTotal, 'call site');
  return `${count}${listed}; ${pricing}, ${groupedInteger(heapPages)} pages of heap.`;
}
