import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseResults, resultsText } from '../../../harness/results/results-file';
import { measured, resultsOf } from '../../reports/example-results';
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

test('results of before the heap was walked still read, and are written whole', async () => {
  const results = resultsOf(await measured());
  const old = JSON.parse(resultsText(results)) as { replays: { heapWalk?: unknown }[] };
  delete old.replays[0]!.heapWalk;
  const read = parseResults(JSON.stringify(old), 'old.json');
  assert.is(read.replays[0]!.heapWalk, null);
  assert.equal({ ...read.replays[0], heapWalk: null }, { ...results.replays[0], heapWalk: null });
  assert.match(resultsText(read), '"heapWalk": null');
});

test('the package takes them along', () => {
  const { files, exports } = JSON.parse(
    fs.readFileSync(path.join(SCHEMA_FOLDER, '..', 'package.json'), 'utf8'),
  ) as { files: string[]; exports: Record<string, string> };
  assert.ok(files.includes('schemas'));
  assert.is(exports['./schemas/*'], './schemas/*');
});

test.run();
