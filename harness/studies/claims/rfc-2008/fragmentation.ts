import { percentText } from '../../../text/numbers';
import type { MetricName } from '../../../metrics/registry';
import type { MinimumHeap } from '../../../replay/minimum-heap';
import { trial, type Derived } from '../trial';
import type { Laboratory } from '../laboratory';
import { claim, FIRST_FIT, TLSF_2008, TLSF_HEAD } from './document';

/** TLSF as the "low fragmentation" allocator: smallest heaps, Wilson and Johnstone's #4, and waste, trace by trace. */

const TRACES = [
  'recorded:python-json',
  'recorded:git-status',
  'recorded:xmllint',
  'synth:difference-engine?pages=1024&seconds=4',
  'synth:tmem?ops=4000&capacity=400',
];

/** One figure of the three engines on one trace, lower is better; undefined where the trace does not complete. */
export interface EngineFigures {
  readonly trace: string;
  readonly firstFit: number | undefined;
  readonly tlsf2008: number | undefined;
  readonly tlsfHead: number | undefined;
}

export const minimumHeapTrial = trial<readonly EngineFigures[]>({
  claim: claim({
    name: 'tlsf-low-fragmentation-minimum-heap',
    statement: 'TLSF is a "low fragmentation" allocator, judged by the smallest heap that a trace needs.',
    experiment:
      'Smallest heap by bisection on three recorded programs, Difference Engine and tmem traces, first-fit against TLSF of 2008 and of today.',
    expected: 'On every trace TLSF needs no larger heap than first-fit.',
  }),
  measure: (laboratory) =>
    figures(async (trace, engine) => heapPagesOf(await laboratory.smallestHeap(trace, engine))),
  judge: (traces) => judgeFigures(traces, 'pages needed', String),
});

export const wilsonTrial = trial<readonly EngineFigures[]>({
  claim: claim({
    name: 'tlsf-low-fragmentation-wilson-4',
    statement: 'TLSF is a "low fragmentation" allocator, judged by Wilson and Johnstone’s fourth measure.',
    experiment: 'Maximal held over maximal live bytes on the same traces, with memory in plenty.',
    expected: 'On every trace TLSF’s #4 is no higher than first-fit’s.',
  }),
  measure: (laboratory) => metricFigures(laboratory, 'fragmentation.wj4'),
  judge: (traces) => judgeFigures(traces, '#4', percentText),
});

export const wasteTrial = trial<readonly EngineFigures[]>({
  claim: claim({
    name: 'tlsf-low-fragmentation-waste',
    statement: 'TLSF is a "low fragmentation" allocator, judged by the waste inside the memory it holds.',
    experiment: 'Waste, (held − live) / held at the peak, on the same traces.',
    expected: 'On every trace TLSF wastes no larger a share than first-fit.',
  }),
  measure: (laboratory) => metricFigures(laboratory, 'waste.peak'),
  judge: (traces) => judgeFigures(traces, 'waste', percentText),
});

async function figures(
  figure: (trace: string, engine: string) => Promise<number | undefined>,
): Promise<EngineFigures[]> {
  const rows: EngineFigures[] = [];
  for (const trace of TRACES) {
    rows.push({
      trace: shortName(trace),
      firstFit: await figure(trace, FIRST_FIT),
      tlsf2008: await figure(trace, TLSF_2008),
      tlsfHead: await figure(trace, TLSF_HEAD),
    });
  }
  return rows;
}

const metricFigures = (laboratory: Laboratory, metric: MetricName): Promise<EngineFigures[]> =>
  figures(async (specification, engine) => {
    const { outcome, metrics } = await laboratory.measure({ trace: { specification }, engine });
    const completes = outcome.kind === 'ok' && outcome.failedAllocations === 0;
    return completes ? metrics[metric]?.value : undefined;
  });

const heapPagesOf = (found: MinimumHeap): number | undefined =>
  found.kind === 'found' ? found.heapPages : undefined;

const shortName = (specification: string): string =>
  specification.replace(/^[a-z]+:/, '').replace(/\?.*/, '');

/**
 * The claim was made of TLSF as of 2008. Where that engine refuses requests, today's stands in, and that it had to is
 * a correction; so is a trace on which first-fit does better while TLSF wins most.
 */
function judgeFigures(
  traces: readonly EngineFigures[],
  what: string,
  text: (figure: number) => string,
): Derived {
  const judged = traces.flatMap((row) => {
    const tlsf = row.tlsf2008 ?? row.tlsfHead;
    return row.firstFit === undefined || tlsf === undefined ? [] : [{ ...row, fits: tlsf <= row.firstFit }];
  });
  const shown = (figure: number | undefined): string => (figure === undefined ? 'n/a' : text(figure));
  const because = `${capital(what)}, first-fit / TLSF 2008 / TLSF today: ${traces
    .map((row) => `${row.trace} ${shown(row.firstFit)} / ${shown(row.tlsf2008)} / ${shown(row.tlsfHead)}`)
    .join('; ')}.`;
  const lost = judged.filter(({ fits }) => !fits);
  if (judged.length === 0 || 2 * lost.length >= judged.length) {
    return { verdict: 'refuted', because };
  }
  const refused = judged.filter(({ tlsf2008 }) => tlsf2008 === undefined);
  const corrections = [
    ...(lost.length === 0
      ? []
      : [`First-fit does better on ${lost.map(({ trace }) => trace).join(' and ')}.`]),
    ...(refused.length === 0
      ? []
      : [
          `TLSF of 2008 refuses requests of ${refused.map(({ trace }) => trace).join(' and ')} whatever memory there is.`,
        ]),
  ];
  return corrections.length === 0
    ? { verdict: 'confirmed', because }
    : { verdict: 'confirmed with a correction', because: [because, ...corrections].join(' ') };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
