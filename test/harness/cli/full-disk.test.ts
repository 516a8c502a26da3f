import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './command';
import { CompiledCli } from './compiled-cli';
import { writeSuite } from './suite-runs';

/**
 * What is written to a full file system: one that the test mounts where it may. Files that may not grow beyond a limit
 * are refused in another way; where both can be had, one line of each kind shows it.
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

let wasMounted = false;

for (const how of ['a file system', 'a limit'] as const) {
  test(`every command that writes ends in one line on ${how} without room, and leaves nothing`, () =>
    inFolder(async (folder) => {
      const small = join(folder, 'small');
      mkdirSync(small);
      const isMounted = how === 'a file system' && mounted(small);
      if (process.platform === 'win32' || (how === 'a file system' && !isMounted)) {
        return;
      }
      wasMounted ||= isMounted;
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
        const isSample = wasMounted && !isMounted;
        for (const line of isSample ? [lines[0]!, lines[3]!, lines[5]!] : lines) {
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
        if (isMounted) {
          spawnSync('umount', [small]);
        }
      }
    }));
}

/** Commands whose files are small: on a file system that has no room at all. */
function smallLines(folder: string, small: string): readonly (readonly string[])[] {
  const [trace, history, log] = ['t.csv', 'history.csv', 'log.txt'].map((name) => join(folder, name));
  return [
    ['run', CHURN, ...run, '--append', join(small, 'history.csv')],
    ['merge', join(folder, 'shards'), '--out', join(small, 'merged')],
    ['trend', history!, '--out', join(small, 'trend.txt')],
    ['price', join(folder, 'addresses.txt'), '--out', join(small, 'priced.txt')],
    ['conformance', join(__dirname, 'hostile-engines', 'throws.js'), '--save', join(small, 'failing')],
    ['engine', 'init', join(small, 'own.c')],
    ['trace', 'convert', trace!, '-o', join(small, 'x.atr')],
    ['trace', 'slice', trace!, '--to', '10', '-o', join(small, 'x.csv')],
    ['trace', 'merge', trace!, trace!, '-o', join(small, 'x.csv')],
    ['trace', 'import', log!, '-o', join(small, 'x.csv')],
  ];
}

test('commands that write little end in one line where there is no room at all', () =>
  inFolder(async (folder) => {
    const small = join(folder, 'small');
    mkdirSync(small);
    if (process.platform === 'win32' || !mounted(small)) {
      return;
    }
    try {
      const [trace, history] = [join(folder, 't.csv'), join(folder, 'history.csv')];
      assert.is((await cli.run('trace', 'synth', CHURN, '-o', trace)).code, 0);
      assert.is((await cli.run('run', CHURN, ...run, '--append', history)).code, 0);
      const shards = ['suite', writeSuite(folder), '--shard', '1/1', '--out', join(folder, 'shards')];
      assert.is((await cli.run(...shards)).code, 0);
      writeFileSync(join(folder, 'addresses.txt'), '> push\nL 1000,8\nS 1040,8\n');
      writeFileSync(join(folder, 'log.txt'), '--1-- malloc(10) = 0x4A41040\n--1-- free(0x4A41040)\n');
      writeFileSync(join(small, 'own.c'), 'void *own_malloc(unsigned long);\nvoid own_free(void *);\n');
      fill(small);
      for (const line of smallLines(folder, small)) {
        const { status, stderr } = spawnSync(process.execPath, [cli.main, ...line], { encoding: 'utf8' });
        const what = `${line.join(' ')}: ${stderr}`;
        assert.is(status, 2, what);
        assert.match(stderr, /^alloc-replay: [^\n]+\n$/, what);
        assert.equal(readdirSync(small).sort(), ['full', 'own.c'], what);
      }
    } finally {
      spawnSync('umount', [small]);
    }
  }));

function fill(folder: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'full')}`, 'bs=512']);
}

test.run();
