import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';
import { COMMAND_LINE } from './suite-runs';

/** The completion scripts in the shells that they are for, as far as those are installed. */

const test = suite('cli: completion in shells');

/** What is typed before the tab, and what the line is then. */
const LINES: readonly (readonly [typed: string, completed: string])[] = [
  ['run -a xmalloc-f', 'run -a xmalloc-first-fit'],
  ['run -a xmalloc-tlsf,xmalloc-f', 'run -a xmalloc-tlsf,xmalloc-first-fit'],
  ['run --allocator=xvm', 'run --allocator=xvmalloc'],
  ['explain -p neha', 'explain -p nehalem-2009'],
  ['minheap recorded:sq', 'minheap recorded:sqlite3-2000'],
  ['suite nig', 'suite nightly'],
  ['trace valid', 'trace validate'],
];

/** Types into an interactive zsh; a key of ours shows what the line has become. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit && compinit -u -D; source ./script; shown() { print -r -- "<<$BUFFER>>" }'
zpty -w shell 'zle -N shown; bindkey "^O" shown; echo REA""DY'
zpty -r shell said '*READY*'
for typed in "$@"; do
  zpty -w -n shell $'\\C-u'"alloc-replay $typed"$'\\t\\C-o'
  zpty -r shell said '*<<*>>*'
  print -r -- "\${\${said##*<<alloc-replay }%%>>*}"
done
zpty -d shell
`;

/** The words by which a shell tells what each line that is typed becomes. */
const SHELLS: Readonly<Record<string, (typed: readonly string[]) => readonly string[]>> = {
  bash: (typed) => [
    '-c',
    // bash replaces what follows the last blank, colon or equals sign.
    `source ./script
for typed in "$@"; do
  COMP_LINE="alloc-replay $typed" COMP_POINT=\${#COMP_LINE}
  _alloc_replay
  echo "\${typed%"\${typed##*[ :=]}"}$COMPREPLY"
done`,
    'bash',
    ...typed,
  ],
  zsh: (typed) => ['-f', '-c', ZSH, 'zsh', ...typed],
  fish: (typed) => [
    '--no-config',
    '-c',
    // What is proposed, the first of it: that is how long the line may be got.
    `source ./script
for typed in $argv
  set -l proposed (complete -C "alloc-replay $typed")
  echo (string replace -r '[^ ]*$' '' -- $typed)$proposed[1]
end`,
    ...typed,
  ],
};

for (const [shell, wordsFor] of Object.entries(SHELLS)) {
  test(`${shell} completes engines, pricings, traces and suites`, () =>
    inFolder(async (folder) => {
      if (spawnSync(shell, ['--version']).status !== 0) {
        process.stdout.write(`not tried: no ${shell} here\n`);
        return;
      }
      const program = join(folder, 'alloc-replay');
      const words = [process.execPath, ...COMMAND_LINE].map((word) => `'${word}'`).join(' ');
      writeFileSync(program, `#!/bin/sh\nexec ${words} "$@"\n`);
      chmodSync(program, 0o755);
      writeFileSync(join(folder, 'script'), (await runCli('completion', shell)).stdout);
      const { stdout, stderr } = spawnSync(shell, [...wordsFor(LINES.map(([typed]) => typed))], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, HOME: folder, TERM: 'dumb' },
        timeout: 300_000,
      });
      const completed = stdout
        .replaceAll('\r', '')
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd());
      assert.equal(
        completed,
        LINES.map(([, line]) => line),
        stderr,
      );
    }));
}

test.run();
