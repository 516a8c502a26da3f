import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './harness/cli/command';
import { run } from './installed';

/** Pages of the library are made from its docstrings, and nothing in them points nowhere. */

const ROOT = join(__dirname, '..');

test('npm run docs says nothing, and has a page for what a program begins with', () =>
  inFolder((folder) => {
    const { code, stdout, stderr } = run('npm', ['run', '--silent', 'docs', '--', '--out', folder], ROOT);
    assert.equal({ code, said: stdout + stderr }, { code: 0, said: '' });
    for (const page of ['functions/openTrace', 'functions/replay', 'interfaces/Engine', 'classes/Machine']) {
      assert.ok(existsSync(join(folder, `${page}.html`)), page);
    }
    return Promise.resolve();
  }));

test.run();
