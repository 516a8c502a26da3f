import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openBytes } from '../../../traces/input/bytes';
import { recordingHead } from '../../../traces/importers/import-source';
import { allFormats, detectFormat, FORMAT_NAMES, formatNamed } from '../../../traces/importers/registry';
import { UsageError } from '../../../traces/input-error';

const root = path.join(__dirname, '../../..');

test('formats are sorted by name, each name once, each with a summary', () => {
  const names = allFormats().map((format) => format.name);
  assert.equal(names, [...new Set(names)].sort());
  assert.equal(names, FORMAT_NAMES);
  for (const { summary } of allFormats()) {
    assert.ok(summary.length > 10);
  }
});

test('a name is found, and a wrong one suggests the right one', () => {
  for (const format of allFormats()) {
    assert.is(formatNamed(format.name), format);
  }
  try {
    formatNamed('valgrnd');
    assert.unreachable('was accepted');
  } catch (error) {
    assert.instance(error, UsageError);
    assert.match(
      (error as Error).message,
      'unknown recording format "valgrnd"; expected one of dj-malloc, drmemtrace, heaptrack, kmem',
    );
    assert.match((error as Error).message, 'did you mean "valgrind"?');
  }
});

const folders = ['traces/recorded', ...['drmemtrace', 'heaptrack', 'kmem', 'lttng', 'mbed', 'memory-replay', 'riot', 'wee-alloc', 'ltrace', 'memleak', 'mtrace', 'plan9-log', 'valgrind'].map((name) => `test/recordings/${name}`)]; // prettier-ignore

for (const folder of folders) {
  test(`every recording in ${folder} is told by its content, and by one format only`, async () => {
    const format = folder === 'traces/recorded' ? 'valgrind' : path.basename(folder);
    const names = fs.readdirSync(path.join(root, folder)).filter((name) => !/\.(md|c|cc)$/.test(name));
    assert.ok(names.length > 0);
    for (const name of names) {
      const bytes = await openBytes(path.join(root, folder, name));
      const head = await recordingHead(bytes);
      await bytes.close();
      assert.is(detectFormat(head)?.name, format, name);
      const candidates = allFormats().filter((candidate) => candidate.detect(head) > 0);
      assert.equal(candidates.map((candidate) => candidate.name), [format], name); // prettier-ignore
    }
  });
}

test('what no recorder wrote is of no format', () => {
  for (const text of [
    '',
    'hello',
    'op,id,size,align\nalloc,0,1,0\n',
    'v 2.0\n',
    '1\n2\n3\n',
    'id,lower,size\n',
    '\0\u00ff',
  ]) {
    assert.is(detectFormat(text.split('\n')), undefined, text);
  }
});

test.run();
