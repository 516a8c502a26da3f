import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readResults } from '../../../harness/results/results-file';
import { inFolder, onGithub, runCli } from './command';
import { outputOf, suiteOf, writeEngine, writeSuite } from './suite-runs';

const test = suite('cli: suite, limits and what other tools get');

const LIMITED = suiteOf(
  ['xenheap-pages', 'xmalloc-tlsf'],
  "limits: ['*.cycles.max=+1000%|2', 'free.cycles.max=+1000%']\n",
);

const HOSTILE_TRACE = 'a%b|<i>,=cmd().csv';

test('a limit on a value needs no base: a suite beyond it ends with 3, and says by how much', () =>
  inFolder(async (folder) => {
    const run = (text: string) =>
      runCli(
        'suite',
        writeSuite(folder, text),
        '--out',
        join(folder, 'out'),
        '--emit',
        'junit',
        '--workers',
        '1',
      );
    const beyond = await run(LIMITED);
    assert.is(beyond.code, 3, beyond.stderr);
    assert.match(
      beyond.stdout,
      /\nlimit broken: xmalloc-tlsf on churn\S+, flat: alloc\.cycles\.max: [\d,]+ is beyond 2\n/,
    );
    assert.not.match(beyond.stdout, 'free.cycles.max:', 'the last limit that matches counts');
    assert.match(beyond.stdout, /\nsome: 2 cells \(2 synthetic, secondary\): 2 ok, \d limits broken\n/);
    assert.ok(existsSync(join(folder, 'out', 'results.json')));
    const junit = readFileSync(join(folder, 'out', 'junit.xml'), 'utf8');
    assert.match(
      junit,
      /classname="xmalloc-tlsf\.churn[^"]+\.flat" name="alloc\.cycles\.max"><failure message="[\d,]+ is beyond 2"/,
    );
    assert.not.match(junit, 'failures="0"');
    assert.is((await run(LIMITED.replace('|2', '|2000000000'))).code, 0);
    const crashing = writeEngine(folder, 'crashing', "throw new TypeError('no');");
    const both = await run(LIMITED.replace('xenheap-pages', crashing));
    assert.is(both.code, 1, 'an engine that broke counts for more');
  }));

test('results carry their limits and labels, shards too, and compare judges by them', () =>
  inFolder(async (folder) => {
    const text = LIMITED.replace('|2', '').replace('engines:', 'label: recorded\n    engines:');
    const file = writeSuite(folder, text);
    const out = (name: string) => ['--out', join(folder, name), '--workers', '1'];
    assert.is((await runCli('suite', file, ...out('whole'))).code, 0);
    for (const part of ['1/2', '2/2']) {
      await runCli('suite', file, ...out('shards'), '--shard', part);
    }
    const merged = await runCli('merge', join(folder, 'shards'), '--emit', 'junit');
    assert.is(merged.code, 0, merged.stderr);
    assert.match(merged.stdout, /\nsome: 2 cells \(2 recorded, primary\): 2 ok\n/);
    const { 'junit.xml': junit, ...reports } = outputOf(join(folder, 'shards'));
    assert.ok(junit !== undefined);
    assert.equal(reports, outputOf(join(folder, 'whole')));
    assert.equal(readResults(join(folder, 'shards', 'results.json')).suite, {
      name: 'some',
      limits: ['*.cycles.max=+1000%', 'free.cycles.max=+1000%'],
      labels: ['recorded', 'recorded'],
    });

    const compare = (...more: string[]) =>
      runCli('compare', join(folder, 'whole'), join(folder, 'slower'), ...more);
    const slower = readFileSync(join(folder, 'whole', 'results.json'), 'utf8')
      .replace(/("alloc\.cycles\.max": \{\s+"value": \d+)/g, '$10')
      .replace(/("costsSha256": ")./g, '$1f');
    await runCli('suite', file, ...out('slower'));
    writeFileSync(join(folder, 'slower', 'results.json'), slower);
    const tolerated = await compare();
    assert.is(tolerated.code, 0, tolerated.stderr);
    assert.match(
      tolerated.stdout,
      /changed, recorded traces\n[^]*\nlimits: \*\.cycles\.max=\+1000%, free\.cycles\.max=\+1000%\n/,
    );
    const strict = await compare('--limit', 'alloc.cycles.max=+1%');
    assert.is(strict.code, 3, 'what the command line says counts last');
    assert.match(strict.stdout, /^what a reviewer asks\n[^]*\nregressions, recorded traces\n/);
  }));

test('a suite emits and appends as run does; a shard leaves that to merge', () =>
  inFolder(async (folder) => {
    const file = writeSuite(folder, suiteOf(['xenheap-pages', 'xmalloc-tlsf']));
    const [out, history] = ['out', 'history.csv'].map((name) => join(folder, name));
    const options = ['--emit', 'bmf,benchfmt,junit', '--append', history!, '--commit', 'c', '--label', 'l'];
    const { code, stderr } = await runCli('suite', file, '--out', out!, '--workers', '1', ...options);
    assert.is(code, 0, stderr);
    const names = readdirSync(out!);
    for (const name of ['bmf.json', 'benchfmt.txt', 'junit.xml']) {
      assert.ok(names.includes(name), name);
    }
    assert.match((await runCli('trend', history!)).stdout, /1 run, \d+ series, 0 changes\n$/);
    for (const option of [
      ['--emit', 'bmf'],
      ['--append', history!, '--commit', 'c'],
    ]) {
      const shard = await runCli('suite', file, '--out', join(folder, 's'), '--shard', '1/2', ...option);
      assert.is(shard.code, 2);
      assert.match(shard.stderr, `${option[0]}: of a shard, which is a part only; expected \`merge\``);
      assert.not(existsSync(join(folder, 's')));
    }
  }));

test('on GitHub Actions a suite annotates and appends to the summary of the job', () =>
  inFolder(async (folder) => {
    const crashing = writeEngine(folder, 'crashing', "throw new TypeError('no <b>such</b> list');");
    writeFileSync(join(folder, HOSTILE_TRACE), 'op,id,size,align\nalloc,1,100,0\nfree,1,0,0\n');
    const text = suiteOf([crashing, 'xmalloc-tlsf'], "limits: ['alloc.cycles.max=1']\n");
    const file = writeSuite(folder, text.replace(/synth[^']*/, HOSTILE_TRACE));
    const summary = join(folder, 'summary.md');
    writeFileSync(summary, 'before\n');
    await onGithub(summary, async () => {
      const { stderr } = await runCli('suite', file, '--out', join(folder, 'out'), '--workers', '1');
      assert.match(
        stderr,
        /^::error title=crashing on a%25b\|<i>%2C=cmd\(\)%3A faulted::faulted at operation 0 [^\n]*: TypeError: no <b>such/m,
      );
      assert.match(
        stderr,
        /^::error title=xmalloc-tlsf on a%25b\S+%2C flat%3A alloc\.cycles\.max::[\d,]+ is beyond 1$/m,
      );
      assert.match(stderr, /^::notice title=alloc-replay::some: 2 cells .* 1 limit broken$/m);
      const text = readFileSync(summary, 'utf8');
      assert.match(text, /^before\n### alloc-replay: [^]*\n- ❌ [^]*\n- ❌ [^]*beyond 1\n- /);
      assert.not.match(text, /<[bi]>/);
    });
  }));

test.run();
