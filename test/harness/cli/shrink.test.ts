import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, runCli } from './command';

const test = suite('cli: shrink');

const STORM = 'synth:near-page-storm?live=20&ops=20';

test('prints the trace in words, writes it, explains the operation', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'refused.csv');
    const { code, stdout, stderr } = await runCli(
      ...['shrink', STORM, '-a', 'xmalloc-tlsf-2008', '--keep', 'allocations.refused>=1', '--out', out],
    );
    assert.is(code, 0);
    assert.match(stdout, /on xmalloc-tlsf-2008: 80 events shrunk to 1, \d+ traces tried\n/);
    assert.match(stdout, /It still has allocations.refused = 1. No object can be left out.\n/);
    assert.match(stdout, /\n {2}1\. allocate 4,048 bytes: #0\n/);
    assert.match(stdout, /#0 alloc of object 0 \(4,048 B\)/);
    assert.match(stderr, /1 event.* to .*refused.csv, sha256/);
    assert.is(readFileSync(out, 'utf8').split('\n')[1], 'alloc,0,4048,0');
  }));

test('the same result from the file that it wrote', () =>
  inFolder(async (folder) => {
    const [out, again] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
    const keep = ['-a', 'textbook-first-fit', '--keep', 'search.steps.max>=5', '--no-explain', '--out'];
    await runCli('shrink', 'synth:adversary/comb?count=20&probes=2', ...keep, out);
    await runCli('shrink', out, ...keep, again);
    assert.is(readFileSync(again, 'utf8'), readFileSync(out, 'utf8'));
  }));

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no --keep', ['-a', 'xmalloc-tlsf'], /no --keep: say what the trace must go on to show/],
  ['an unknown metric', ['-a', 'xmalloc-tlsf', '--keep', 'x>=1'], /--keep: no metric is called "x"/],
  ['a property that it has not', ['-a', 'xmalloc-tlsf', '--keep', 'allocations.failed>=1'], /does not show/],
  ['two engines', ['-a', 'xmalloc-tlsf,vmalloc', '--keep', 'outcome=ok'], /-a: 2 engines: .*expected one/],
  [
    'a file of no format',
    ['-a', 'xmalloc-tlsf', '--keep', 'outcome=ok', '--out', 'x.txt'],
    /says no format to write/,
  ],
];
for (const [what, words, message] of refused) {
  test(`${what} is bad usage, in one line`, async () => {
    const { code, stderr } = await runCli('shrink', STORM, ...words);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(stderr.trimEnd().split('\n').length, 1);
    assert.not.ok(existsSync('x.txt'));
  });
}

test('a synthesizer that decides by placements is refused', async () => {
  const { code, stderr } = await runCli(
    ...['shrink', 'synth:adversary/robson?live=16&largest=4', '-a', 'textbook-first-fit'],
    ...['--keep', 'outcome=ok'],
  );
  assert.is(code, 2);
  assert.match(stderr, /decides by placements/);
});

test.run();
