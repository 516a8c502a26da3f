import { hashesOf, rowsOf, type CellComparison, type Comparison } from '../../harness/compare/comparison';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { jsonText } from '../../harness/results/json-text';
import { stopText } from '../trace-groups';

/** The comparison as data, format `alloc-replay/comparison@1`: everything but the replays themselves. */
export function comparisonJson(comparison: Comparison): string {
  const { base, head, limits, cells, reasons, verdict } = comparison;
  return jsonText({
    schema: 'alloc-replay/comparison@1',
    base,
    head,
    limits: limits.map(({ pattern, text }) => ({ pattern, limit: text })),
    verdict,
    cells: cells.map(cellData),
    reasons: reasons.map(({ cell, pricing, kind, metrics }) => ({
      trace: cell.head.trace.name,
      engine: cell.head.engine.name,
      pricing: pricing.id,
      kind,
      metrics,
      base: pricing.base.kinds[kind].worst[0] ?? null,
      head: pricing.head.kinds[kind].worst[0] ?? null,
    })),
  });
}

function cellData(cell: CellComparison): object {
  const { kind, category } = cell;
  const sides = {
    status: kind,
    category,
    base: 'base' in cell ? sideData(cell.base) : null,
    head: 'head' in cell ? sideData(cell.head) : null,
  };
  switch (cell.kind) {
    case 'not comparable':
      return { ...sides, reasons: cell.reasons };
    case 'compared':
      return {
        ...sides,
        placements: cell.placements,
        pricings: cell.pricings.map((each) => ({
          id: each.id,
          status: each.kind,
          ...(each.kind === 'compared' && { costs: each.costs, hashes: hashesOf(cell, each.id) }),
          ...(each.kind === 'not comparable' && { reasons: each.reasons }),
        })),
        rows: rowsOf(cell).map(({ limit, exceeded, ...row }) => ({
          ...row,
          hashes: hashesOf(cell, row.pricing),
          limit: limit === null ? null : { pattern: limit.pattern, limit: limit.text },
          exceeded,
        })),
      };
    default:
      return sides;
  }
}

function sideData(replay: MeasuredReplay): object {
  const { trace, engine, machine, outcome } = replay;
  return {
    trace: { name: trace.name, sha256: trace.sha256 },
    engine,
    machine,
    outcome: outcome.kind,
    because: stopText(replay) ?? null,
  };
}
