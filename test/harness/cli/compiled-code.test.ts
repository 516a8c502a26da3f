import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileInto } from '../../compiled';
import type { CompiledHeader, CompiledModule } from '../../../harness/cli/compiled-code';

/** The program out of the file of what V8 compiled: the same program, whatever became of that file. */

const ROOT = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'alloc-replay-compiled-'));
const compiled = join(folder, 'dist/.compiled');
const hook = join(folder, 'hook.cjs');

/** Says at the end how many modules Node read itself, and what stands in the stack of an error of the program's. */
const HOOK = `
  const { Module } = require('node:module');
  const compile = Module.prototype._compile;
  let read = 0;
  Module.prototype._compile = function (...args) { read += 1; return compile.apply(this, args); };
  process.on('exit', () => {
    const words = Object.keys(require.cache).find((file) => /options.words\\.js$/.test(file));
    let stack = '';
    try { require.cache[words].exports.readWords(); } catch (error) { stack = error.stack.split('\\n')[1]; }
    require('node:fs').writeFileSync('hook.json', JSON.stringify({ read, stack }));
  });`;

/** An engine of the user's, which finds the program that runs it under the program's name. */
const ENGINE = `
  import { engineNamed, type EngineDefinition } from 'alloc-replay';
  export const engine: EngineDefinition = { ...engineNamed('textbook-best-fit'), name: 'own' };`;

const FILES = ['results.json', 'report.html', 'report.md', 'summary.csv', 'worst.csv'];

interface Run {
  /** Digests of what it wrote, but for what that says of the host. */
  readonly files: readonly string[];
  /** How many modules Node read itself. */
  readonly read: number;
  readonly stack: string;
}

function run(): Run {
  const words = ['run', 'synth:churn?live=20&ops=50', '-a', 'xmalloc-tlsf,./own.ts', '--out', 'out'];
  ran('-r', hook, join(folder, 'dist/harness/cli/main.js'), ...words);
  const { read, stack } = JSON.parse(readFileSync(join(folder, 'hook.json'), 'utf8')) as Omit<Run, 'files'>;
  return { files: FILES.map(digest), read, stack };
}

function digest(file: string): string {
  const text = readFileSync(join(folder, 'out', file), 'utf8').replace(/"environment": \{[^}]*\}/, '');
  return `${file} ${createHash('sha256').update(text).digest('hex')}`;
}

function ran(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  assert.is(status, 0, stderr);
  return stdout;
}

/** Writes the file of compiled modules with another header. */
function rewrite(change: (header: CompiledHeader) => CompiledHeader): void {
  const bytes = readFileSync(compiled);
  const contentsAt = bytes.readUInt32LE(0);
  const header = change(JSON.parse(bytes.toString('utf8', 4, contentsAt)) as CompiledHeader);
  const text = Buffer.from(`    ${JSON.stringify(header)}`);
  text.writeUInt32LE(text.length);
  writeFileSync(compiled, Buffer.concat([text, bytes.subarray(contentsAt)]));
}

const test = suite<{ plain: Run; built: Buffer }>('compiled code');

test.before((context) => {
  const dist = compileInto(folder);
  writeFileSync(hook, HOOK);
  writeFileSync(join(folder, 'own.ts'), ENGINE);
  context.plain = run();
  ran(join(ROOT, '.ci/compile-code.js'), dist);
  context.built = readFileSync(compiled);
});

test.before.each(({ built }) => writeFileSync(compiled, built));

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('is what a run starts from, and comes to the same bytes', ({ plain }) => {
  const { files, read } = run();
  assert.equal(files, plain.files);
  assert.ok(plain.read > 200, `without: ${plain.read}`);
  // What is left is the engine: its own module, and what turns TypeScript into JavaScript.
  assert.ok(read < 60, `with: ${read}`);
});

test('has modules under their own files and lines', ({ plain }) => {
  const { stack } = run();
  assert.match(stack, /words\.js:\d+:\d+/);
  assert.is(stack, plain.stack);
});

test('is passed over where files have changed since, packages among them', ({ plain }) => {
  const older = (module: CompiledModule) => ({ ...module, modifiedMilliseconds: 1 });
  rewrite((header) => ({ ...header, modules: header.modules.map(older) }));
  assert.equal(run().files, plain.files);
});

test('is passed over by another version of Node', ({ plain }) => {
  rewrite((header) => ({ ...header, node: 'v0.0.0' }));
  const { files, read } = run();
  assert.equal(files, plain.files);
  assert.ok(read > 200, `${read} modules`);
});

test('is passed over where it lies beside another program', ({ plain }) => {
  rewrite((header) => ({ ...header, folder: join(tmpdir(), 'elsewhere') }));
  assert.ok(run().read > 200);
  assert.equal(run().files, plain.files);
});

test('never stands in the way of code that was edited', () => {
  appendFileSync(join(folder, 'dist/harness/cli/tool-version.js'), '\nexports.TOOL_VERSION = "edited";\n');
  assert.is(ran(join(folder, 'dist/harness/cli/main.js'), '--version'), 'edited\n');
});

test.run();
