import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from '../harness/cli/command';
import { installInto, run } from '../installed';
import { play } from './play';

/** The same on a terminal, under every Node that is supported. */
const test = suite('newcomer: on a terminal');

/** Where a version of Node lies that the package registry has, or nothing. */
function nodeFolderOf(version: string): string | undefined {
  const words = ['--yes', '--package', `node@${version}`, 'node', '--print', 'process.execPath'];
  const { code, stdout } = run('npx', words, '.');
  return code === 0 ? dirname(stdout.trim()) : undefined;
}

const hasTerminal = spawnSync('script', ['--version']).status === 0;

for (const version of ['20', '22', '24']) {
  test(`under Node ${version}`, () =>
    inFolder(async (folder) => {
      const nodeFolder = nodeFolderOf(version);
      if (nodeFolder === undefined || !hasTerminal) {
        process.stdout.write(`not played: no ${hasTerminal ? `node@${version}` : '`script`'} here\n`);
        return;
      }
      const house = { installed: installInto(folder), nodeFolder, isTerminal: true, isShort: false };
      assert.equal(await play(folder, house), []);
    }));
}

test.run();
