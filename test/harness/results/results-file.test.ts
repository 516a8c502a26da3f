import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { measure } from '../../../harness/metrics/measurement';
import type { MeasuredReplay } from '../../../harness/metrics/measured-replay';
import { parsePricing } from '../../../harness/pricing/specification';
import { writeWholeFile } from '../../../traces/output/whole-file';
import { jsonText } from '../../../harness/results/json-text';
import { RESULTS_SCHEMA, type Results } from '../../../harness/results/results';
import { parseResults, readResults } from '../../../harness/results/results-file';
import { resultsText, writeResults } from '../../../harness/results/results-text';
import { InputError } from '../../../traces/input-error';
import { pagePerObject, stackOf, traceOf } from '../metrics/page-per-object';

const test = suite('results file');
const context = { folder: '' };

test.before(() => {
  context.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'results-'));
});
test.after(() => fs.rmSync(context.folder, { recursive: true }));

const HOSTILE = 'a|b`c`<script>alert(1)</script>,"d"\n=cmd()\u202e';

function measured(text = 'alloc 1 100, alloc 2 1000, free 1, realloc 2 50'): Promise<MeasuredReplay> {
  return measure({
    trace: traceOf(text),
    createStack: (machine) => stackOf(pagePerObject, machine),
    pricings: [parsePricing('flat')],
  });
}

async function results(): Promise<Results> {
  const replay = await measured();
  const unsupported = await measured('alloc 1 8, dump 0');
  return {
    schema: RESULTS_SCHEMA,
    tool: { name: 'alloc-replay', version: '0.1.0' },
    replays: [{ ...replay, trace: { ...replay.trace, name: HOSTILE } }, unsupported],
    environment: { node: 'v20', seconds: 1.5, terminal: false },
  };
}

function problem(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, InputError);
    return (error as Error).message;
  }
  return 'no error';
}

test('what is written is read back, hostile names and unsupported replays included', async () => {
  const file = path.join(context.folder, 'results.json');
  const original = await results();
  writeResults(file, original);
  assert.equal(readResults(file), original);
  assert.equal(fs.readdirSync(context.folder), ['results.json']);
});

test('the bytes depend on the values alone, not on the order in which keys were set', async () => {
  const original = await results();
  const backwards = <T extends object>(value: T) => Object.fromEntries(Object.entries(value).reverse()) as T;
  const reversed = backwards({ ...original, replays: original.replays.map(backwards) });
  assert.is(resultsText(reversed), resultsText(original));
  assert.ok(Object.keys(JSON.parse(resultsText(reversed))).join() === 'schema,tool,replays,environment');
});

test('numbers in the file are integers, but for the environment', async () => {
  const { environment, ...rest } = JSON.parse(resultsText(await results()));
  assert.is(environment.seconds, 1.5);
  assert.not.match(JSON.stringify(rest).replace(/"(\\.|[^"\\])*"/g, '""'), /\d[.e]\d/);
});

const withoutPosition = (said: string): string => said.replace(/^r\.json:1:\d+: /, 'r.json: ');

test('what is wrong is found in the text: a key, an entry of a list, the object that lacks a key', async () => {
  const text = resultsText(await results());
  const changes: [before: string, after: string, path: string, at: string][] = [
    ['"operations": ', '"operations": -', 'replays[0].operations', '"operations": -'],
    ['"heapPages": ', '"heapPage": ', 'replays[0].machine.heapPages', '"machine": {'],
    ['"costs": [', '"costs": ["x", ', 'replays[0].pricings[0].kinds.alloc.distribution.costs', '"costs": ['],
    ['"op": "', '"op": "un', 'replays[0].pricings[0].kinds.alloc.worst[0].op', '"op": "un'],
    ['"bounds": [', '"bounds": [7, ', 'replays[0].bounds[0]', '7, '],
  ];
  for (const [before, after, path, at] of changes) {
    const wrong = text.replace(before, after);
    const said = problem(() => parseResults(wrong, 'r.json'));
    const [, line, column, place] = /^r\.json:(\d+):(\d+): ([^:]+): /.exec(said)!;
    assert.is(place, path);
    const shown = wrong.split('\n')[Number(line) - 1]!;
    assert.ok(shown.slice(Number(column) - 1).startsWith(at), `${said}\n${shown}`);
  }
  const deep = `{"schema": ${'['.repeat(100_000)}`;
  assert.match(
    problem(() => parseResults(deep, 'r.json')),
    /^r\.json(:1:\d+)?: not JSON; /,
  );
});

test('a wrong file is refused with its place and what belongs there', async () => {
  const good = JSON.parse(resultsText(await results()));
  const broken = (change: (value: typeof good) => void): string => {
    const copy = structuredClone(good);
    change(copy);
    return withoutPosition(problem(() => parseResults(JSON.stringify(copy), 'r.json')));
  };
  assert.is(
    broken((r) => (r.replays[0].engine.name = 7)),
    'r.json: replays[0].engine.name: 7; expected a text',
  );
  assert.is(
    broken((r) => (r.replays[1].operations = 1.5)),
    'r.json: replays[1].operations: 1.5; expected a whole number from 0 to 2^53 − 1',
  );
  assert.is(
    broken((r) => (r.replays[0].operations = -1)),
    'r.json: replays[0].operations: -1; expected a whole number from 0 to 2^53 − 1',
  );
  assert.match(
    broken((r) => delete r.replays[0].placementsSha256),
    /^r\.json: replays\[0\]\.placementsSha256: missing; expected /,
  );
  assert.match(
    broken((r) => (r.replays[0].more = 1)),
    /^r\.json: replays\[0\]\.more: /,
  );
  assert.match(
    broken((r) => (r.replays[0].outcome.kind = 'fine')),
    /^r\.json: replays\[0\]\.outcome\.kind: "fine"; expected .*"ok"/,
  );
  assert.match(
    broken((r) => (r.replays[0].pricings[0].kinds.free.distribution.counts[0] = 'x')),
    'r.json: replays[0].pricings[0].kinds.free.distribution.counts: ',
  );
  assert.match(
    broken((r) => (r.replays[0].pricings[0].kinds.free.distribution.counts[0] = -1)),
    'distribution.counts: ',
  );
  assert.match(
    broken((r) => (r.replays[0].pricings[0].costsSha256 = 'ABC')),
    /costsSha256: "ABC"; expected 64 lowercase hexadecimal digits$/,
  );
  assert.is(
    broken((r) => (r.schema = 'alloc-replay/results@2')),
    `r.json: schema: "alloc-replay/results@2"; expected ${RESULTS_SCHEMA}`,
  );
});

test('numbers that somebody would count to, divide by or sum up are refused where they are wrong', async () => {
  const good = JSON.parse(resultsText(await results()));
  type Kind = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  const changes: readonly (readonly [string, (kind: Kind) => unknown])[] = [
    ['density.columns[0]', (kind) => (kind['density'].columns[0] = [2 ** 53 - 1, 1])],
    ['density.columns[0]', (kind) => (kind['density'].columns[0] = [5, 0])],
    ['density.columns[0]', (kind) => (kind['density'].columns[0] = [5])],
    ['density.columns', (kind) => (kind['density'].columns = Array(257).fill([]))],
    ['density.operationsPerColumn', (kind) => (kind['density'].operationsPerColumn = 0)],
    ['distribution', (kind) => kind['distribution'].costs.push(2 ** 53 - 1)],
    ['distribution', (kind) => (kind['distribution'] = { costs: [7, 7], counts: [1, 1] })],
    ['distribution', (kind) => (kind['distribution'] = { costs: [7], counts: [0] })],
    ['distribution', (kind) => (kind['distribution'] = { costs: [1, 2], counts: [2 ** 53 - 1, 1] })],
  ];
  for (const [place, change] of changes) {
    const copy = structuredClone(good);
    change(copy.replays[0].pricings[0].kinds.free);
    const said = withoutPosition(problem(() => parseResults(JSON.stringify(copy), 'r.json')));
    assert.ok(said.startsWith(`r.json: replays[0].pricings[0].kinds.free.${place}: `), said);
  }
  const text = JSON.stringify(good).replace('"environment":{', '"environment":{"__proto__":1,');
  assert.match(
    problem(() => parseResults(text, 'r.json')),
    'r.json: the key __proto__',
  );
});

test('what is no JSON is refused with line and column', () => {
  assert.is(
    problem(() => parseResults('{\n  "schema": ]', 'r.json')),
    `r.json:2:13: not JSON; expected ${RESULTS_SCHEMA}`,
  );
  assert.is(
    problem(() => parseResults('', 'r.json')),
    `r.json:1:1: not JSON; expected ${RESULTS_SCHEMA}`,
  );
  const places: [text: string, line: number, column: number][] = [
    ['[1,]', 1, 4],
    ['[1 2]', 1, 4],
    ['{"a" 1}', 1, 6],
    ['{a: 1}', 1, 2],
    ['{"a": 1,}', 1, 9],
    ['{"a": [}', 1, 8],
    ['{"a": "x\ny"}', 1, 7],
    ['[1]\n\n x', 3, 2],
    ['{"a": {"b": [1, {}, []', 1, 23],
    ['[01]', 1, 3],
    ['[1.]', 1, 2],
    [']', 1, 1],
    ['[}', 1, 2],
  ];
  for (const [text, line, column] of places) {
    assert.throws(() => JSON.parse(text));
    assert.match(problem(() => parseResults(text, 'r')), `r:${line}:${column}: not JSON`); // prettier-ignore
  }
  assert.match(problem(() => parseResults('[]', 'r.json')), /^r\.json:1:1: .*expected /); // prettier-ignore
});

test('a file that cannot be read is named with the reason', () => {
  const missing = path.join(context.folder, 'missing.json');
  assert.is(
    problem(() => readResults(missing)),
    `${missing}: no such file or directory; expected a results file`,
  );
  assert.is(
    problem(() => readResults(context.folder)),
    `${context.folder}: illegal operation on a directory; expected a results file`,
  );
});

test('a file that cannot be written leaves nothing behind, and what was there stays', () => {
  const file = path.join(context.folder, 'kept.txt');
  fs.writeFileSync(file, 'before');
  const folder = path.join(file, 'below');
  assert.match(problem(() => writeWholeFile(folder, 'x')), `${folder}: not a directory; expected`); // prettier-ignore
  const occupied = path.join(context.folder, 'occupied');
  fs.mkdirSync(occupied);
  assert.match(problem(() => writeWholeFile(occupied, 'x')), /illegal operation|is a directory/); // prettier-ignore
  assert.not.ok(fs.readdirSync(context.folder).some((name) => name.endsWith('.partial')));
  assert.is(fs.readFileSync(file, 'utf8'), 'before');
  writeWholeFile(file, 'after');
  assert.is(fs.readFileSync(file, 'utf8'), 'after');
});

test('JSON is laid out one short object a line, long lists of numbers on one', () => {
  const value = {
    short: { a: 1, b: [2, 3] },
    empty: [],
    nothing: undefined,
    none: null,
    texts: ['a,b', 'c', 7],
    lists: [[1, -2.5], [], [null, true]],
    list: Array.from({ length: 60 }, (_, index) => index),
    deep: { a: { b: { c: {} } } },
    long: { text: 'x'.repeat(60), other: 'y'.repeat(60) },
  };
  assert.is(
    jsonText(value),
    [
      '{',
      '  "short": { "a": 1, "b": [2, 3] },',
      '  "empty": [],',
      '  "none": null,',
      '  "texts": ["a,b", "c", 7],',
      '  "lists": [[1, -2.5], [], [null, true]],',
      `  "list": [${value.list.join(', ')}],`,
      '  "deep": {',
      '    "a": {',
      '      "b": { "c": {} }',
      '    }',
      '  },',
      '  "long": {',
      `    "text": "${value.long.text}",`,
      `    "other": "${value.long.other}"`,
      '  }',
      '}',
      '',
    ].join('\n'),
  );
});

test.run();
