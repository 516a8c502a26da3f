import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BROKEN, CELL_LIST_ENGINE, FASTER, NEXT_VERSION, PUSHED_AT_TAIL, SLOWER } from './cell-list-engine';
import { inFolder, runCli } from './command';

const test = suite('cli: compare');

const TRACE =
  'op,id,size,align\nalloc,1,100,0\nalloc,2,50,0\nfree,1,0,0\nalloc,3,30,0\nfree,3,0,0\nfree,2,0,0\n';

const folder = mkdtempSync(join(tmpdir(), 'alloc-replay-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const ran = new Map<string, Promise<string>>();

/** The folder with the results of an engine on the trace, which is replayed once for all tests. */
function resultsOf(source: string): Promise<string> {
  const known = ran.get(source) ?? run(source, join(folder, String(ran.size)));
  ran.set(source, known);
  return known;
}

async function run(source: string, out: string): Promise<string> {
  const trace = join(folder, 'trace.csv');
  writeFileSync(trace, TRACE);
  mkdirSync(out);
  const module = join(out, 'engine.js');
  writeFileSync(module, source);
  const { code, stderr } = await runCli('run', trace, '-a', module, '-p', 'flat', '--out', out);
  assert.is(code, source === BROKEN ? 1 : 0, stderr);
  return out;
}

interface Case {
  readonly head: string;
  readonly options?: readonly string[];
  readonly code: number;
  readonly says: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  'an identical engine is identical everywhere': {
    head: CELL_LIST_ENGINE,
    options: ['--fail-on', 'any-change'],
    code: 0,
    says: /flat +identical\n[^]*placements identical, costs identical\nno change: \d+ unchanged - no action/,
  },
  'a push at the tail changes placements, and any change fails': {
    head: PUSHED_AT_TAIL,
    options: ['--fail-on', 'any-change'],
    code: 3,
    says: /both changed\n[^]*placements changed in 1 of 1 replay, costs changed in 1 of 1 pricing/,
  },
  'costs alone are a regression by themselves': {
    head: SLOWER,
    code: 3,
    says: /free\.cycles\.max .*costs changed, placements identical\n[^]*why\nthe worst free of cell-list/,
  },
  'a regression that is not asked about fails nothing': {
    head: SLOWER,
    options: ['--fail-on', 'none'],
    code: 0,
    says: /regressions: /,
  },
  'a regression within its limit fails nothing': {
    head: SLOWER,
    options: ['--limit', '*=+100000%'],
    code: 0,
    says: /changes: /,
  },
  'a limit on the value itself fails whatever the base was': {
    head: CELL_LIST_ENGINE,
    options: ['--limit', 'free.cycles.max=+5%|1'],
    code: 3,
    says: /regressions, recorded traces\n.*\n.*free\.cycles\.max .*\+5%\|1 +identical/,
  },
  'an improvement fails nothing': { head: FASTER, code: 0, says: /improvements: .*new baseline/ },
  'an improvement is a change': {
    head: FASTER,
    options: ['--fail-on', 'any-change'],
    code: 3,
    says: /improvements: /,
  },
  'an engine that breaks is said first': {
    head: BROKEN,
    code: 3,
    says: /^newly failing\n.*\ntrace +cell-list +newly failing +corrupt at operation 2 .*broken \| on purpose/m,
  },
  'another version is not comparable': {
    head: NEXT_VERSION,
    code: 0,
    says: /not comparable +engine version 1 → 2\n[^]*please read: nothing could be compared/,
  },
};

for (const [name, { head, options = [], code, says }] of Object.entries(CASES)) {
  test(name, async () => {
    const [base, results] = [await resultsOf(CELL_LIST_ENGINE), join(await resultsOf(head), 'results.json')];
    const compared = await runCli('compare', base, results, ...options);
    assert.match(compared.stdout, says);
    assert.is(compared.code, code);
  });
}

test('what broke and works again, and what fails as before, is told apart', async () => {
  const [base, head] = [await resultsOf(BROKEN), await resultsOf(CELL_LIST_ENGINE)];
  assert.match((await runCli('compare', base, head)).stdout, /now working +was corrupt[^]*improvements: /);
  const same = await runCli('compare', base, base, '--fail-on', 'any-change');
  assert.match(same.stdout, /still failing[^]*no change: /);
  assert.is(same.code, 0);
});

test('every format goes to the file it is asked for', () =>
  inFolder(async (folder) => {
    const [base, head] = [await resultsOf(CELL_LIST_ENGINE), await resultsOf(SLOWER)];
    const report = async (format: string) => {
      const file = join(folder, `report.${format}`);
      const { code, stdout } = await runCli(...['compare', base, head, '--format', format, '--out', file]);
      assert.is(code, 3);
      assert.is(stdout, '');
      return readFileSync(file, 'utf8');
    };
    assert.match(await report('text'), /^what a reviewer asks\n[^]*\nregressions, recorded traces\n/);
    assert.match(await report('csv'), /^category,trace,engine,/);
    assert.match(
      await report('markdown'),
      /^<!-- alloc-replay:pr-report -->\n### alloc-replay: regressions: ❌ /,
    );
    const json = JSON.parse(await report('json'));
    assert.is(json.schema, 'alloc-replay/comparison@1');
    assert.is(json.verdict.word, 'regressions');
    assert.is(json.reasons[0].kind, 'free');
    assert.ok(json.reasons[0].head.cycles > json.reasons[0].base.cycles);
  }));

test('two engine modules are compared as base and head', () =>
  inFolder(async (folder) => {
    const [base, head, trace] = ['base.js', 'head.js', 'trace.csv'].map((name) => join(folder, name));
    writeFileSync(base!, CELL_LIST_ENGINE);
    writeFileSync(head!, PUSHED_AT_TAIL.replace("'cell-list',\n  version: 1", "'cell-queue',\n  version: 7"));
    writeFileSync(trace!, TRACE);
    const run = await runCli(
      'compare',
      '--engines',
      base!,
      head!,
      trace!,
      '-p',
      'flat',
      '--fail-on',
      'any-change',
    );
    assert.is(run.code, 3, run.stderr);
    assert.match(run.stdout, /trace +cell-list → cell-queue .* both changed/);
    const same = await runCli(
      'compare',
      '--engines',
      base!,
      base!,
      trace!,
      '-p',
      'flat',
      '--fail-on',
      'any-change',
    );
    assert.is(same.code, 0);
    const ascii = await runCli('compare', '--engines', base!, head!, trace!, '-p', 'flat', '--ascii');
    assert.match(ascii.stdout, /cell-list -> cell-queue/);
  }));

for (const [name, args, message] of [
  ['one result', ['compare', 'a'], /1 inputs; expected BASE HEAD/],
  ['a missing file', ['compare', 'none-a', 'none-b'], /none-a: no such file/],
  [
    'an unknown metric',
    ['compare', 'a', 'b', '--limit', 'free.cycle.max=+1%'],
    /did you mean "free\.cycles\.max"/,
  ],
  ['a limit without a value', ['compare', 'a', 'b', '--limit', 'free.cycles.max'], /expected METRIC=PART/],
  [
    'engines and a revision',
    ['compare', '--engines', 'a', 'b', '--base-ref', 'main', 't'],
    /expected one of them/,
  ],
  ['engines without a trace', ['compare', '--engines', 'a', 'b'], /--engines BASE HEAD TRACE/],
  ['a revision without an engine', ['compare', '--base-ref', 'main', 't.csv'], /no engine/],
  ['another format', ['compare', 'a', 'b', '--format', 'yaml'], /format/],
] as const) {
  test(`bad input: ${name}`, async () => {
    const { code, stderr, stdout } = await runCli(...args);
    assert.match(stderr, message);
    assert.is(
      stderr.trim().split('\n').length,
      name === 'another format' ? stderr.trim().split('\n').length : 1,
    );
    assert.is(stdout, '');
    assert.is(code, 2);
  });
}

test('the command in a mail explains the operation that it is about', () =>
  inFolder(async (own) => {
    const file = (name: string, text: string): string => {
      writeFileSync(join(own, name), text);
      return join(own, name);
    };
    const [base, head] = [file('base.js', CELL_LIST_ENGINE), file('head.js', SLOWER)];
    for (const [trace, heapPages] of [
      [file('t.csv', TRACE), '500'],
      ['recorded:sqlite3-2000', '9000'],
      ['synth:churn?live=20&ops=40&largest=200&seed=3', '500'],
    ] as const) {
      const { code, stdout } = await runCli(
        ...['compare', '--engines', base, head, trace, '-p', 'flat', '--format', 'mail'],
        ...['--heap-pages', heapPages],
      );
      assert.is(code, 3);
      const [, cycles] = /^Worst \w+: ([\d,]+) cycles/m.exec(stdout)!;
      const [, command] = /^Replay it:\n *alloc-replay ([^]*)$/m.exec(stdout)!;
      const words = command!.replaceAll(/\\\n/g, '').replaceAll('"', '').trim().split(/ +/);
      const explained = await runCli(...words, '--against', 'none');
      assert.is(explained.code, 0, explained.stderr);
      assert.ok(explained.stdout.includes(cycles!), `${cycles} in ${explained.stdout}`);
    }
  }));

test('a results file of another schema is refused', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'results.json');
    writeFileSync(file, '{"schema":"alloc-replay/results@9"}');
    const { code, stderr } = await runCli('compare', file, file);
    assert.is(code, 2);
    assert.match(stderr, /schema: "alloc-replay\/results@9"; expected alloc-replay\/results@1/);
  }));

test.run();
