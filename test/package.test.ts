import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './harness/cli/command';

/** What is published is not what is tested elsewhere: compiled, without sources, in somebody else's folder. */
const test = suite('package');

const ROOT = join(__dirname, '..');

/** The environment without what npm tells its own children, which would send a nested npm to the wrong folder. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
);

test('the packed tarball runs from another folder, with its data and its library', () =>
  inFolder((folder) => {
    const run = (command: string, args: readonly string[], cwd: string): string =>
      execFileSync(command, args, {
        cwd,
        env: environment,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
    const installed = join(folder, 'node_modules', 'alloc-replay');
    mkdirSync(installed, { recursive: true });
    run('tar', ['xzf', join(folder, tarball), '-C', installed, '--strip-components=1'], folder);
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));

    const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
    };
    const cli = join(installed, bin['alloc-replay']!);
    const args = [
      'run',
      'recorded:git-status',
      '-a',
      'xmalloc-tlsf',
      '-p',
      'zen4-2022',
      '--workers',
      '2',
      '--out',
      'out',
    ];
    assert.match(run(process.execPath, [cli, ...args], folder), /git-status/);
    assert.ok(readdirSync(join(folder, 'out')).includes('results.json'));
    const library =
      "const { engineNamed } = require('alloc-replay'); console.log(engineNamed('xmalloc-tlsf').name)";
    assert.is(run(process.execPath, ['-e', library], folder).trim(), 'xmalloc-tlsf');
    const module =
      "import { engineNamed } from 'alloc-replay'; console.log(engineNamed('xmalloc-first-fit').name)";
    const asModule = ['--input-type=module', '-e', module];
    assert.is(run(process.execPath, asModule, folder).trim(), 'xmalloc-first-fit');
    const opening =
      "import { openTrace } from 'alloc-replay'; " +
      "const { format, header } = await openTrace('recorded:git-status'); console.log(format, header.name)";
    const opened = run(process.execPath, ['--input-type=module', '-e', opening], folder);
    assert.is(opened.trim(), 'valgrind git-status');
    // Assigned twice, an exported constant would be loaded wherever it is used: the build sees to that.
    const layout = readFileSync(join(installed, 'dist/harness/machine/memory-layout.js'), 'utf8');
    assert.is(layout.match(/^exports\.HEAP_BASE\b.*$/gm)?.length, 1);
    return Promise.resolve();
  }));

test.run();
