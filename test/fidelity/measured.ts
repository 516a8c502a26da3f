import * as fs from 'node:fs';
import * as path from 'node:path';

/** What the compiled reference cost, from the tables of test/measured/xen. Times are in ticks of its clock. */

const folder = path.join(__dirname, '../measured/xen');

/** Of the operations of one phase and verb in one storm: `cycles.csv`, in ticks. */
export interface MeasuredTicks {
  readonly engine: string;
  readonly storm: string;
  readonly live: number;
  readonly pages: string;
  readonly phase: string;
  readonly op: string;
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Counts per operation: `instructions.csv`. */
export interface MeasuredCounts {
  readonly engine: string;
  readonly storm: string;
  readonly live: number;
  readonly phase: string;
  readonly op: string;
  readonly instructions: number;
  readonly loads: number;
  readonly stores: number;
  /** Of the caches that callgrind simulates: 32 KiB in 8 ways, 32 MiB in 16. */
  readonly l1Misses: number;
  readonly llMisses: number;
}

/** With all memory evicted before each operation: `cold-cache.csv`, medians in ticks. */
export interface MeasuredCold {
  readonly engine: string;
  readonly live: number;
  readonly alloc: number;
  readonly free: number;
}

type Row = Readonly<Record<string, string>>;

export function measuredTicks(): readonly MeasuredTicks[] {
  return table('cycles.csv')
    .filter((row) => row['phase'] !== 'all')
    .map((row) => ({
      ...place(row),
      pages: row['pages']!,
      count: Number(row['count']),
      median: Number(row['median']),
      p99: Number(row['p99']),
      max: Number(row['max']),
    }));
}

export function measuredCounts(): readonly MeasuredCounts[] {
  return table('instructions.csv').map((row) => ({
    ...place(row),
    instructions: Number(row['Ir_per_op']),
    loads: Number(row['Dr_per_op']),
    stores: Number(row['Dw_per_op']),
    l1Misses: Number(row['D1mr_per_op']) + Number(row['D1mw_per_op']),
    llMisses: Number(row['LLmr_per_op']) + Number(row['LLmw_per_op']),
  }));
}

export function measuredCold(): readonly MeasuredCold[] {
  return table('cold-cache.csv').map((row) => ({
    engine: row['stack']!,
    live: Number(row['freelist_len']),
    alloc: Number(row['alloc_median']),
    free: Number(row['free_median']),
  }));
}

function place(row: Row) {
  return {
    engine: row['stack']!,
    storm: row['storm']!,
    live: Number(row['live']),
    phase: row['phase']!,
    op: row['op']!,
  };
}

function table(file: string): readonly Row[] {
  const lines = fs.readFileSync(path.join(folder, file), 'utf8').trimEnd().split(/\r?\n/);
  const names = lines[0]!.split(',');
  return lines.slice(1).map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, column) => [name, cells[column]!]));
  });
}
