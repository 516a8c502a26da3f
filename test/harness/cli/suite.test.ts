import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { MeasuredReplay } from '../../../harness/metrics/measured-replay';
import { readResults } from '../../../harness/results/results-file';
import { inFolder, runCli } from './command';
import { outputOf, suiteOf, TINY_CELLS, writeEngine, writeSuite } from './suite-runs';

const test = suite('cli: suite');

const REPORT_COUNT = 7;

test('any number of workers and shards gives the same bytes, and a cache takes nothing but time', () =>
  inFolder(async (folder) => {
    const file = writeSuite(folder);
    const cache = join(folder, 'cache');
    const run = async (name: string, ...more: string[]) => {
      const { code, stdout, stderr } = await runCli('suite', file, '--out', join(folder, name), ...more);
      assert.is(code, 0, stderr);
      return stdout;
    };
    const printed = await run('whole', '--workers', '1', '--cache', cache);
    assert.match(
      printed,
      `tiny: ${TINY_CELLS} cells (6 synthetic, secondary; 3 adversarial, secondary): ${TINY_CELLS} ok`,
    );
    assert.match(printed, /The dearest cells, in memory accesses:\n +[\d,]+ +\d+\.\d\d s +\S+ × /);
    assert.match(printed, /\nThe slowest took \d+\.\d\d s of processor time here: \S+ × \S+\n/);
    const whole = outputOf(join(folder, 'whole'));
    assert.is(Object.keys(whole).length, REPORT_COUNT);
    assert.is(readdirSync(cache).length, TINY_CELLS);

    await run('two', '--workers', '2');
    assert.equal(outputOf(join(folder, 'two')), whole);

    assert.match(await run('cached', '--cache', cache), `${TINY_CELLS} of ${TINY_CELLS} cells were known`);
    assert.equal(outputOf(join(folder, 'cached')), whole);

    for (const count of [1, 3, 7]) {
      const shards = `shards-${count}`;
      for (let index = 1; index <= count; index++) {
        await run(shards, '--shard', `${index}/${count}`, '--cache', cache);
        assert.ok(existsSync(join(folder, shards, `results-${index}-${count}.json`)));
      }
      assert.is(readdirSync(join(folder, shards)).length, count);
      const merged = await runCli('merge', join(folder, shards));
      assert.is(merged.code, 0, merged.stderr);
      assert.equal(outputOf(join(folder, shards)), whole, `${count} shards`);
    }
  }));

test('of so many cells that they become an archive nothing is measured that only pictures need', () =>
  inFolder(async (folder) => {
    const engines = [
      'xenheap-pages',
      'xmalloc-first-fit',
      'xmalloc-tlsf',
      'textbook-first-fit',
      'plan9-pool',
    ];
    const cachedCells = async (seeds: number): Promise<MeasuredReplay[]> => {
      const traces = Array.from({ length: seeds }, (_, seed) => `'synth:churn?live=5&ops=10&seed=${seed}'`);
      const text = suiteOf(engines).replace(/traces: .*/, `traces: [${traces.join(', ')}]`);
      const cache = join(folder, `cache-${seeds}`);
      const out = ['--out', join(folder, `out-${seeds}`), '--cache', cache];
      const { code, stderr } = await runCli('suite', writeSuite(folder, text), ...out);
      assert.is(code, 0, stderr);
      // Behind a line that says what it is.
      return readdirSync(cache).map((name) =>
        JSON.parse(readFileSync(join(cache, name), 'utf8').replace(/^.*\n/, '')),
      );
    };
    const few = await cachedCells(1);
    assert.ok(few.some(({ heapWalk, heapMap }) => heapWalk !== null && heapMap !== null));
    const many = await cachedCells(13);
    assert.ok(many.length > 64);
    assert.ok(many.every(({ heapWalk, heapMap }) => heapWalk === null && heapMap === null));
  }));

test('a damaged cache entry is ignored with a warning and written anew', () =>
  inFolder(async (folder) => {
    const file = writeSuite(folder, suiteOf(['xenheap-pages']));
    const cache = join(folder, 'cache');
    const run = () => runCli('suite', file, '--out', join(folder, 'out'), '--cache', cache);
    await run();
    const whole = outputOf(join(folder, 'out'));
    const entry = join(cache, readdirSync(cache)[0]!);
    const genuine = readFileSync(entry, 'utf8');
    writeFileSync(entry, genuine.replace('"operations":', '"operations": '));
    const { code, stderr, stdout } = await run();
    assert.is(code, 0);
    assert.match(stderr, `warning: ${entry}: ignored, damaged`);
    assert.not.match(stdout, 'were known');
    assert.is(readFileSync(entry, 'utf8'), genuine);
    assert.equal(outputOf(join(folder, 'out')), whole);
  }));

test('an engine that reads what no key holds runs every time, and that is said', () =>
  inFolder(async (folder) => {
    const offset = join(folder, 'bytes.txt');
    const reading = writeEngine(
      folder,
      'reading',
      `size += Number(require('fs').readFileSync(${JSON.stringify(offset)}, 'utf8'));`,
    );
    const file = writeSuite(folder, suiteOf(['xenheap-pages', reading]));
    const run = async (bytes: string) => {
      writeFileSync(offset, bytes);
      const words = ['--out', join(folder, 'out'), '--cache', join(folder, 'cache'), '--resume'];
      const { code, stdout, stderr } = await runCli('suite', file, ...words);
      assert.is(code, 0, stderr);
      const said =
        /^warning: .*reading\.js: its results are not kept, for reading\.js may read what fs gives it$/m;
      assert.match(stderr, said);
      return { stdout, output: outputOf(join(folder, 'out')) };
    };
    const before = await run('0');
    const after = await run('4000');
    assert.match(after.stdout, '1 of 2 cells were known');
    assert.is.not(after.output['summary.csv'], before.output['summary.csv']);
  }));

test('a crash, a kill and a runaway are the outcomes of their cells, and the rest goes on', () =>
  inFolder(async (folder) => {
    const killed = writeEngine(folder, 'killed', "if (size > 1000) process.kill(process.pid, 'SIGKILL');");
    const thrown = writeEngine(
      folder,
      'thrown',
      "if (size > 1000) throw new TypeError('no <b>such</b> list');",
    );
    const exited = writeEngine(folder, 'exited', 'if (size > 1000) process.exit(0);');
    const endless = writeEngine(folder, 'endless', 'for (;;) machine.load(0x10000000);');
    const file = writeSuite(
      folder,
      suiteOf([killed, 'xenheap-pages', thrown, exited, endless, 'xmalloc-tlsf'], 'access-budget: 100000\n'),
    );
    const out = join(folder, 'out');
    const { code, stdout } = await runCli('suite', file, '--out', out, '--workers', '1');
    assert.is(code, 1);
    assert.match(stdout, /2 crashed/);
    assert.equal(
      readResults(join(out, 'results.json')).replays.map(({ engine, outcome }) => [
        engine.name,
        outcome.kind,
        'problem' in outcome ? outcome.problem : '',
      ]),
      [
        ['killed', 'crashed', 'its worker process died'],
        ['xenheap-pages', 'ok', ''],
        ['thrown', 'faulted', 'TypeError: no <b>such</b> list (thrown in allocate, thrown.js:10:30)'],
        ['exited', 'crashed', 'its worker process died'],
        ['endless', 'runaway', 'replay passed its limit of 100000 memory accesses'],
        ['xmalloc-tlsf', 'ok', ''],
      ],
    );
    for (const name of ['report.md', 'report.html', 'summary.csv']) {
      const text = readFileSync(join(out, name), 'utf8');
      assert.match(text, 'its worker process died', name);
      assert.ok(name.endsWith('.csv') || !text.includes('<b>such'), name);
    }
    const again = await runCli('suite', file, '--out', out, '--workers', '1', '--resume');
    assert.match(again.stdout, '4 of 6 cells were known', 'what did not crash is kept');
  }));

test('--verify-determinism finds an engine that no two processes agree on, and one that disagrees with itself', () =>
  inFolder(async (folder) => {
    const host = writeEngine(folder, 'host', 'size += 16 * (process.pid % 61);');
    const fickle = writeEngine(folder, 'fickle', 'size += Math.floor(Math.random() * 900);');
    const out = join(folder, 'out');
    const run = (engines: string[], ...more: string[]) =>
      runCli('suite', writeSuite(folder, suiteOf(engines)), '--out', out, '--workers', '2', ...more);
    const verified = await run([host, 'xenheap-pages', fickle], '--verify-determinism');
    assert.is(verified.code, 4, verified.stderr);
    assert.match(
      verified.stderr,
      /not deterministic: synth:churn\S+ × \S+host\.js: two runs differ in their .*placementsSha256/,
    );
    assert.match(verified.stderr, /not deterministic: synth:churn\S+ × \S+fickle\.js: /);
    assert.not.match(verified.stderr, 'xenheap');
    assert.is((await run([fickle])).code, 4, 'one cell that contradicts itself needs no second run');
    assert.is((await run(['xenheap-pages'], '--verify-determinism')).code, 0);
  }));

test('an interrupted run keeps what is done, and --resume gives what an uninterrupted one gives', () =>
  inFolder(async (folder) => {
    const file = writeSuite(folder);
    const out = join(folder, 'out');
    const journal = join(out, '.cells');
    const interrupt = setInterval(() => {
      if (existsSync(journal) && readdirSync(journal).some((name) => /^[^.].*\.json$/.test(name))) {
        clearInterval(interrupt);
        process.emit('SIGINT');
      }
    }, 5);
    const stopped = await runCli('suite', file, '--out', out, '--workers', '1');
    clearInterval(interrupt);
    assert.is(stopped.code, 1);
    assert.match(
      stopped.stdout,
      new RegExp(`Stopped: \\d of ${TINY_CELLS} cells are done and kept in .*--resume`),
    );
    assert.equal(readdirSync(out), ['.cells']);
    const done = readdirSync(journal).length;
    assert.ok(done > 0 && done < TINY_CELLS, `${done} cells`);

    const resumed = await runCli('suite', file, '--out', out, '--workers', '1', '--resume');
    assert.is(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stdout, `${done} of ${TINY_CELLS} cells were known`);
    await runCli('suite', file, '--out', join(folder, 'whole'), '--workers', '1');
    assert.equal(outputOf(out), outputOf(join(folder, 'whole')));
  }));

const BAD_USAGE: readonly { what: string; argv: readonly string[]; says: RegExp }[] = [
  { what: 'an unknown suite', argv: ['suite', 'quikc', '--out', 'o'], says: /did you mean "quick"/ },
  { what: 'no folder', argv: ['suite', 'quick'], says: /--out/ },
  { what: 'shard 0', argv: ['suite', 'quick', '--out', 'o', '--shard', '0/2'], says: /--shard: "0\/2"; expected i\/n/ },
  { what: 'shard 3 of 2', argv: ['suite', 'quick', '--out', 'o', '--shard', '3/2'], says: /--shard: "3\/2"/ },
  { what: 'no workers', argv: ['suite', 'quick', '--out', 'o', '--workers', '0'], says: /--workers/ },
  { what: 'a merge of nothing', argv: ['merge', 'nowhere'], says: /nowhere/ },
]; // prettier-ignore

for (const { what, argv, says } of BAD_USAGE) {
  test(`${what} is refused`, async () => {
    const { code, stderr } = await runCli(...argv);
    assert.is(code, 2);
    assert.match(stderr, says);
    assert.is(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.not(existsSync('o'));
  });
}

test('a limit that cannot be read, a trace that is broken: refused, and nothing is left', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'out');
    const limited = writeSuite(folder, suiteOf(['xenheap-pages'], "limits: ['@latancy=+5%']\n"));
    const limit = await runCli('suite', limited, '--out', out);
    assert.is(limit.code, 2);
    assert.match(limit.stderr, /tiny\.suite\.yaml:5:10: .*@latancy.*did you mean "@latency"/);
    writeFileSync(join(folder, 'broken.csv'), 'op,id,size,align\nalloc,1,10,3\n');
    const broken = suiteOf(['xenheap-pages']).replace(/synth[^']*/, 'broken.csv');
    const trace = await runCli('suite', writeSuite(folder, broken), '--out', out, '--workers', '1');
    assert.is(trace.code, 2);
    assert.match(trace.stderr, /broken\.csv:2:12.*power of two/);
    assert.not(existsSync(out));
  }));

test('merge refuses what is incomplete or does not belong together', () =>
  inFolder(async (folder) => {
    const cache = join(folder, 'cache');
    const shard = (text: string, out: string, part: string) =>
      runCli(
        ...['suite', writeSuite(folder, text), '--out', join(folder, out), '--shard', part, '--cache', cache],
        ...['--workers', '1'],
      );
    const refused = async (out: string, says: RegExp) => {
      const into = join(folder, 'merged');
      const { code, stderr } = await runCli('merge', join(folder, out), '--out', into);
      assert.is(code, 2);
      assert.match(stderr, says);
      assert.not(existsSync(into));
    };
    const two = suiteOf(['xenheap-pages', 'xmalloc-tlsf']);
    await shard(two, 'half', '1/2');
    await refused('half', /results-2-2\.json: missing; expected all 2 shards/);
    await shard(suiteOf(['xenheap-pages', 'xmalloc-tlsf-2008']), 'half', '2/2');
    await refused('half', /results-2-2\.json: is of another suite or other code/);
    await shard(two, 'half', '2/2');
    await shard(two, 'half', '1/3');
    await refused('half', /results-1-3\.json: is one of 3 shards, not of 2/);
    await runCli('suite', writeSuite(folder, two), '--out', join(folder, 'plain'), '--cache', cache);
    await refused('plain', /holds no results of shards/);
  }));

test.run();
