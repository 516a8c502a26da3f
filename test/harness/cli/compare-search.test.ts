import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';
import { inRepository } from './engine-repository';

const test = suite('cli: compare --search');

const SMALL = ['--events', '120', '--live-bytes', '131072', '--request-bytes', '8192', '--heap-pages', '256'];
const START = ['synth:churn?live=20&ops=40'];

test('of an engine and itself no difference is found, and nothing else is said', async () => {
  const { code, stdout, stderr } = await runCli(
    ...['compare', '--engines', 'xmalloc-tlsf', 'xmalloc-tlsf', '--search', '40', ...SMALL, ...START],
    ...['--workers', '1', '--fail-on', 'any-change'],
  );
  assert.is(code, 0, stderr);
  assert.match(
    stdout,
    /^no difference found in 40 traces, [\d,]+ a second: the same placements, outcomes and /,
  );
  assert.is(stdout.split('\n').length, 2);
});

test('where HEAD is worse it says by what, by how much, and on which few operations', () =>
  inFolder(async (folder) => {
    const save = join(folder, 'found');
    const { code, stdout } = await runCli(
      ...['compare', '--engines', 'xmalloc-tlsf-2008', 'xmalloc-tlsf', '--search', '100', ...SMALL, ...START],
      ...['--workers', '1', '--maximize', 'held.bytes.peak', '--save', save],
    );
    assert.is(code, 3);
    const figures = /\n {2}held.bytes.peak +([\d,]+) +([\d,]+) +\+[\d,]+ %\n/.exec(stdout);
    assert.ok(figures !== null, stdout);
    assert.match(stdout, /The shortest trace on which held.bytes.peak is still worse by half as much/);
    const values: (string | undefined)[] = [];
    for (const engine of ['xmalloc-tlsf-2008', 'xmalloc-tlsf']) {
      const { stdout: told } = await runCli(
        ...['shrink', join(save, 'difference.csv'), '-a', engine, '--heap-pages', '256'],
        ...['--keep', 'held.bytes.peak>=1', '--evaluations', '1', '--no-explain'],
      );
      values.push(/held.bytes.peak = ([\d,]+)/.exec(told)?.[1]);
    }
    assert.equal(values, figures.slice(1));
  }));

/** TLSF without the rounding of good fit: it takes the first block of a list, which may be too small. */
const withoutRounding = (allocators: string): string => `
const classes = require(${JSON.stringify(join(allocators, 'tlsf-classes'))});
const { xmallocTlsf } = require(${JSON.stringify(join(allocators, 'xmalloc-tlsf'))});
const { servedPayload } = classes;
exports.engine = {
  ...xmallocTlsf,
  name: 'tlsf-without-rounding',
  create(...given) {
    const engine = xmallocTlsf.create(...given);
    const { allocate } = engine;
    engine.allocate = (size, align) => {
      classes.servedPayload = (payload) => payload;
      try {
        return allocate.call(engine, size, align);
      } finally {
        classes.servedPayload = servedPayload;
      }
    };
    return engine;
  },
};
`;

test('a TLSF whose rounding of good fit was removed is told from the original', () =>
  inFolder(async (folder) => {
    const mutant = join(folder, 'mutant.js');
    writeFileSync(mutant, withoutRounding(join(__dirname, '../../../allocators/xen')));
    const { code, stdout, stderr } = await runCli(
      ...['compare', '--engines', 'xmalloc-tlsf', mutant, '--search', '160', ...SMALL, ...START],
      ...['--workers', '1'],
    );
    assert.is(code, 3, stderr);
    assert.match(stdout, /On \d+ of 160 traces, .*the engines differ/);
    const [, events = ''] = /The shortest trace on which .*, (\d+) events \(no object/.exec(stdout) ?? [];
    assert.ok(Number(events) > 0 && Number(events) < 30, stdout);
  }));

test('the engine of a revision is told from that of the working directory', () =>
  inRepository(async () => {
    const { code, stdout, stderr } = await runCli(
      ...['compare', '--base-ref', 'HEAD', '-a', './engine.js', '--search', '40', ...SMALL, 'trace.csv'],
      ...['-p', 'flat', '--workers', '1', '--fail-on', 'any-change'],
    );
    assert.is(code, 3, stderr);
    assert.match(stdout, /^base: HEAD \([0-9a-f]{12}\)\nhead: working directory\nOn \d+ of 40 traces/);
  }));

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no engines', ['--search', '10'], /--search: no engines; expected --engines BASE HEAD, or --base-ref REV/],
  [
    'a format for comparisons',
    ['--engines', 'vmalloc', 'vmalloc', '--search', '10', '--format', 'json'],
    /--search: together with --format/,
  ],
  [
    'an unknown metric',
    ['--engines', 'vmalloc', 'vmalloc', '--search', '10', '--maximize', 'waste'],
    /--maximize: no metric is called "waste"/,
  ],
];
for (const [what, words, message] of refused) {
  test(`${what} is bad usage, in one line`, async () => {
    const { code, stderr } = await runCli('compare', ...words);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(stderr.trimEnd().split('\n').length, 1);
  });
}

test.run();
