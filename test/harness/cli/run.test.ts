import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readResults } from '../../../harness/results/results-file';
import { inFolder, runCli } from './command';

const test = suite('cli: run');

const STORM = 'synth:half-page-storm?live=200&ops=100';
const ENGINES = 'xmalloc-first-fit,xmalloc-tlsf-2008';
const GOLDEN = join(__dirname, '../../golden/xen');

/** sha256 of the files of a folder, by name; of results without what is never compared. */
function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => {
        const text = readFileSync(join(folder, name), 'utf8').replace(/\n {2}"environment"[\s\S]*/, '');
        return [name, createHash('sha256').update(text).digest('hex')];
      }),
  );
}

test('a run prints a table and writes every report', () =>
  inFolder(async (folder) => {
    const out = join(folder, 'out');
    const { code, stdout } = await runCli(
      'run',
      STORM,
      '-a',
      ENGINES,
      '-p',
      'flat,zen4-2022@cold',
      '--out',
      out,
    );
    assert.is(code, 0);
    assert.match(stdout, /xmalloc-first-fit +flat/);
    assert.match(stdout, /xmalloc-tlsf-2008 +zen4-2022@cold/);
    for (const name of [
      'results.json',
      'summary.csv',
      'latency.csv',
      'timeline.csv',
      'worst.csv',
      'report.md',
    ]) {
      assert.ok(readdirSync(out).includes(name), name);
    }
    const { replays } = readResults(join(out, 'results.json'));
    assert.equal(
      replays.map(({ engine }) => engine.name),
      ENGINES.split(','),
    );
  }));

test('the same run gives the same bytes, with any number of workers', () =>
  inFolder(async (folder) => {
    const traces = [STORM, 'synth:churn?live=50&ops=300'];
    const run = async (name: string, ...more: string[]) => {
      const out = join(folder, name);
      const { code, stderr } = await runCli(
        ...['run', ...traces, '-a', ENGINES, '-p', 'flat,core2-2008', '--out', out, ...more],
      );
      assert.is(code, 0, stderr);
      return filesOf(out);
    };
    const first = await run('first');
    assert.ok(Object.keys(first).length >= 6);
    assert.equal(await run('second'), first);
    assert.equal(await run('workers', '--workers', '2'), first);
  }));

test('a replay that makes up most of the work has a second thread in its worker, and the same bytes', () =>
  inFolder(async (folder) => {
    const run = async (name: string, ...more: string[]) => {
      const out = join(folder, name);
      const traces = ['synth:churn?live=50&ops=20000', 'synth:ramp?objects=9'];
      const args = ['run', ...traces, '-a', 'xmalloc-tlsf', '-p', 'zen4-2022', '--out', out, ...more];
      const { code, stderr } = await runCli(...args);
      assert.is(code, 0, stderr);
      return filesOf(out);
    };
    assert.equal(await run('lanes', '--workers', '2'), await run('here', '--workers', '1'));
  }));

for (const engine of ['xenheap-pages', 'xmalloc-first-fit', 'xmalloc-tlsf-2008']) {
  test(`placements of ${engine} compare equal to the golden file`, () =>
    inFolder(async (folder) => {
      const trace = join(GOLDEN, engine, 'edge.trace.csv.gz');
      const { code } = await runCli(
        ...['run', trace, '-a', engine, '-p', 'flat', '--heap-pages', '16000', '--placements', folder],
      );
      assert.is(code, 0);
      assert.equal(readdirSync(folder), [`edge.${engine}.csv`]);
      const golden = gunzipSync(readFileSync(join(GOLDEN, engine, 'edge.golden.csv.gz'))).toString();
      assert.is(readFileSync(join(folder, `edge.${engine}.csv`), 'utf8'), golden);
    }));
}

test('--expect is quiet about a golden file and stops at a placement that differs', () =>
  inFolder(async (folder) => {
    const trace = join(GOLDEN, 'xmalloc-first-fit', 'edge.trace.csv.gz');
    const golden = join(GOLDEN, 'xmalloc-first-fit', 'edge.golden.csv.gz');
    const args = ['run', trace, '-a', 'xmalloc-first-fit', '--heap-pages', '16000', '--expect'];
    assert.is((await runCli(...args, golden)).code, 0);

    const altered = join(folder, 'altered.csv');
    writeFileSync(
      altered,
      gunzipSync(readFileSync(golden)).toString().replace('2,alloc,2,0x3e7f200', '2,alloc,2,0x3e7f300'),
    );
    const { code, stdout } = await runCli(...args, altered);
    assert.is(code, 3);
    assert.match(stdout, /operation 2: first placement that differs/);
    assert.match(stdout, /> 0x3e7f180 256 bytes allocated/);
  }));

/** A golden whose heap began elsewhere. */
const shiftedGolden = (shift: number): string =>
  gunzipSync(readFileSync(join(GOLDEN, 'xmalloc-first-fit', 'edge.golden.csv.gz')))
    .toString()
    .replaceAll(/0x([0-9a-f]+)/g, (_, digits: string) => `0x${(parseInt(digits, 16) + shift).toString(16)}`);

test('--expect aligns offsets that are all off by one number, and says so', () =>
  inFolder(async (folder) => {
    const trace = join(GOLDEN, 'xmalloc-first-fit', 'edge.trace.csv.gz');
    const file = join(folder, 'shifted.csv');
    const expect = (text: string) => {
      writeFileSync(file, text);
      return runCli('run', trace, '-a', 'xmalloc-first-fit', '--heap-pages', '16000', '--expect', file);
    };
    for (const [shift, said] of [
      [0x4000, '0x4000 above'],
      [-0x40, '0x40 below'],
    ] as const) {
      const { code, stdout } = await expect(shiftedGolden(shift));
      assert.is(code, 0);
      assert.ok(
        stdout.includes(`placements as expected, with every offset of the file ${said} the placed one\n`),
        stdout,
      );
    }
    const altered = await expect(shiftedGolden(0x4000).replace('2,alloc,2,0x3e83200', '2,alloc,2,0x3e83300'));
    assert.is(altered.code, 3);
    assert.match(altered.stdout, /operation 2: .* every offset of the file 0x4000 above .* until then\n/);
    assert.match(altered.stdout, /heap around the expected place:\n(.*\n)*> 0x3e7f280 /);
    // One block that lies elsewhere begins no other heap.
    const first = await expect(shiftedGolden(0).replace(/0x[0-9a-f]+/, '0x0'));
    assert.is(first.code, 3);
    assert.match(first.stdout, /operation 0: first placement that differs\n/);
  }));

test('--expect tells an engine that fails from one that places otherwise', () =>
  inFolder(async (folder) => {
    const args = ['run', 'synth:churn?live=5&ops=5', '-a', 'xmalloc-first-fit', '-p', 'flat'];
    await runCli(...args, '--placements', folder);
    const [file] = readdirSync(folder);
    const whole = join(folder, file!);
    const failed = await runCli(...args, '--access-limit', '10', '--expect', whole);
    assert.is(failed.code, 1);
    assert.match(failed.stdout, /operation 0: .*\n +placed +nothing: the replay has ended runaway: /);
    assert.not.match(failed.stdout, 'heap around');

    const [header, first] = readFileSync(whole, 'utf8').split('\n');
    const short = join(folder, 'short.csv');
    writeFileSync(short, `${header}\n${first}\n`);
    const longer = await runCli(...args, '--expect', short);
    assert.is(longer.code, 3);
    assert.match(longer.stdout, /operation 1: .*\n.*\n +expected +nothing: the file has ended/);
  }));

test('--expect of a file that cannot be read is one line, whatever it is called', async () => {
  for (const name of ['nowhere.csv', 'nowhere.csv.gz']) {
    const run = await runCli('run', STORM, '-a', 'xmalloc-first-fit', '-p', 'flat', '--expect', name);
    assert.is(run.code, 2);
    assert.match(run.stderr, new RegExp(`^alloc-replay: ${name}: cannot be read \\(no such file\\).*\\n$`));
  }
});

test('--expect of a file that holds no placements is refused with its place', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'notes.csv');
    writeFileSync(file, 'op,id,size,align\nalloc,0,5,0\n');
    const { code, stderr } = await runCli('run', STORM, '-a', 'vmalloc', '-p', 'flat', '--expect', file);
    assert.is(code, 2);
    assert.match(
      stderr,
      /notes\.csv:1:1: "op,id,size,align" is no header .*; expected index,op,id,offset\n$/,
    );
  }));

test('a trace whose verbs an engine lacks is n/a with the reason, and no failure', () =>
  inFolder(async (folder) => {
    const trace = join(folder, 'compacting.csv');
    writeFileSync(trace, 'op,id,size,align\nalloc,1,100,0\ncompact,0,0,0\n');
    const out = join(folder, 'out');
    const { code, stdout } = await runCli(
      'run',
      trace,
      '-a',
      'xmalloc-tlsf-2008',
      '-p',
      'flat',
      '--out',
      out,
    );
    assert.is(code, 0);
    assert.match(stdout, /n\/a/);
    for (const name of ['report.md', 'summary.csv']) {
      assert.match(readFileSync(join(out, name), 'utf8'), /compact/, name);
    }
  }));

test('an engine that corrupts its heap fails the run and says where', () =>
  inFolder(async (folder) => {
    const trace = join(folder, 'overrun.csv');
    // The write goes over the header of the block behind, so its free finds a broken size.
    writeFileSync(
      trace,
      'op,id,size,align,offset,span,cpu,site,call,value\n' +
        'alloc,1,100,0\nalloc,2,100,0\noverrun,1,64,0,0,0,0,,,255\nfree,2,0,0\n',
    );
    const { code, stdout } = await runCli('run', trace, '-a', 'xmalloc-first-fit', '-p', 'flat');
    assert.is(code, 1, stdout);
    assert.match(stdout, /corrupt|fault/);
  }));

test.run();
