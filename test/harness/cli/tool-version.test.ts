import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PACKAGE_ROOT, packageRoot, TOOL_VERSION } from '../../../harness/cli/tool-version';
import { inFolder, runCli } from './command';

const test = suite('cli: the package');

test('is found around sources and compiled code, whatever the folders are called', () =>
  inFolder((folder) => {
    for (const name of ['distant', 'checkout']) {
      const root = join(folder, name);
      for (const code of ['harness/cli', 'dist/harness/cli']) {
        mkdirSync(join(root, code), { recursive: true });
        writeFileSync(join(root, 'package.json'), '{}');
        assert.is(packageRoot(join(root, code)), root);
      }
    }
    return Promise.resolve();
  }));

test('says its version', async () => {
  assert.is(PACKAGE_ROOT, join(__dirname, '../../..'));
  assert.match(TOOL_VERSION, /^\d+\.\d+\.\d+/);
  assert.is((await runCli('--version')).code, 0);
});

for (const word of ['--version', '--help']) {
  test(`${word} waits for nothing of the harness and for no package`, () => {
    const program = `process.argv.splice(1, 0, 'main');
      const before = new Set(Object.keys(require.cache));
      const read = () => Object.keys(require.cache).filter((file) => !before.has(file));
      process.on('exit', () => process.stderr.write(JSON.stringify(read())));
      require(${JSON.stringify(join(PACKAGE_ROOT, 'harness/cli/main.ts'))});`;
    const { stderr } = spawnSync(
      process.execPath,
      ['-r', join(__dirname, '../../../.ci/register.cjs'), '-e', program, '--', word],
      {
        cwd: PACKAGE_ROOT,
        encoding: 'utf8',
      },
    );
    const read = (JSON.parse(stderr) as string[]).map((file) =>
      relative(PACKAGE_ROOT, file).replaceAll('\\', '/'),
    );
    const own = read.filter((file) => !file.startsWith('node_modules/'));
    assert.ok(own.includes('harness/cli/program-help.ts'));
    assert.equal(
      own.filter((file) => !/^((harness\/cli|traces)\/|reports\/text-columns\.ts$)/.test(file)),
      [],
    );
    const { dependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
      dependencies: Readonly<Record<string, string>>;
    };
    const packages = Object.keys(dependencies).filter((name) =>
      read.some((file) => file.startsWith(`node_modules/${name}/`)),
    );
    assert.equal(packages, []);
  });
}

test.run();
