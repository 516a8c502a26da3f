import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { compareResults } from '../../../harness/compare/compare';
import { appendToHistory, readHistory } from '../../../harness/compare/history';
import { trendOf } from '../../../harness/compare/trend';
import { explanationSchema } from '../../../harness/explain/explanation';
import { readResults } from '../../../harness/results/results-file';
import { resultsText } from '../../../harness/results/results-text';
import { SCHEMA_FOLDER, schemaFiles } from './json-schemas';

const test = suite('published schemas');

test('the files are what the schemas say, and each names its fields', () => {
  for (const [name, text] of schemaFiles()) {
    assert.is(fs.readFileSync(path.join(SCHEMA_FOLDER, name), 'utf8'), text, `${name}: npm run schemas`);
  }
  const results = JSON.parse(fs.readFileSync(path.join(SCHEMA_FOLDER, 'results@1.schema.json'), 'utf8')) as {
    properties: { replays: { items: { properties: object; required: string[] } } };
  };
  const { properties, required } = results.properties.replays.items;
  assert.ok(Object.keys(properties).includes('heapWalk'));
  assert.not.ok(required.includes('heapWalk'), 'results of before it was recorded have none');
  assert.ok(required.includes('heapMap'));
});

const earlier = (name: string): string => path.join(__dirname, 'earlier', name);

test('results of the first days read, and are written whole', () => {
  const read = readResults(earlier('results-2026-11-21.json'));
  const [replay] = read.replays;
  assert.is(replay!.engine.name, 'textbook-first-fit');
  assert.is(replay!.pricings[0]!.metrics['alloc.cycles.max']!.value, 68);
  assert.is(replay!.heapWalk, null, 'the heap was not walked yet');
  assert.match(resultsText(read), '"heapWalk": null');
  assert.is(
    compareResults(read, read, {
      labels: { base: 'then', head: 'now' },
      limits: [],
      failOn: 'regression',
      acrossEngines: false,
    }).verdict.word,
    'no change',
  );
});

test('a history of the first days reads, and goes on', () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'earlier-'));
  try {
    const file = path.join(folder, 'history.csv');
    fs.copyFileSync(earlier('history-2026-11-21.csv'), file);
    const { runs, rows, tornLines } = readHistory(file);
    assert.equal([runs.map(({ commit }) => commit), rows.length, tornLines], [['c1', 'c2'], 128, 0]);
    appendToHistory(file, readResults(earlier('results-2026-11-21.json')), { ...runs[1]!, commit: 'c3' });
    assert.is(trendOf(readHistory(file), { metrics: ['held.bytes.peak'] }).runs, 3);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('an explanation of the first days keeps to its schema', () => {
  const text = fs.readFileSync(earlier('explanation-2026-11-21.json'), 'utf8');
  const { operations } = v.parse(explanationSchema, JSON.parse(text));
  assert.is(operations[0]!.refusal, null);
  assert.ok(operations[0]!.story.length > 0);
});

test('the package takes them along', () => {
  const { files, exports } = JSON.parse(
    fs.readFileSync(path.join(SCHEMA_FOLDER, '..', 'package.json'), 'utf8'),
  ) as { files: string[]; exports: Record<string, string> };
  assert.ok(files.includes('schemas'));
  assert.is(exports['./schemas/*'], './schemas/*');
});

test.run();
