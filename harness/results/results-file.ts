import * as fs from 'node:fs';
import * as v from 'valibot';
import { InputError } from '../../traces/input-error';
import { reasonOf } from '../../traces/output/whole-file';
import { unpacked } from './columns';
import { jsonErrorPosition, jsonPosition, type TextPosition } from './json-position';
import { RESULTS_SCHEMA, resultsSchema, type Results } from './results';

/** Larger files are no results of ours, and would not fit a JavaScript string anyway. */
const FILE_BYTES_MAX = 0x1fff_ffe8;

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
  const keys = (issue.path ?? []).map(({ key }) => key as string | number);
  const place = pathText(keys);
  throw new InputError({
    where: place === '' ? file : `${placeIn(file, jsonPosition(text, keys))}: ${place}`,
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
    throw new InputError({
      where: placeIn(file, jsonErrorPosition(text)),
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

const placeIn = (file: string, position: TextPosition | undefined): string =>
  position === undefined ? file : `${file}:${position.line}:${position.column}`;

function pathText(keys: readonly (string | number)[]): string {
  return keys
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}
