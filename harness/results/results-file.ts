import * as fs from 'node:fs';
import * as v from 'valibot';
import { InputError } from '../../traces/input-error';
import { reasonOf, writeWholeFile } from '../../traces/output/whole-file';
import type { MeasuredKind, MeasuredReplay } from '../metrics/measured-replay';
import { packed, unpacked } from './columns';
import { jsonErrorPosition } from './json-position';
import { jsonText } from './json-text';
import { RESULTS_SCHEMA, resultsSchema, type Results } from './results';

/** Larger files are no results of ours, and would not fit a JavaScript string anyway. */
const FILE_BYTES_MAX = 0x1fff_ffe8;

/** The bytes of a results file: keys in the schema's order, so that equal results are equal bytes. */
export function resultsText(results: Results): string {
  return jsonText(v.parse(resultsSchema, results));
}

/** Moments that a replay in an archive keeps, beside the telling ones: halved until they fit, as they are recorded. */
const ARCHIVED_CHECKPOINTS_MAX = 64;
const ARCHIVED_WORST_MAX = 5;

/** Results as an archive of many keeps them: fewer moments and worst operations, nothing that only pictures need. */
export const archived = (results: Results): Results => ({
  ...results,
  replays: results.replays.map((replay) => ({
    ...replay,
    checkpoints: thinnedCheckpoints(replay),
    heapMap: null,
    heapWalk: null,
    pricings: replay.pricings.map(({ kinds, ...pricing }) => ({
      ...pricing,
      kinds: {
        alloc: withoutPicture(kinds.alloc),
        free: withoutPicture(kinds.free),
        realloc: withoutPicture(kinds.realloc),
        other: withoutPicture(kinds.other),
      },
    })),
  })),
});

const withoutPicture = (kind: MeasuredKind): MeasuredKind => ({
  ...kind,
  worst: kind.worst.slice(0, ARCHIVED_WORST_MAX),
  density: null,
});

function thinnedCheckpoints({
  checkpoints,
  metrics,
  firstFailure,
}: MeasuredReplay): MeasuredReplay['checkpoints'] {
  let stride = 1;
  while (checkpoints.length / stride > ARCHIVED_CHECKPOINTS_MAX) {
    stride *= 2;
  }
  const pinned = [
    checkpoints.at(-1)?.operation,
    metrics['held.bytes.peak']?.operation,
    firstFailure?.operation,
  ];
  return checkpoints.filter(({ operation }, index) => index % stride === 0 || pinned.includes(operation));
}

/** The bytes of a results file of an archive: the bulk is packed, in a tenth of the room. */
export function archivedResultsText(results: Results): string {
  const parsed = v.parse(resultsSchema, results);
  const replays = parsed.replays.map((replay) => ({
    ...replay,
    checkpoints: packed(replay.checkpoints),
    pricings: replay.pricings.map(({ kinds, ...pricing }) => ({ ...pricing, kinds: packed(kinds) })),
  }));
  return archiveText({ ...parsed, replays });
}

/** A line for each replay: whoever looks into an archive looks for one. */
function archiveText({
  replays,
  ...rest
}: Readonly<Record<string, unknown>> & { replays: readonly object[] }): string {
  const { environment, ...facts } = rest;
  const parts = [
    ...Object.entries(facts).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
    `"replays": [\n${replays.map((replay) => `    ${JSON.stringify(replay)}`).join(',\n')}\n  ]`,
    `"environment": ${JSON.stringify(environment)}`,
  ];
  return `{\n${parts.map((part) => `  ${part}`).join(',\n')}\n}\n`;
}

/** Writes results atomically. Throws an `InputError` when the file cannot be written. */
export function writeResults(file: string, results: Results): void {
  writeWholeFile(file, resultsText(results));
}

/** Reads and checks a results file. Throws an `InputError` that names file, place and what belongs there. */
export function readResults(file: string): Results {
  let bytes: Buffer;
  try {
    if (fs.statSync(file).size > FILE_BYTES_MAX) {
      throw new InputError({ where: file, problem: 'the file is too large', expected: 'at most 512 MiB' });
    }
    bytes = fs.readFileSync(file);
  } catch (error) {
    if (error instanceof InputError) {
      throw error;
    }
    throw new InputError({ where: file, problem: reasonOf(error), expected: 'a results file' });
  }
  return parseResults(bytes.toString('utf8'), file);
}

/** Parses and checks the text of a results file; `file` is what errors call it. */
export function parseResults(text: string, file: string): Results {
  const parsed = v.safeParse(resultsSchema, unarchived(parseJson(text, file)), { abortEarly: true });
  if (parsed.success) {
    return parsed.output;
  }
  const issue = parsed.issues[0];
  const place = pathText(issue.path ?? []);
  throw new InputError({
    where: place === '' ? file : `${file}: ${place}`,
    problem: issue.received === 'undefined' ? 'missing' : received(issue),
    expected: expectation(issue, place),
  });
}

/** What an archive has packed is unpacked; the rest, and what cannot be, is left for the schema to judge. */
function unarchived(read: unknown): unknown {
  for (const replay of listIn(read, 'replays')) {
    unpackIn(replay, 'checkpoints');
    for (const pricing of listIn(replay, 'pricings')) {
      unpackIn(pricing, 'kinds');
    }
  }
  return read;
}

type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = fieldsOf(value)[name];
  return Array.isArray(list) ? list : [];
}

function unpackIn(value: unknown, name: string): void {
  const fields = fieldsOf(value);
  const text = fields[name];
  if (typeof text === 'string') {
    fields[name] = unpacked(text) ?? text;
  }
}

/** How the one key that would change what an object inherits can be written, escaped or not. */
const SUSPICIOUS = /__proto__|\\u005f/i;

function parseJson(text: string, file: string): unknown {
  try {
    return SUSPICIOUS.test(text) ? JSON.parse(text, refuseProto(file)) : JSON.parse(text);
  } catch (error) {
    if (error instanceof InputError) {
      throw error;
    }
    const { line, column } = jsonErrorPosition(text);
    throw new InputError({
      where: `${file}:${line}:${column}`,
      problem: 'not JSON',
      expected: RESULTS_SCHEMA,
    });
  }
}

const refuseProto =
  (file: string) =>
  (key: string, value: unknown): unknown => {
    if (key === '__proto__') {
      throw new InputError({ where: file, problem: 'the key __proto__', expected: 'another name' });
    }
    return value;
  };

const RECEIVED_LENGTH_MAX = 80;

function received({ received: what }: v.BaseIssue<unknown>): string {
  return what.length > RECEIVED_LENGTH_MAX ? `${what.slice(0, RECEIVED_LENGTH_MAX)}…` : what;
}

function expectation(issue: v.BaseIssue<unknown>, place: string): string {
  if (place === 'schema') {
    return RESULTS_SCHEMA;
  }
  // Our own messages say what belongs there; the library's begin with "Invalid" and keep it in `expected`.
  return issue.message.startsWith('Invalid') ? (issue.expected ?? issue.message) : issue.message;
}

function pathText(items: readonly { readonly key: unknown }[]): string {
  return items
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
