import type { MeasuredPricing, MeasuredReplay } from '../../harness/metrics/measured-replay';
import type { Column } from './cells';

/** The columns that say which replay a row is about; the same in every table, so that tables can be joined. */
export function replayColumns<Row extends { readonly replay: MeasuredReplay }>(): Column<Row>[] {
  return [
    { name: 'trace', cell: ({ replay }) => replay.trace.name },
    { name: 'engine', cell: ({ replay }) => replay.engine.name },
    { name: 'engine.version', cell: ({ replay }) => replay.engine.version },
    { name: 'options', cell: ({ replay }) => optionsText(replay) },
    { name: 'heap.pages', cell: ({ replay }) => replay.machine.heapPages },
    { name: 'outcome', cell: ({ replay }) => replay.outcome.kind },
  ];
}

export function pricingColumn<Row extends { readonly pricing: MeasuredPricing | undefined }>(): Column<Row> {
  return { name: 'pricing', cell: ({ pricing }) => pricing?.id };
}

function optionsText({ engine }: MeasuredReplay): string {
  return Object.entries(engine.options)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
