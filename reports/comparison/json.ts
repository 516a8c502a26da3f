import * as v from 'valibot';
import {
  CATEGORIES,
  comparedSide,
  HASHES,
  hashesOf,
  metricRow,
  rowsOf,
  SAMENESS,
  verdict,
  type CellComparison,
  type Comparison,
} from '../../harness/compare/comparison';
import type { Limit } from '../../harness/compare/limits';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { OP_KINDS } from '../../harness/metrics/op-kinds';
import { engine, machineSizes, sha256, text, type Shape } from '../../harness/metrics/schema';
import { worstOperation } from '../../harness/metrics/worst-operations';
import { jsonText } from '../../harness/results/json-text';
import { stopText } from '../trace-groups';

/** The name of the format; its number is raised when a reader of the old one could misread the new one. */
const COMPARISON_SCHEMA = 'alloc-replay/comparison@1';

const limit = v.strictObject({ pattern: text, limit: text });

const side = v.strictObject({
  trace: v.strictObject({ name: text, sha256: v.nullable(sha256) }),
  engine,
  machine: machineSizes,
  outcome: text,
  /** Why it did not come to its end; null where it did. */
  because: v.nullable(text),
});

const row = v.strictObject({ ...metricRow.entries, hashes: v.picklist(HASHES), limit: v.nullable(limit) });

const sides = { category: v.picklist(CATEGORIES), base: v.nullable(side), head: v.nullable(side) };

const cell = v.variant('status', [
  v.strictObject({ status: v.literal('not comparable'), ...sides, reasons: v.array(text) }),
  v.strictObject({
    status: v.literal('compared'),
    ...sides,
    placements: v.picklist(SAMENESS),
    pricings: v.array(
      v.variant('status', [
        v.strictObject({
          id: text,
          status: v.literal('compared'),
          costs: v.picklist(SAMENESS),
          hashes: v.picklist(HASHES),
        }),
        v.strictObject({ id: text, status: v.literal('not comparable'), reasons: v.array(text) }),
        v.strictObject({ id: text, status: v.picklist(['missing', 'added']) }),
      ]),
    ),
    rows: v.array(row),
  }),
  v.strictObject({
    status: v.picklist(['newly failing', 'now working', 'still failing', 'unsupported', 'missing', 'added']),
    ...sides,
  }),
]);

/** The comparison as data: everything but the replays themselves. */
export const comparisonSchema = v.strictObject({
  schema: v.literal(COMPARISON_SCHEMA),
  base: comparedSide,
  head: comparedSide,
  limits: v.array(limit),
  verdict,
  cells: v.array(cell),
  reasons: v.array(
    v.strictObject({
      trace: text,
      engine: text,
      pricing: text,
      kind: v.picklist(OP_KINDS),
      metrics: v.array(text),
      base: v.nullable(worstOperation),
      head: v.nullable(worstOperation),
    }),
  ),
});

export function comparisonJson({ base, head, limits, cells, reasons, verdict }: Comparison): string {
  const data: Shape<typeof comparisonSchema> = {
    schema: COMPARISON_SCHEMA,
    base,
    head,
    limits: limits.map(limitData),
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
  };
  return jsonText(data);
}

const limitData = ({ pattern, text: parts }: Limit): Shape<typeof limit> => ({ pattern, limit: parts });

function cellData(compared: CellComparison): Shape<typeof cell> {
  const both = {
    category: compared.category,
    base: 'base' in compared ? sideData(compared.base) : null,
    head: 'head' in compared ? sideData(compared.head) : null,
  };
  switch (compared.kind) {
    case 'not comparable':
      return { status: compared.kind, ...both, reasons: compared.reasons };
    case 'compared':
      return {
        status: compared.kind,
        ...both,
        placements: compared.placements,
        pricings: compared.pricings.map((each) => {
          const { id, kind: status } = each;
          switch (status) {
            case 'compared':
              return { id, status, costs: each.costs, hashes: hashesOf(compared, id) };
            case 'not comparable':
              return { id, status, reasons: each.reasons };
            default:
              return { id, status };
          }
        }),
        rows: rowsOf(compared).map(({ limit: broken, exceeded, ...facts }) => ({
          ...facts,
          hashes: hashesOf(compared, facts.pricing),
          limit: broken && limitData(broken),
          exceeded,
        })),
      };
    default:
      return { status: compared.kind, ...both };
  }
}

function sideData(replay: MeasuredReplay): Shape<typeof side> {
  const { trace, engine: replayed, machine, outcome } = replay;
  return {
    trace: { name: trace.name, sha256: trace.sha256 },
    engine: replayed,
    machine,
    outcome: outcome.kind,
    because: stopText(replay) ?? null,
  };
}
