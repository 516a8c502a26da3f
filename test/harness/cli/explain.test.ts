import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';

const test = suite('cli: explain');

const STORM = 'synth:half-page-storm?live=30&ops=30';
const FAST = ['-a', 'xmalloc-first-fit', '--against', 'none'];

/** Explains a trace of these rows. */
function explainRows(rows: readonly string[], ...argv: string[]) {
  return inFolder((folder) => {
    const file = join(folder, 'trace.csv');
    writeFileSync(file, ['op,id,size,align', ...rows, ''].join('\n'));
    return runCli('explain', file, ...argv);
  });
}

test('tells of the worst operation, and compares it with every engine that can run it', async () => {
  const { code, stdout } = await runCli('explain', STORM, '-a', 'xmalloc-first-fit', '-p', 'flat');
  assert.is(code, 0);
  for (const part of [/the dearest of/, /What it did:/, /What its cycles went into:/, /xmalloc-tlsf-2008/]) {
    assert.match(stdout, part);
  }
});

test('as many as are asked for, or the holders of a lock', async () => {
  const three = await runCli('explain', STORM, ...FAST, '--worst', '3', '--format', 'json');
  const cycles = (JSON.parse(three.stdout) as { operations: { cycles: number }[] }).operations.map(
    (each) => each.cycles,
  );
  assert.is(cycles.length, 3);
  assert.equal(
    cycles,
    [...cycles].sort((a, b) => b - a),
  );
  const lock = await runCli('explain', STORM, ...FAST, '--lock', 'freelist');
  assert.match(lock.stdout, /of them with freelist held/);
});

test('writes a whole file', async () => {
  await inFolder(async (folder) => {
    const out = join(folder, 'op.speedscope.json');
    const { code, stdout } = await runCli('explain', STORM, ...FAST, '--format', 'speedscope', '--out', out);
    assert.equal([code, stdout, readdirSync(folder)], [0, '', ['op.speedscope.json']]);
    assert.match(readFileSync(out, 'utf8'), 'file-format-schema.json');
  });
});

test('options of engines and machines hold for both passes', async () => {
  const { code, stdout } = await runCli(
    ...['explain', STORM, ...FAST, '-o', 'page-version=head', '--heap-pages', '512', '--format', 'json'],
  );
  const explanation = JSON.parse(stdout) as { engine: { options: object }; machine: object };
  assert.is(code, 0);
  assert.equal(explanation.engine.options, { 'page-version': 'head', 'idle-scrub': 0, zones: 1 });
  assert.equal(explanation.machine, { heapPages: 512, virtualPages: 16_777_216 });
});

test('a trace that adapts to placements is explained, and not compared', async () => {
  const trace = 'synth:adversary/robson?live=4096&largest=64';
  const { code, stdout, stderr } = await runCli('explain', trace, '-a', 'textbook-first-fit');
  assert.is(code, 0, stderr);
  assert.match(stdout, /the trace adapts to placements/);
});

test('an engine that stops is explained up to there, with exit code 1', async () => {
  const argv = ['-a', 'textbook-first-fit', '--against', 'none', '--access-limit', '400'];
  const rows = ['alloc,1,20000,0', 'alloc,2,64,0', 'realloc,1,900000,0'];
  const { code, stdout } = await explainRows(rows, ...argv);
  assert.is(code, 1);
  assert.match(stdout, /The replay ended runaway at #2: /);
});

const BAD: readonly { what: string; rows?: readonly string[]; argv: readonly string[]; says: RegExp }[] = [
  {
    what: 'an operation beyond the end',
    argv: ['--op', '2'],
    says: /--op: 2: the trace has 2 events; expected .* 0 to 1/,
  },
  {
    what: 'a skipped event',
    rows: ['alloc,1,99999999999,0', 'free,1,0,0'],
    argv: ['--op', '1'],
    says: /--op: event 1 was skipped/,
  },
  { what: '--op and --worst', argv: ['--op', '1', '--worst', '2'], says: /--op: does not go with --worst/ },
  {
    what: '--op and --lock',
    argv: ['--op', '1', '--lock', 'freelist'],
    says: /--op: does not go with --lock/,
  },
  { what: 'no number of an operation', argv: ['--op', '-1'], says: /--op.*whole number/ },
  { what: 'no number of operations', argv: ['--worst', '0'], says: /--worst.*whole number from 1/ },
  {
    what: 'an unknown lock',
    argv: ['--lock', 'frelist'],
    says: /no lock "frelist"; did you mean "freelist"\?/,
  },
  { what: 'an unknown format', argv: ['--format', 'xml'], says: /format.*xml.*speedscope/ },
  { what: 'an unknown pricing', argv: ['-p', 'zen5'], says: /zen5/ },
  {
    what: 'several pricings',
    argv: ['-p', 'flat,zen4-2022'],
    says: /-p: 2 pricings: flat, zen4-2022; expected one/,
  },
  { what: 'several engines', argv: ['-a', 'xvmalloc'], says: /-a: 2 engines.*expected one/ },
  {
    what: 'an unknown engine to compare with',
    argv: ['--against', 'xmaloc'],
    says: /unknown engine "xmaloc"/,
  },
  { what: 'an unknown option', argv: ['-o', 'sides=x'], says: /no engine of .* has an option "sides"/ },
  { what: 'a trace without operations', rows: [], argv: [], says: /nothing to explain/ },
];

for (const { what, rows = ['alloc,1,10,0', 'free,1,0,0'], argv, says } of BAD) {
  test(`refuses ${what} with one line`, async () => {
    const against = argv.includes('--against') ? [] : ['--against', 'none'];
    const { code, stdout, stderr } = await explainRows(rows, '-a', 'xmalloc-first-fit', ...against, ...argv);
    assert.is(code, 2, stderr);
    assert.is(stdout, '');
    assert.match(stderr, says);
    assert.is(stderr.trimEnd().split('\n').length, 1, stderr);
  });
}

test('refuses an unknown engine, and an engine to compare with where the trace adapts', async () => {
  const unknown = await explainRows(['alloc,1,10,0'], '-a', 'xmalloc-frist-fit');
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, /unknown engine "xmalloc-frist-fit"; did you mean "xmalloc-first-fit"\?/);
  const adaptive = await runCli(
    ...['explain', 'synth:adversary/robson', '-a', 'textbook-first-fit', '--against', 'xvmalloc'],
  );
  assert.is(adaptive.code, 2);
  assert.match(adaptive.stderr, /--against: the trace adapts to placements/);
});

test('refuses a file that cannot be written', async () => {
  await inFolder(async (folder) => {
    const out = join(folder, 'missing', 'file.txt');
    const { code, stderr } = await runCli('explain', STORM, ...FAST, '--out', out);
    assert.is(code, 2);
    assert.match(stderr, /a file that can be written/);
  });
});

test.run();
