import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';

const test = suite('cli: audit');

test('a violator exits 3 and is explained', async () => {
  const { code, stdout } = await runCli('audit', 'policy:violator-1-domid-to-name', '--generation', '1');
  assert.is(code, 3);
  assert.match(stdout, 'line 6 (event 4): V1 pool-returned: libxl_domid_to_name returns object 11');
  assert.match(stdout, 'freed with all of the pool by libxl_domid_to_name, line 7');
  assert.match(stdout, /mend: /);
});

test('a clean trace exits 0', async () => {
  const { code, stdout } = await runCli('audit', 'synth:libxl-calls?calls=20');
  assert.is(code, 0);
  assert.match(stdout, 'no findings');
});

test('every format is written', async () => {
  for (const [format, says] of [
    ['json', '"schema": "alloc-replay/audit@1"'],
    ['sarif', '"version": "2.1.0"'],
    ['markdown', '# Audit of violator-2-version-info'],
  ] as const) {
    const { code, stdout } = await runCli('audit', 'policy:violator-2-version-info', '--format', format);
    assert.is(code, 3);
    assert.match(stdout, says);
  }
});

test('a double free, which other commands refuse, is found', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'twice.csv');
    writeFileSync(file, 'op,id,size,align\nalloc,1,8,0\nfree,1,0,0\nfree,1,0,0\n');
    const { code, stdout } = await runCli('audit', file);
    assert.is(code, 3);
    assert.match(stdout, 'line 4 (event 2): double-free');
  }));

test('equal findings of a call site are one group, the site that loses most first', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'sites.csv');
    const row = (id: number, size: number, site: string) => `alloc,${id},${size},0,${site}\n`;
    const lost = [row(1, 10, 'parse'), row(2, 700, 'load'), row(3, 11, 'parse'), row(4, 5000, 'parse')];
    const freed = [row(5, 9, 'load'), 'free,5,0,0,\n', 'free,5,0,0,\n'];
    writeFileSync(file, ['op,id,size,align,site\n', ...lost, ...freed].join(''));
    const { stdout } = await runCli('audit', file);
    const heads = stdout.match(/^(?:error|warning): .*$/gm)!;
    assert.match(heads[0]!, 'double-free');
    assert.match(heads[1]!, 'leak: object 1, 10 bytes');
    assert.match(heads[2]!, 'leak: object 2, 700 bytes');
    assert.is(heads.length, 3);
    assert.match(
      stdout,
      'object 1, 10 bytes: allocated at parse, line 2\n  and 2 more like it, up to event 3; 5,021 bytes',
    );
  }));

test('bad input is one line and exit code 2', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'odd.csv');
    writeFileSync(file, 'op,id,size,align,value\nenter,1,0,0,kind=pubic\n');
    for (const [argv, says] of [
      [[file], /odd\.csv:2.*did you mean "public"/],
      [['policy:violator-1-domid-to-nam'], /did you mean "violator-1-domid-to-name"/],
      [[file, '--generation', '3'], /generation/],
      [[file, '--findings', '0'], /--findings/],
    ] as const) {
      const { code, stderr } = await runCli('audit', ...argv);
      assert.is(code, 2, stderr);
      assert.match(stderr, says);
    }
  }));

test('a shipped policy trace is a trace like any other', async () => {
  const run = await runCli('run', 'policy:violator-4-nic-list', '-a', 'libxl-gc', '-p', 'flat');
  assert.is(run.code, 1, 'what was freed by hand is freed again by free_all');
  assert.match(run.stdout, /libxl-gc: corrupt at operation 15 \(freeall 1, .*double-free/);
  const fixed = await runCli('run', 'policy:violator-4-nic-list-fixed', '-a', 'libxl-gc', '-p', 'flat');
  assert.is(fixed.code, 0, fixed.stderr);
  assert.match((await runCli('trace', 'info', 'policy:disk-list')).stdout, /^disk-list: /);
});

test.run();
