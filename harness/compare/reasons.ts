import type { MeasuredPricing } from '../metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../metrics/op-kinds';
import { rowsOf, type CellComparison, type ComparedCell, type MetricRow, type Reason } from './comparison';

/**
 * Why: for every cell, pricing and operation kind with a regressed metric the worst operation before and after, which
 * say by their causes and events what the engine does now that it did not do.
 */
export function reasonsFor(cells: readonly CellComparison[]): Reason[] {
  return cells.flatMap((cell) => (cell.kind === 'compared' ? reasonsOf(cell) : []));
}

function reasonsOf(cell: ComparedCell): Reason[] {
  const reasons = new Map<string, Reason & { metrics: string[] }>();
  for (const row of rowsOf(cell).filter(({ judgement }) => judgement === 'regression')) {
    const pricing = pricingOf(cell, row);
    if (pricing === undefined) {
      continue;
    }
    const kind = OP_KINDS.find((each) => row.metric.startsWith(`${each}.`)) ?? dearestKind(pricing.head);
    const key = JSON.stringify([pricing.id, kind]);
    const reason = reasons.get(key) ?? { cell, pricing, kind, metrics: [] };
    reason.metrics.push(row.metric);
    reasons.set(key, reason);
  }
  return [...reasons.values()];
}

/** The row's own pricing; for metrics without one the first, whose operations are as good as any other's. */
function pricingOf(cell: ComparedCell, { pricing }: MetricRow): Reason['pricing'] | undefined {
  return cell.pricings
    .filter((each) => each.kind === 'compared')
    .find(({ id }) => pricing === null || id === pricing);
}

function dearestKind({ kinds }: MeasuredPricing): OpKind {
  const cyclesOf = (kind: OpKind) => kinds[kind].worst[0]?.cycles ?? -1;
  return OP_KINDS.reduce((dearest, kind) => (cyclesOf(kind) > cyclesOf(dearest) ? kind : dearest));
}
