import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CELL_LIST_ENGINE, PUSHED_AT_TAIL } from './cell-list-engine';
import { inFolder } from './command';

const TRACE = 'op,id,size,align\nalloc,1,100,0\nalloc,2,50,0\nfree,1,0,0\nalloc,3,30,0\n';

function git(folder: string, ...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', ...argv],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  assert.is(status, 0, stderr);
  return stdout;
}

/**
 * Runs `action` in a repository with the engine committed in a folder of its own and changed since, and beside it the
 * files that `committed` copies there, by name. Temporary files go
 * to a folder beside it meanwhile; afterwards nothing may be left there, nor in the repository.
 */
export function inRepository(
  action: (folder: string) => Promise<void>,
  committed: Readonly<Record<string, string>> = {},
): Promise<void> {
  return inFolder(async (outer) => {
    const [repository, temporary] = ['repository', 'temporary'].map((name) => join(outer, name));
    const folder = join(repository!, 'engines');
    mkdirSync(temporary!);
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(repository!, 'node_modules'));
    writeFileSync(join(repository!, '.gitignore'), 'node_modules\ntrace.csv\n');
    writeFileSync(join(folder, 'engine.js'), CELL_LIST_ENGINE);
    for (const [name, original] of Object.entries(committed)) {
      copyFileSync(original, join(folder, name));
    }
    git(repository!, 'init', '-q');
    git(repository!, 'add', '.');
    git(repository!, 'commit', '-q', '-m', 'The engine');
    writeFileSync(join(folder, 'engine.js'), PUSHED_AT_TAIL);
    writeFileSync(join(folder, 'trace.csv'), TRACE);
    const before = { folder: process.cwd(), temporary: process.env['TMPDIR'] };
    process.chdir(folder);
    process.env['TMPDIR'] = temporary!;
    try {
      await action(folder);
      const left = readdirSync(temporary!).filter((name) => name.startsWith('alloc-replay'));
      assert.equal(left, [], 'nothing temporary of ours stays');
      assert.is(git(repository!, 'worktree', 'list').trim().split('\n').length, 1, 'the worktree is gone');
      assert.equal(readdirSync(repository!).sort(), ['.git', '.gitignore', 'engines', 'node_modules']);
    } finally {
      process.chdir(before.folder);
      if (before.temporary === undefined) {
        delete process.env['TMPDIR'];
      } else {
        process.env['TMPDIR'] = before.temporary;
      }
    }
  });
}
