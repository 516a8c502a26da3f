import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

test.run();
