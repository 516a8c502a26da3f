import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './command';
import { CompiledCli } from './compiled-cli';
import { writeSuite } from './suite-runs';

/**
 * What is written to a full file system: one that the test mounts where it may, else files that may not grow beyond
 * a limit.
 */

const test = suite('cli: full disks');

const cli = new CompiledCli();
test.after(() => cli.remove());

/** Room for names and for a small file, and for nothing that a command writes. */
const ROOM_BYTES = 8192;

function mounted(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM_BYTES}`, 'tmpfs', folder]).status === 0;
}

/** Blocks of `ulimit -f` are of 512 bytes in sh. */
const limited = (line: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  `ulimit -f ${ROOM_BYTES / 512}; exec "$0" "$@"`,
  ...line,
];

const run = ['-a', 'xmalloc-tlsf', '-p', 'flat'];
const CHURN = 'synth:churn?live=200&ops=4000';

for (const how of ['a file system', 'a limit'] as const) {
  test(`every command that writes ends in one line on ${how} without room, and leaves nothing`, () =>
    inFolder(async (folder) => {
      const small = join(folder, 'small');
      mkdirSync(small);
      const isMounted = how === 'a file system' && mounted(small);
      if (process.platform === 'win32' || (how === 'a file system' && !isMounted)) {
        return;
      }
      try {
        const whole = join(folder, 'whole');
        assert.is((await cli.run('run', CHURN, ...run, '--out', whole)).code, 0);
        const suiteFile = writeSuite(folder);
        writeFileSync(join(folder, 'before'), '');
        const lines: readonly (readonly string[])[] = [
          ['run', CHURN, ...run, '--out', join(small, 'out')],
          ['run', CHURN, ...run, '--placements', small],
          ['run', CHURN, ...run, '--placements', small, '--workers', '2'],
          ['suite', suiteFile, '--out', small, '--workers', '1'],
          ['trace', 'synth', CHURN, '-o', join(small, 'x.csv')],
          ['trace', 'synth', CHURN, '-o', join(small, 'x.csv.gz')],
          ['trace', 'synth', CHURN, '-o', join(small, 'x.atr')],
          ['explain', CHURN, ...run, '--format', 'json', '--out', join(small, 'x.json')],
          ['compare', whole, whole, '--format', 'json', '--out', join(small, 'x.json')],
        ];
        for (const line of lines) {
          const words = [process.execPath, cli.main, ...line];
          const [program, ...rest] = isMounted ? words : limited(words);
          const { status, stderr } = spawnSync(program!, rest, { encoding: 'utf8' });
          const what = `${line.join(' ')}: ${stderr}`;
          assert.is(status, 2, what);
          assert.match(stderr.replace(/^warning: [^\n]+\n/gm, ''), /^alloc-replay: [^\n]+\n$/, what);
          const left = readdirSync(small).filter((name) => name !== '.cells');
          assert.equal(left, [], what);
        }
      } finally {
        if (isMounted) spawnSync('umount', [small]);
      }
    }));
}

test.run();
