import { worstOperations } from '../../harness/metrics/measured-replay';
import { EVENT_NAMES } from '../../harness/metrics/schema';
import { CAUSE_NAMES, type WorstOperation } from '../../harness/metrics/worst-operations';
import type { Results } from '../../harness/results/results';
import { pricedRows, type PricedRow } from '../engine-table';
import { csvText, type Column } from './cells';
import { pricingColumn, replayColumns } from './replay-columns';

interface WorstRow extends PricedRow {
  readonly rank: number;
  readonly worst: WorstOperation;
}

/**
 * `worst.csv`: the dearest operations of every replay and pricing (those kept of each kind, ranked together), with
 * cycles by cause, which add up, and domain events.
 */
export function worstCsv(results: Results): string {
  const rows = pricedRows(results.replays).flatMap(({ replay, pricing }): WorstRow[] =>
    pricing === undefined
      ? []
      : worstOperations(pricing, Infinity).map((worst, index) => ({
          replay,
          pricing,
          rank: index + 1,
          worst,
        })),
  );
  const causes = CAUSE_NAMES.filter((name) => rows.some(({ worst }) => worst.causes[name] !== undefined));
  const events = EVENT_NAMES.filter((name) => rows.some(({ worst }) => worst.events[name] !== undefined));
  const columns: Column<WorstRow>[] = [
    ...replayColumns<WorstRow>(),
    pricingColumn(),
    { name: 'rank', cell: ({ rank }) => rank },
    { name: 'operation', cell: ({ worst }) => worst.operation },
    { name: 'op', cell: ({ worst }) => worst.op },
    { name: 'id', cell: ({ worst }) => worst.id },
    { name: 'size.bytes', cell: ({ worst }) => worst.sizeBytes },
    { name: 'align.bytes', cell: ({ worst }) => worst.alignBytes },
    { name: 'cycles', cell: ({ worst }) => worst.cycles },
    ...causes.map((name): Column<WorstRow> => ({
      name: `cycles.${name}`,
      cell: ({ worst }) => worst.causes[name] ?? 0,
    })),
    ...events.map((name): Column<WorstRow> => ({
      name: `events.${name}`,
      cell: ({ worst }) => worst.events[name] ?? 0,
    })),
  ];
  return csvText(columns, rows);
}
