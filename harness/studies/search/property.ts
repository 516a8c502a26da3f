import { didYouMean, UsageError } from '../../../traces/input-error';
import { METRICS, metricNamed } from '../../metrics/registry';
import type { Tried } from './trial';

/**
 * What a trace must go on to show while it shrinks: `free.cycles.max>=1000000,allocations.failed=1`, each part a metric
 * and a value, or `outcome=corrupt`. All parts must hold.
 */
export interface Property {
  readonly text: string;
  readonly parts: readonly PropertyPart[];
}

export type PropertyPart =
  | { readonly kind: 'metric'; readonly metric: string; readonly relation: Relation; readonly value: number }
  | { readonly kind: 'outcome'; readonly outcome: string };

const RELATIONS = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
} as const satisfies Record<string, (a: number, b: number) => boolean>;
type Relation = keyof typeof RELATIONS;

const OUTCOMES = ['ok', 'corrupt', 'faulted', 'runaway', 'exceeded'];
const GRAMMAR = 'METRIC>=VALUE[,…], also with >, <=, < or =, or outcome=corrupt';

/** Throws a `UsageError` that says which part is wrong; `where` is the option. */
export function parseProperty(text: string, where: string): Property {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parsePart(part, where));
  if (parts.length === 0) {
    throw new UsageError({ where, problem: 'names none', expected: GRAMMAR });
  }
  return { text: parts.map(partText).join(','), parts };
}

function parsePart(part: string, where: string): PropertyPart {
  const [, name, relation, right] = /^([^<>=]+?)\s*(>=|<=|>|<|=)\s*(.+)$/.exec(part) ?? [];
  if (name === undefined) {
    throw new UsageError({ where, problem: `"${part}"`, expected: GRAMMAR });
  }
  if (name === 'outcome') {
    if (relation !== '=' || !OUTCOMES.includes(right!)) {
      const problem = `"${part}"${didYouMean(right!, OUTCOMES)}`;
      throw new UsageError({ where, problem, expected: `outcome=${OUTCOMES.join(', outcome=')}` });
    }
    return { kind: 'outcome', outcome: right! };
  }
  expectMetric(name, where);
  const value = Number(right);
  if (!/^\d+$/.test(right!) || !Number.isSafeInteger(value)) {
    throw new UsageError({
      where,
      problem: `"${right}" in "${part}"`,
      expected: 'a whole number below 2^53',
    });
  }
  return { kind: 'metric', metric: name, relation: relation as Relation, value };
}

/** Throws a `UsageError` unless a metric of that name is registered, or one lock's of a family. */
export function expectMetric(name: string, where: string): void {
  if (metricNamed(name) === undefined || name.includes('<')) {
    throw new UsageError({
      where,
      problem: `no metric is called "${name}"${didYouMean(
        name,
        METRICS.map((metric) => metric.name),
      )}`,
      expected: 'a name that `list metrics` shows',
    });
  }
}

export const partText = (part: PropertyPart): string =>
  part.kind === 'outcome' ? `outcome=${part.outcome}` : `${part.metric}${part.relation}${part.value}`;

/** The metrics that a property is about, in its order. */
export const metricsOf = ({ parts }: Property): string[] =>
  parts.flatMap((part) => (part.kind === 'metric' ? [part.metric] : []));

export function holds({ parts }: Property, { outcome, values }: Tried): boolean {
  return parts.every((part) => {
    if (part.kind === 'outcome') {
      return outcome.kind === part.outcome;
    }
    const value = values[part.metric];
    return value !== undefined && value !== null && RELATIONS[part.relation](value.value, part.value);
  });
}

/** The operation that shows it: the first that one of its metrics names, or the one at which the engine stopped. */
export function witnessOf(property: Property, { outcome, values }: Tried): number | undefined {
  const named = metricsOf(property).map((metric) => values[metric]?.operation);
  const stopped = 'operation' in outcome ? outcome.operation : undefined;
  return named.find((operation) => operation !== undefined) ?? stopped;
}
