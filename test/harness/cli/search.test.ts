import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, runCli } from './command';

const test = suite('cli: search');

const START = ['--start', 'synth:adversary/comb?count=40&probes=2'];
const SMALL = [
  '--events',
  '91',
  '--live-bytes',
  '65536',
  '--request-bytes',
  '2048',
  '--heap-pages',
  '256',
  '-p',
  'flat',
  ...START,
];
const STEPS = ['-a', 'textbook-first-fit', '--maximize', 'search.steps.max', ...SMALL];

test('says what it found and began with, writes the trace and a shorter one, explains', () =>
  inFolder(async (out) => {
    const { code, stdout } = await runCli('search', ...STEPS, '--evaluations', '90', '--out', out);
    assert.is(code, 0);
    const [, found = '', events = ''] =
      /^search.steps.max of textbook-first-fit: (\d+) on a trace of (\d+) events \(90 traces tried, [\d,]+ a second; \d+ kinds/.exec(
        stdout,
      ) ?? [];
    const [, begun = ''] = /It began with (\d+)\./.exec(stdout) ?? [];
    assert.ok(Number(found) >= Number(begun) && Number(begun) >= 20, stdout);
    assert.is(readFileSync(join(out, 'worst.csv'), 'utf8').trimEnd().split('\n').length - 1, Number(events));
    const least = Math.ceil(Number(found) * 0.95);
    const shrunk = join(out, 'shrunk.csv');
    const run = await runCli(
      ...['shrink', shrunk, ...STEPS.slice(0, 2), '-p', 'flat', '--heap-pages', '256', '--no-explain'],
      ...['--keep', `search.steps.max>=${least}`],
    );
    assert.is(run.code, 0, run.stderr);
    assert.match(stdout, /\n +1\. allocate /);
    assert.match(stdout, /Its search took \d+ steps/);
  }));

test('in worker processes the same bytes', () =>
  inFolder(async (folder) => {
    const files: string[][] = [];
    for (const workers of ['1', '2']) {
      const out = join(folder, workers);
      const words = [...STEPS, '--evaluations', '90', '--no-shrink', '--out', out, '--workers', workers];
      assert.is((await runCli('search', ...words)).code, 0);
      files.push(['worst.csv', 'search.json'].map((name) => readFileSync(join(out, name), 'utf8')));
    }
    assert.equal(files[1], files[0]);
  }));

test('an engine of the user’s that dies is a failure, kept as a trace, and ends nothing else', () =>
  inFolder(async (folder) => {
    const engine = join(folder, 'dying.js');
    writeFileSync(engine, DYING);
    const out = join(folder, 'out');
    const { code, stdout, stderr } = await runCli(
      ...['search', '-a', engine, '--maximize', 'alloc.cycles.max', ...SMALL],
      ...['--evaluations', '60', '--no-shrink', '--out', out],
    );
    assert.is(code, 1, stderr);
    assert.match(stdout, /^alloc.cycles.max of .*dying.js: \d+ cycles/);
    assert.match(stderr, /ended as no engine may on .*failure.csv/);
    assert.ok(existsSync(join(out, 'failure.csv')));
  }));

/** The textbook's engine, but for what a request of more than 2,000 bytes does. */
const DYING = `
const { textbookFirstFit } = require(${JSON.stringify(join(__dirname, '../../../allocators/textbook/textbook-first-fit'))});
exports.engine = {
  ...textbookFirstFit,
  name: 'dying',
  create(...given) {
    const engine = textbookFirstFit.create(...given);
    const { allocate } = engine;
    engine.allocate = (size, align) => (size > 2000 ? process.exit(0) : allocate.call(engine, size, align));
    return engine;
  },
};
`;

test('--resume refuses what was begun with other options, and goes on otherwise', () =>
  inFolder(async (out) => {
    const words = [...STEPS, '--no-shrink', '--out', out, '--evaluations'];
    await runCli('search', ...words, '90');
    const other = await runCli('search', ...words, '91', '--resume');
    assert.is(other.code, 2);
    assert.match(other.stderr, /search.json: a search for something else/);
    const { code, stdout } = await runCli('search', ...words, '90', '--resume');
    assert.is(code, 0);
    assert.match(stdout, /\(90 traces tried, 0 a second/);
  }));

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no metric', ['-a', 'xmalloc-tlsf', '--out', 'x'], /no --maximize: name a metric/],
  ['no folder', ['-a', 'xmalloc-tlsf', '--maximize', 'waste.peak'], /no --out: say with --out/],
  [
    'an unknown metric',
    ['-a', 'xmalloc-tlsf', '--maximize', 'waste.peek', '--out', 'x'],
    /--maximize: no metric is called "waste.peek"; did you mean "waste.peak"\?/,
  ],
  ['no engine', ['--maximize', 'waste.peak', '--out', 'x'], /no --allocator/],
  [
    'an adaptive start',
    [
      ...['-a', 'xmalloc-tlsf', '--maximize', 'waste.peak', '--out', 'x'],
      '--start',
      'synth:adversary/robson',
    ],
    /decides by placements/,
  ],
  [
    'too short traces',
    ['-a', 'xmalloc-tlsf', '--maximize', 'waste.peak', '--out', 'x', '--events', '5'],
    /--events: "5"; expected a whole number from 16/,
  ],
];
for (const [what, words, message] of refused) {
  test(`${what} is bad usage, in one line, and nothing is made`, async () => {
    const { code, stderr } = await runCli('search', ...words);
    assert.is(code, 2);
    assert.match(stderr, message);
    assert.is(stderr.trimEnd().split('\n').length, 1);
    assert.not.ok(existsSync('x'));
  });
}

test.run();
