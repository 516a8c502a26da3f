import type { OptionValues } from '../../harness/replay/port';
import { readVectorTrace, VectorReader, type VectorOperation } from './vector-trace';

/** The form of the golden vectors: operations, rows, and the manifest's way to write options. */

const PLAN9_VECTOR_OPS = [
  'reset',
  'alloc',
  'alignedalloc',
  'free',
  'realloc',
  'msize',
  'compact',
  'check',
  'overrun',
  'fill',
  'peek',
] as const;
export type Plan9VectorOp = (typeof PLAN9_VECTOR_OPS)[number];
export type Plan9VectorOperation = VectorOperation<Plan9VectorOp>;

/** A row in the golden's form; `offset` −1 is nil, or nothing to show. */
export interface Plan9VectorRow {
  readonly index: number;
  readonly op: Plan9VectorOp | 'state' | 'stopped';
  readonly id: number;
  readonly offset: number;
  readonly value: string;
  readonly events: string;
}

export const PLAN9_VECTOR_HEADER = 'index,op,id,offset,value,events';

export function formatPlan9VectorRow(row: Plan9VectorRow): string {
  return `${row.index},${row.op},${row.id},${row.offset},${row.value},${row.events}`;
}

/** Reads a trace line by line. */
export const plan9VectorReader = (file: string): VectorReader<Plan9VectorOp> =>
  new VectorReader(file, PLAN9_VECTOR_OPS);

export function readPlan9Vector(text: string, file: string): Plan9VectorOperation[] {
  return readVectorTrace(text, file, PLAN9_VECTOR_OPS);
}

/** Manifest keys that are switches: 0 or 1 there, off or on as options. */
const SWITCHES = ['move', 'merge', 'descending', 'logstack'];

/** The engine options of a manifest line: `sbrkmem maxsize=131072 move=1` is a preset and what overrides it. */
export function plan9VectorOptions(layout: string, config: string): OptionValues {
  const [preset, ...overrides] = config.split(' ');
  const values = overrides.map((override) => {
    const [name, value] = override.split('=') as [string, string];
    return [name, SWITCHES.includes(name) ? (value === '1' ? 'on' : 'off') : Number(value)] as const;
  });
  return { layout, preset: preset!, ...Object.fromEntries(values) };
}
