import * as fs from 'node:fs';
import * as v from 'valibot';
import { InputError } from '../../traces/input-error';
import { reasonOf, writeWholeFile } from '../../traces/output/whole-file';
import { jsonErrorPosition } from './json-position';
import { jsonText } from './json-text';
import { RESULTS_SCHEMA, type Results } from './results';
import { resultsSchema } from './schema';

/** Larger files are no results of ours, and would not fit a JavaScript string anyway. */
const FILE_BYTES_MAX = 0x1fff_ffe8;

/** The bytes of a results file: keys in the schema's order, so that equal results are equal bytes. */
export function resultsText(results: Results): string {
  return jsonText(v.parse(resultsSchema, results));
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
  const parsed = v.safeParse(resultsSchema, parseJson(text, file), { abortEarly: true });
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
