import { OP_KINDS, type OpKind } from '../../harness/metrics/op-kinds';
import type { Results } from '../../harness/results/results';
import { percentileLadder, type LadderStep } from '../percentile-ladder';
import { pricedRows, type PricedRow } from '../engine-table';
import { csvText } from './cells';
import { pricingColumn, replayColumns } from './replay-columns';

interface LatencyRow extends PricedRow, LadderStep {
  readonly kind: OpKind;
}

/**
 * `latency.csv`: the percentile curve of every replay, pricing and operation kind, ready to plot; percentiles are
 * given as fractions (numerator / denominator), cycles are exact, the last row of a curve is the maximum. The whole
 * distribution is in `results.json`.
 */
export function latencyCsv(results: Results): string {
  const rows = pricedRows(results.replays).flatMap(({ replay, pricing }): LatencyRow[] =>
    pricing === undefined
      ? []
      : OP_KINDS.flatMap((kind) =>
          percentileLadder(pricing.kinds[kind].distribution).map((step) => ({
            replay,
            pricing,
            kind,
            ...step,
          })),
        ),
  );
  return csvText(
    [
      ...replayColumns<LatencyRow>(),
      pricingColumn(),
      { name: 'kind', cell: ({ kind }) => kind },
      { name: 'percentile', cell: ({ numerator, denominator }) => percentText(numerator, denominator) },
      { name: 'cycles', cell: ({ cycles }) => cycles },
      { name: 'operations.up-to', cell: ({ operations }) => operations },
    ],
    rows,
  );
}

/** numerator / denominator in percent, to the last decimal: the denominators are 10 · 2^k, so there is one. */
function percentText(numerator: number, denominator: number): string {
  let rest = (numerator * 100) % denominator;
  let text = String(Math.floor((numerator * 100) / denominator));
  for (let point = '.'; rest > 0; point = '') {
    text += point + String(Math.floor((rest * 10) / denominator));
    rest = (rest * 10) % denominator;
  }
  return text;
}
