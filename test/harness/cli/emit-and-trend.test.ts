import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CELL_LIST_ENGINE, SLOWER } from './cell-list-engine';
import { inFolder, onGithub, runCli } from './command';

const test = suite('cli: run --emit, run --append, trend');

const TRACE = 'op,id,size,align\nalloc,1,100,0\nalloc,2,50,0\nfree,1,0,0\n';

test('--emit writes the formats of other tools beside the reports', () =>
  inFolder(async (folder) => {
    const [trace, engine, out] = ['trace.csv', 'engine.js', 'out'].map((name) => join(folder, name));
    writeFileSync(trace!, TRACE);
    writeFileSync(engine!, CELL_LIST_ENGINE);
    const emit = 'bmf,github-action-benchmark,benchfmt,junit,hgrm';
    const { code, stderr } = await runCli(
      'run',
      trace!,
      '-a',
      engine!,
      '-p',
      'flat',
      '--out',
      out!,
      '--emit',
      emit,
    );
    assert.is(code, 0, stderr);
    const names = readdirSync(out!);
    for (const name of [
      'results.json',
      'bmf.json',
      'github-action-benchmark.smaller-is-better.json',
      'benchfmt.txt',
      'junit.xml',
      'trace.cell-list.flat.alloc.hgrm',
      'trace.cell-list.flat.free.hgrm',
    ]) {
      assert.ok(names.includes(name), name);
    }
  }));

test('a history is appended to run by run, and its trend shows the commit that slowed the engine', () =>
  inFolder(async (folder) => {
    const [trace, history] = ['trace.csv', 'history.csv'].map((name) => join(folder, name));
    writeFileSync(trace!, TRACE);
    const append = async (commit: string, source: string, name: string) => {
      const module = join(folder, name);
      writeFileSync(module, source);
      const options = ['--append', history!, '--commit', commit, '--label', 'nightly'];
      const { code, stdout, stderr } = await runCli('run', trace!, '-a', module, '-p', 'flat', ...options);
      assert.is(code, 0, stderr);
      return stdout;
    };
    assert.not.match(await append('first', CELL_LIST_ENGINE, 'a.js'), 'Since the run before');
    assert.match(
      await append('second', CELL_LIST_ENGINE, 'b.js'),
      /: 0 worse, 0 better, 0 not comparable\.\n$/,
    );
    const told = await append('third', SLOWER, 'c.js');
    assert.match(told, /third {2}nightly\n[^]* free\.cycles\.max .* worse +second\n/);
    assert.match(
      told,
      /\nSince the run before in .*history\.csv: [1-9]\d* worse, 0 better, 0 not comparable\.\n$/,
    );
    const { code, stdout } = await runCli('trend', history!, '--metric', 'free.cycles.max');
    assert.is(code, 0);
    assert.match(
      stdout,
      /third {2}nightly\n.*\ntrace +cell-list +flat +free\.cycles\.max .* worse +second\n/,
    );
    assert.match(stdout, /3 runs, 1 series, 1 change\n$/);
    const { stdout: all } = await runCli('trend', history!);
    const worse = all.split('\n').filter((line) => line.includes(' worse '));
    assert.match(worse[0]!, / free\.cycles\.max +0 /, 'the worst case first');
    const percentiles = worse.filter((line) => / free\.cycles\.(p\d+|mean|min)/.test(line));
    assert.is(percentiles.length, 1, 'figures that move together are one row');
    assert.match(percentiles[0]!, / free\.cycles\.[\w.]+ +5 /);
    const failing = (...words: string[]) =>
      runCli('trend', history!, '--metric', 'free.cycles.max', ...words);
    assert.is((await failing('--fail-on', 'worse')).code, 3);
    await append('fourth', SLOWER, 'd.js');
    assert.is((await failing('--fail-on', 'worse')).code, 0, 'it was told when it happened');
    await append('fifth', CELL_LIST_ENGINE, 'e.js');
    assert.is((await failing('--fail-on', 'worse')).code, 0);
    assert.is((await failing('--fail-on', 'any-change')).code, 3);
    assert.is((await failing('--label', 'nightly', '--fail-on', 'any-change')).code, 3);
    const misspelt = await failing('--label', 'nigthly', '--fail-on', 'any-change');
    assert.equal([misspelt.code, misspelt.stdout], [2, '']);
    assert.match(
      misspelt.stderr,
      /--label: no run in .*history\.csv is called "nigthly"; did you mean "nightly"\?; expected one of "nightly"\n$/,
    );
    const out = join(folder, 'changes.csv');
    const written = await runCli('trend', history!, '--format', 'csv', '--out', out);
    assert.equal([written.code, written.stdout, written.stderr], [0, '', `written to ${out}\n`]);
    assert.match(readFileSync(out, 'utf8'), /^date,commit,since\.commit,/);
  }));

for (const [name, args, message] of [
  ['an unknown format', ['--emit', 'bnf', '--out', 'x'], /--emit: "bnf"; did you mean "bmf"/],
  ['a format without a folder', ['--emit', 'bmf'], /--emit: no --out/],
] as const) {
  test(`bad input: ${name}`, async () => {
    const { code, stderr } = await runCli(
      'run',
      'synth:churn?live=5&ops=5',
      '-a',
      'textbook-first-fit',
      ...args,
    );
    assert.is(code, 2);
    assert.match(stderr, message);
  });
}

test('trend refuses what is no history', async () => {
  const { code, stderr } = await runCli('trend', __filename);
  assert.is(code, 2);
  assert.match(stderr, /:1: not a history/);
});

test('on GitHub Actions a comparison annotates and appends to the summary of the job', () =>
  inFolder(async (folder) => {
    const [trace, base, head, summary] = ['t.csv', 'base.js', 'head.js', 'summary.md'].map((each) =>
      join(folder, each),
    );
    writeFileSync(trace!, TRACE);
    writeFileSync(base!, CELL_LIST_ENGINE);
    writeFileSync(head!, SLOWER);
    writeFileSync(summary!, 'before\n');
    await onGithub(summary!, async () => {
      const args = ['compare', '--engines', base!, head!, trace!, '-p', 'flat', '--format', 'json'];
      const { code, stdout, stderr } = await runCli(...args);
      assert.is(code, 3);
      assert.is(JSON.parse(stdout).verdict.word, 'regressions');
      assert.match(stderr, /^::error title=cell-list on t%2C flat%3A free\.cycles\./m);
      assert.match(readFileSync(summary!, 'utf8'), /^before\n<!-- alloc-replay:pr-report -->\n/);
    });
  }));

test.run();
