import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import * as v from 'valibot';
import { escapeControls, InputError } from '../../traces/input-error';
import { DIRECTIONS } from '../metrics/metric';
import type { MeasuredReplay } from '../metrics/measured-replay';
import { metricNamed, metricsByName, type MetricValues } from '../metrics/registry';
import { integer, text, type Shape } from '../metrics/schema';
import { expectWritable, PartialFile, reasonOf } from '../../traces/output/whole-file';
import type { Results } from '../results/results';

/**
 * A history: one CSV file, only ever appended to: a row per run, and one per cell and metric whose value is another
 * than in the run before. What has no row in a run is as it was.
 *
 * Several jobs may append at once, and any of them may be killed. So a run's rows are one batch, written by one call
 * at the end of the file, begun by a line end that closes whatever was torn before it; each row ends in its place in
 * its batch (`57 of 120.`), and a reader leaves out batches that are not whole. No lock could stay behind.
 */

/** The shape of a row, which is its columns in their order: `traceId` stands under `trace.id`. */
export const historyRow = v.strictObject({
  /** Of the host, when the run was appended: UTC, ISO 8601. */
  date: text,
  commit: text,
  label: text,
  trace: text,
  /** The trace's sha256, shortened; empty where an adaptive generator makes other events of other placements. */
  traceId: text,
  engine: text,
  engineVersion: integer,
  options: text,
  heapPages: integer,
  /** Empty for metrics that no pricing changes. */
  pricing: text,
  profileId: text,
  metric: text,
  unit: text,
  better: v.picklist(DIRECTIONS),
  value: integer,
});
export type HistoryRow = Shape<typeof historyRow>;

export interface History {
  /** In the order in which they were appended. */
  readonly runs: readonly RunFacts[];
  readonly rows: readonly HistoryRow[];
  /** Lines that belong to no whole batch: an append was interrupted there. */
  readonly tornLines: number;
}

export type RunFacts = Pick<HistoryRow, 'commit' | 'label' | 'date'>;

const KEYS = Object.keys(historyRow.entries) as (keyof HistoryRow)[];
const NUMBERS = new Set(KEYS.filter((key) => historyRow.entries[key] === integer));
const columnOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`);
const HEADER = [...KEYS.map(columnOf), 'row'].join(',');
const ID_DIGITS = 16;

/** Says whether a replay came to its end; of one that did not nothing else is recorded. */
export const OUTCOME_METRIC = { metric: 'outcome.ok', unit: 'times', better: 'higher' } as const;

/** Says that there was a run; its value is how many replays it had. */
const RUN_METRIC = { metric: 'run.replays', unit: 'replays', better: 'none' } as const;

const runRow = (facts: RunFacts, replays: number): HistoryRow => ({
  ...facts,
  ...{ trace: '', traceId: '', engine: '', engineVersion: 0, options: '', heapPages: 0 },
  ...{ pricing: '', profileId: '', ...RUN_METRIC, value: replays },
});

const isRun = ({ trace, engine, metric }: HistoryRow): boolean =>
  metric === RUN_METRIC.metric && trace === '' && engine === '';

/** What rows of one series have in common. */
export function seriesKey({ label, trace, engine, options, heapPages, pricing, metric }: HistoryRow): string {
  return JSON.stringify([label, trace, engine, options, heapPages, pricing, metric]);
}

/** Whether a row says what the last of its series said, of the same trace, engine and profile. */
function isAsBefore(row: HistoryRow, before: HistoryRow | undefined): boolean {
  return (
    before !== undefined &&
    (['value', 'traceId', 'engineVersion', 'profileId', 'unit', 'better'] as const).every(
      (name) => row[name] === before[name],
    )
  );
}

/** The rows of results, in the order of the results and of their metrics. */
export function historyRows(results: Results, facts: RunFacts): HistoryRow[] {
  return results.replays.flatMap((replay) => {
    const about = { ...facts, ...replayFacts(replay) };
    const unpriced = { ...about, pricing: '', profileId: '' };
    const isOk = replay.outcome.kind === 'ok';
    return [
      { ...unpriced, ...OUTCOME_METRIC, value: isOk ? 1 : 0 },
      ...(isOk ? replay.pricings : []).flatMap(({ id, profileSha256, metrics }) =>
        metricRows({ ...about, pricing: id, profileId: profileSha256.slice(0, ID_DIGITS) }, metrics),
      ),
      ...(isOk ? metricRows(unpriced, replay.metrics) : []),
    ];
  });
}

function replayFacts({ trace, engine, machine }: MeasuredReplay) {
  const isAdaptive = trace.origin.kind === 'synthetic' && trace.origin.adaptive;
  return {
    trace: trace.name,
    traceId: isAdaptive ? '' : (trace.sha256 ?? '').slice(0, ID_DIGITS),
    engine: engine.name,
    engineVersion: engine.version,
    options: Object.entries(engine.options)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    heapPages: machine.heapPages,
  };
}

function metricRows(
  about: Omit<HistoryRow, 'metric' | 'unit' | 'better' | 'value'>,
  metrics: MetricValues,
): HistoryRow[] {
  return Object.entries(metricsByName(metrics)).flatMap(([metric, value]) => {
    const definition = metricNamed(metric);
    return value === null
      ? []
      : [
          {
            ...about,
            metric,
            unit: definition?.unit ?? '',
            better: definition?.better ?? 'none',
            value: value.value,
          },
        ];
  });
}

/** Appends a run. Throws an `InputError` when the file is no history or cannot be written. */
export function appendToHistory(file: string, results: Results, facts: RunFacts): void {
  const all = historyRows(results, facts);
  if (all.length === 0) {
    return;
  }
  createHistory(file);
  const last = new Map(readHistory(file).rows.map((row) => [seriesKey(row), row]));
  const changed = all.filter((row) => !isAsBefore(row, last.get(seriesKey(row))));
  const rows = [runRow(facts, results.replays.length), ...changed];
  const batch = Buffer.from(`\n${rows.map((row, index) => rowText(row, index + 1, rows.length)).join('')}`);
  const descriptor = opened(file, 'a');
  try {
    const written = fs.writeSync(descriptor, batch);
    fs.fsyncSync(descriptor);
    if (written < batch.length) {
      // The rest must not follow: others may have written meanwhile. What is there will be taken for torn.
      throw new Error('ENOSPC: only a part could be written, append');
    }
  } catch (error) {
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'room for the run' });
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Throws an `InputError` unless a run can be appended to a history here, to be asked before there is anything to
 * append; makes nothing.
 */
export function expectAppendable(file: string): void {
  if (fs.existsSync(file)) {
    checkHeader(file);
    fs.closeSync(opened(file, 'a'));
  } else {
    expectWritable(file);
  }
}

/** Makes a file that has its header from the first moment on; whoever comes second finds it there. */
function createHistory(file: string): void {
  if (!fs.existsSync(file)) {
    try {
      const fresh = PartialFile.in(path.dirname(file));
      try {
        fresh.write(Buffer.from(`${HEADER}\n`));
        fs.linkSync(fresh.handOver(), file);
      } finally {
        fresh.discard();
      }
    } catch (error) {
      if (!fs.existsSync(file)) {
        throw new InputError({
          where: file,
          problem: reasonOf(error),
          expected: 'a file that can be written',
        });
      }
    }
  }
  checkHeader(file);
}

function checkHeader(file: string): void {
  const descriptor = opened(file, 'r');
  try {
    const start = Buffer.alloc(HEADER.length + 1);
    const length = fs.readSync(descriptor, start, 0, start.length, 0);
    if (start.toString('latin1', 0, length) !== `${HEADER}\n`) {
      throw notAHistory(file);
    }
  } finally {
    fs.closeSync(descriptor);
  }
}

function opened(file: string, mode: 'a' | 'r'): number {
  try {
    return fs.openSync(file, mode);
  } catch (error) {
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a history' });
  }
}

const notAHistory = (file: string): InputError =>
  new InputError({ where: `${file}:1`, problem: 'not a history', expected: `the header ${HEADER}` });

/** One line; control characters are spelled out, so that a name cannot hold a line end. */
function rowText(row: HistoryRow, number: number, count: number): string {
  const cells = KEYS.map((key) => row[key]).map((cell) =>
    typeof cell === 'string' ? escapeControls(cell) : cell,
  );
  return stringify([[...cells, `${number} of ${count}.`]], { escape_formulas: true });
}

/** Reads a history. Throws an `InputError` when the file cannot be read or is none. */
export function readHistory(file: string): History {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a history' });
  }
  if (!text.startsWith(`${HEADER}\n`)) {
    throw notAHistory(file);
  }
  return wholeBatches(text.split('\n'));
}

function wholeBatches(lines: readonly string[]): History {
  const rows: HistoryRow[] = [];
  const runs: RunFacts[] = [];
  let batch: HistoryRow[] = [];
  let tornLines = 0;
  for (const line of lines) {
    if (line === '' || line === HEADER) {
      continue;
    }
    const read = readRow(line);
    const continues = read?.number === batch.length + 1;
    if (!continues) {
      tornLines += batch.length;
      batch = [];
    }
    if (read === undefined || (!continues && read.number !== 1)) {
      tornLines++;
      continue;
    }
    batch.push(read.row);
    if (batch.length === read.count) {
      const [{ date, commit, label }] = batch as [HistoryRow];
      runs.push({ date, commit, label });
      batch.filter((row) => !isRun(row)).forEach((row) => rows.push(row));
      batch = [];
    }
  }
  return { runs, rows, tornLines: tornLines + batch.length };
}

function readRow(line: string): { row: HistoryRow; number: number; count: number } | undefined {
  const cells = cellsOf(line);
  const [, number, count] = /^(\d+) of (\d+)\.$/.exec(cells?.at(-1) ?? '') ?? [];
  if (cells?.length !== KEYS.length + 1 || number === undefined || count === undefined) {
    return undefined;
  }
  const told = KEYS.map((key, index) => [key, valueOf(key, cells[index]!)] as const);
  const row = v.safeParse(historyRow, Object.fromEntries(told), { abortEarly: true });
  return row.success ? { row: row.output, number: Number(number), count: Number(count) } : undefined;
}

/** Without the mark that keeps a table program from taking it for a formula. */
function valueOf(key: keyof HistoryRow, cell: string): string | number {
  const plain = cell.replace(/^'(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/, '');
  return NUMBERS.has(key) ? Number(plain) : plain;
}

/** A torn line may end inside quotes: then it is no row. */
function cellsOf(line: string): string[] | undefined {
  if (!line.includes('"')) {
    return line.split(',');
  }
  try {
    return (parse(line) as string[][])[0];
  } catch {
    return undefined;
  }
}
