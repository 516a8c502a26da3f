import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** What is published is not what is tested elsewhere: compiled, without sources, in somebody else's folder. */
const test = suite('package');

const ROOT = join(__dirname, '..');

/** The environment without what npm tells its own children, which would send a nested npm to the wrong folder. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
);

const folder = mkdtempSync(join(tmpdir(), 'alloc-replay-'));
const installed = join(folder, 'node_modules', 'alloc-replay');

function run(command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, {
    cwd,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test.before(() => {
  run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  run('tar', ['xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
});

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('the packed tarball runs from another folder, with its data', () => {
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const cli = join(installed, bin['alloc-replay']!);
  const args = ['run', 'recorded:git-status', '-a', 'xmalloc-tlsf', '-p', 'zen4-2022'];
  assert.match(run(process.execPath, [cli, ...args, '--workers', '2', '--out', 'out']), /git-status/);
  assert.ok(readdirSync(join(folder, 'out')).includes('results.json'));
});

test('an exported constant is assigned once, for assigned twice it would be loaded wherever it is used', () => {
  const layout = readFileSync(join(installed, 'dist/harness/machine/memory-layout.js'), 'utf8');
  assert.is(layout.match(/^exports\.HEAP_BASE\b.*$/gm)?.length, 1);
});

const EXAMPLES = readFileSync(join(ROOT, 'examples/README.md'), 'utf8').matchAll(
  /```console\n\$ node ([\w-]+\.js)\n([\s\S]*?)```/g,
);
const PRINTED = [...EXAMPLES].map(([, program, output]) => [program!, output!] as const);

for (const [type, compiler] of [
  ['commonjs', 'typescript'],
  ['module', 'typescript-7'],
] as const) {
  test(`the examples compile with ${compiler} and run as ${type}`, () => {
    const project = join(folder, type);
    cpSync(join(ROOT, 'examples'), project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
    const compilerOptions = {
      ...{ target: 'ES2022', module: 'Node20', strict: true, noEmitOnError: true },
      ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    run(process.execPath, [join(ROOT, `node_modules/${compiler}/bin/tsc`), '-p', '.'], project);
    const programs = readdirSync(project).filter((name) => name.endsWith('.js'));
    assert.equal(programs.sort(), PRINTED.map(([program]) => program).sort());
    for (const [program, output] of PRINTED) {
      assert.is(run(process.execPath, [program], project), output, program);
    }
  });
}

test.run();
