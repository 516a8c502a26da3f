import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { placementsFileNames } from '../../../harness/cli/output/placements-files';
import { inFolder, runCli } from './command';
import { COMMAND_LINE, outputOf, suiteOf, writeEngine, writeSuite } from './suite-runs';

const test = suite('cli: outputs');

const TRACE = 'op,id,size,align\nalloc,1,100,0\nfree,1,0,0\n';
const run = ['-a', 'xmalloc-tlsf', '-p', 'flat', '--heap-pages', '64', '--virtual-pages', '32768'];

test('no two replays have one placements file', () => {
  const named = (trace: string, engine: string) => ({ trace: { name: trace }, engine: { name: engine } });
  const names = placementsFileNames([
    named('t', 'e'),
    named('t', 'e'),
    named('t', 'e-2'),
    named('t.e', 'e'),
    named('t', 'e.e'),
    named('T', 'e'),
    named('../x', 'e'),
  ]);
  assert.is(new Set(names.map((name) => name.toLowerCase())).size, names.length);
  assert.equal(names.slice(0, 3), ['t.e.csv', 't.e-2.csv', 't.e-2-2.csv']);
  assert.not(names.some((name) => /[\\/]/.test(name)));
});

test('names keep the letters of every script, and fit every file system', () => {
  const named = (name: string) => placementsFileNames([{ trace: { name }, engine: { name: 'e' } }])[0]!;
  assert.is(named('träce'), 'träce.e.csv');
  assert.is(named('軌跡 1'), '軌跡_1.e.csv');
  assert.is(named('a/b\\c:d\n*?"<>|'), 'a_b_c_d_______.e.csv');
  for (const letter of ['x', 'ä', '軌', '𝒳']) {
    const long = named(letter.repeat(500));
    assert.ok(Buffer.byteLength(long) <= 204 && long.startsWith(letter.repeat(40)), letter);
  }
});

test('what cannot be written is said before anything runs, in one line, and nothing is left', () =>
  inFolder(async (folder) => {
    const trace = join(folder, 't.csv');
    writeFileSync(trace, TRACE);
    writeFileSync(join(folder, 'file'), 'no history');
    const before = readdirSync(folder);
    for (const [name, more] of Object.entries({
      'a folder below a file': ['--out', join(folder, 'file/out')],
      'placements below a file': ['--placements', join(folder, 'file/out')],
      'a history that is none': ['--append', join(folder, 'file'), '--commit', 'c'],
      'a history in no folder': ['--append', join(folder, 'none/h.csv'), '--commit', 'c'],
      ...(existsSync('/proc/self') && { 'a folder in /proc': ['--out', '/proc/out'] }),
    })) {
      const { code, stdout, stderr } = await runCli('run', trace, ...run, ...more);
      assert.is(code, 2, name);
      assert.match(stderr, /^alloc-replay: [^\n]+\n$/, name);
      assert.is(stdout, '', name);
      assert.equal(readdirSync(folder), before, name);
    }
  }));

test('every output of every command is tried before its work begins', () =>
  inFolder(async (folder) => {
    const trace = join(folder, 't.csv');
    writeFileSync(trace, TRACE);
    const marker = join(folder, 'ran');
    const engine = join(
      folder,
      writeEngine(folder, 'marking', `require('fs').writeFileSync(${JSON.stringify(marker)}, '');`),
    );
    const taken = join(folder, 'taken');
    for (const name of ['worst.csv', 'junit.xml', 'LEDGER.html', 'x.csv', 'results-1-2.json']) {
      mkdirSync(join(taken, name), { recursive: true });
    }
    const empty = join(folder, 'empty');
    mkdirSync(join(empty, 'junit.xml'), { recursive: true });
    const own = ['-a', engine, ...run.slice(2)];
    const file = writeSuite(folder, suiteOf([engine]));
    const none = join(folder, 'none/x.csv');
    const lines: readonly (readonly string[])[] = [
      ['run', trace, ...own, '--out', taken],
      ['run', trace, ...own, '--out', empty, '--emit', 'bmf,junit'],
      ['run', trace, ...own, '--placements', join(trace, 'x')],
      ['suite', file, '--out', taken],
      ['suite', file, '--out', taken, '--shard', '1/2'],
      ['suite', file, '--out', empty, '--emit', 'junit'],
      ['suite', file, '--out', join(folder, 'fresh'), '--cache', trace],
      ['suite', file, '--out', join(folder, 'fresh'), '--append', none, '--commit', 'c'],
      ['merge', folder, '--out', taken],
      ['explain', trace, ...own, '--against', 'none', '--out', taken],
      ['explain', trace, ...own, '--all', '--out', none],
      ['compare', '--engines', 'xmalloc-tlsf', engine, trace, '-p', 'flat', '--out', taken],
      ['reproduce', 'xfree-latency', '--out', taken],
      ['reproduce', '--all', '--out', taken],
      ['price', trace, '--out', none],
      ['trend', trace, '--out', none],
      ['trace', 'synth', 'synth:churn', '-o', join(taken, 'x.csv')],
      ['trace', 'import', trace, '-o', none],
      ['trace', 'convert', trace, '-o', none],
      ['trace', 'slice', trace, '-o', none],
      ['trace', 'merge', trace, trace, '-o', none],
      ['trace', 'convert', join(folder, 'not-there'), '-o', join(taken, 'x.csv')],
      ['conformance', engine, '--save', join(trace, 'x')],
      ['engine', 'build', trace, '-o', none],
    ];
    for (const line of lines) {
      const what = line.join(' ');
      const { code, stdout, stderr } = await runCli(...line);
      assert.is(code, 2, what);
      assert.match(stderr, /^alloc-replay: [^\n]+\n$/, what);
      assert.match(stderr, /taken|junit|none|t\.csv|--cache/, what);
      assert.is(stdout, '', what);
      assert.not(existsSync(marker), what);
    }
    assert.not(existsSync(join(folder, 'fresh')));
  }));

test('a suite that cannot run leaves no folder behind', () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, 't.csv'), 'op,id,size,align\nalloc,1,x,0\n');
    const text = 'suite: s\ngroups: [{ group: g, traces: [t.csv], engines: [xmalloc-tlsf] }]\n';
    const file = writeSuite(folder, text);
    const { code } = await runCli('suite', file, '--out', join(folder, 'deep/out'));
    assert.is(code, 2);
    assert.equal(readdirSync(folder).sort(), ['t.csv', 'tiny.suite.yaml']);
  }));

test('a report goes through a link to its target, and a device stays one', () =>
  inFolder(async (folder) => {
    const trace = join(folder, 't.csv');
    writeFileSync(trace, TRACE);
    symlinkSync('target.txt', join(folder, 'link'));
    const explain = (out: string) =>
      runCli('explain', trace, '-a', 'xmalloc-tlsf', '-p', 'flat', '--against', 'none', '--out', out);
    assert.is((await explain(join(folder, 'link'))).code, 0);
    assert.match(readFileSync(join(folder, 'target.txt'), 'utf8'), 'xmalloc-tlsf');
    assert.is((await explain('/dev/null')).code, 0);
    if (existsSync('/dev/full')) {
      const full = await explain('/dev/full');
      assert.is(full.code, 2);
      assert.match(full.stderr, /^alloc-replay: \/dev\/full: no space left on device; expected [^\n]+\n$/);
    }
  }));

test('what a suite did not make in its folder of cells stays', () =>
  inFolder(async (folder) => {
    const cells = join(folder, 'out', '.cells');
    mkdirSync(cells, { recursive: true });
    writeFileSync(join(cells, 'thesis.txt'), 'years of work');
    assert.is((await runCli('suite', writeSuite(folder), '--out', join(folder, 'out'))).code, 0);
    assert.equal(readdirSync(cells), ['thesis.txt']);
  }));

test('two suites at once that write to one folder both end right', () =>
  inFolder(async (folder) => {
    const file = writeSuite(folder);
    const alone = join(folder, 'alone');
    assert.is((await runCli('suite', file, '--out', alone, '--workers', '2')).code, 0);
    const out = join(folder, 'out');
    const children = [1, 2].map(() =>
      spawn(process.execPath, [...COMMAND_LINE, 'suite', file, '--out', out, '--workers', '1'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
    let said = '';
    children.forEach(({ stderr }) => stderr.on('data', (text: Buffer) => (said += text.toString())));
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    assert.equal(ends, [
      [0, null],
      [0, null],
    ]);
    assert.match(said, /waiting for another suite that writes to /);
    assert.equal(outputOf(out), outputOf(alone));
  }));

test('the claim of a suite that was killed holds nobody up', () =>
  inFolder(async (folder) => {
    const file = writeSuite(folder);
    const out = join(folder, 'out');
    const child = spawn(process.execPath, [...COMMAND_LINE, 'suite', file, '--out', out, '--workers', '1'], {
      stdio: 'ignore',
    });
    const claimed = join(out, '.cells.lock');
    while (!existsSync(claimed)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(existsSync(claimed));
    const { code, stderr } = await runCli('suite', file, '--out', out, '--resume');
    assert.is(code, 0);
    assert.not.match(stderr, 'waiting');
    assert.equal(readdirSync(out).filter((name) => name.startsWith('.')), []); // prettier-ignore
  }));

test.run();
