import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sourcesAtHand } from '../../../harness/cli/names/sources-at-hand';
import { inFolder, runCli } from './command';

const test = suite('cli: sources of compiled engines');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('are shown where they lie as the build named them, and only if they are what was built', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'engine'));
    mkdirSync(join(folder, 'tree'));
    const beside = 'int a;\nint b;';
    writeFileSync(join(folder, 'engine', 'a.c'), beside);
    writeFileSync(join(folder, 'above.h'), 'above\n');
    writeFileSync(join(folder, 'tree', 'x.c'), 'x');
    writeFileSync(join(folder, 'secret'), 'secret');
    process.env['SOURCES_TREE'] = join(folder, 'tree');
    const found = sourcesAtHand(join(folder, 'engine', 'my.engine.yaml'), {
      'a.c': sha256(beside),
      '../above.h': sha256('above\n'),
      '$SOURCES_TREE/x.c': sha256('x'),
      '../secret': sha256('something else'),
      'missing.c': sha256(''),
      '..': sha256(''),
    });
    delete process.env['SOURCES_TREE'];
    assert.equal(
      [...found],
      [
        ['a.c', ['int a;', 'int b;']],
        ['../above.h', ['above', '']],
        ['$SOURCES_TREE/x.c', ['x']],
      ],
    );
  }));

test('a whole replay is summed up in forms that need no order, and goes with no choice of operations', async () => {
  const all = ['explain', 'synth:churn?live=10&ops=40', '-a', 'xmalloc-tlsf', '-p', 'flat', '--all'];
  const text = await runCli(...all);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /^xmalloc-tlsf on .*\n\nWhat it did, summed up by step:\n/);
  const spans = await runCli(...all, '--format', 'speedscope');
  assert.is(spans.code, 2);
  assert.match(
    spans.stderr,
    /--format: "speedscope" of a whole replay.*; expected one of text, json, html, collapsed/,
  );
  const both = await runCli(...all, '--op', '3');
  assert.is(both.code, 2);
  assert.match(both.stderr, /--all: does not go with --op/);
});

test.run();
