import { metricNamed } from '../../harness/metrics/registry';
import type { Differences, Worsened } from '../../harness/studies/search/difference';
import type { Shortest } from '../../harness/studies/search/shrinking';
import { countText, decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { formatMetric } from '../metric-text';
import { alignedLines } from '../text-columns';
import { stepLines } from './shrunk-text';

/** What a search for a difference came to. */

export interface DifferenceFacts {
  readonly labels: { readonly base: string; readonly head: string };
  readonly differences: Pick<Differences, 'worsened' | 'failure' | 'differing' | 'metrics'>;
  readonly shortest: Shortest | undefined;
  readonly traces: number;
  readonly perSecond: number;
  /** The folder that the traces are in. */
  readonly saved: string | undefined;
}

export function differenceText({
  labels,
  differences,
  shortest,
  traces,
  perSecond,
  saved,
}: DifferenceFacts): string {
  const searched = `${countText(traces, 'trace')}, ${groupedInteger(perSecond)} a second`;
  const { worsened, failure, differing } = differences;
  if (differing === 0) {
    return `no difference found in ${searched}: the same placements, outcomes and ${differences.metrics.join(', ')}\n`;
  }
  const differ = `On ${groupedInteger(differing)} of ${searched}, the engines differ`;
  const verdict =
    failure !== undefined
      ? `HEAD ends as no engine may, where BASE does not (${failure.problem}).`
      : worsened.length === 0
        ? 'HEAD is worse on none of them.'
        : 'HEAD is worse; by most:';
  return [
    `base: ${labels.base}`,
    `head: ${labels.head}`,
    `${differ}. ${verdict}`,
    ...alignedLines(
      worsened.map((each) => ['  ' + each.metric, ...figuresOf(each)]),
      ['left', 'right', 'right', 'right'],
    ),
    ...(shortest === undefined ? [] : shortestLines(shortest, failure !== undefined, worsened[0])),
    ...(saved === undefined ? [] : [`Traces: difference.csv and difference-shrunk.csv in ${saved}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function figuresOf({ metric, base, head }: Worsened): string[] {
  const text = (value: number) => formatMetric(metricNamed(metric)!, { value });
  const share =
    base === 0
      ? 'from 0'
      : `${head >= base ? '+' : '−'}${decimalRatio(Math.abs(head - base) * 100, base, 0)} %`;
  return [text(base), text(head), share];
}

function shortestLines(
  { list, isMinimal }: Shortest,
  isFailure: boolean,
  worst: Worsened | undefined,
): string[] {
  const what = isFailure
    ? 'on which it still ends so'
    : worst === undefined
      ? 'on which they differ'
      : `on which ${worst.metric} is still worse by half as much`;
  const least = isMinimal ? 'no object can be left out' : 'perhaps not the shortest';
  return [
    `The shortest trace ${what}, ${countText(list.events.length, 'event')} (${least}):`,
    ...stepLines(list.events),
  ];
}
