import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';
import { suiteOf, writeSuite } from './suite-runs';

/** Engines of a user's own that do otherwise the next time: exit 4, and the first difference. */

const test = suite('cli: engines that do not do the same again');

const TRACE = 'synth:churn?live=10&ops=60';

/** Takes a page too many now and then. */
const engineText = (name: string, whether: string): string => `
import { make } from ${JSON.stringify(join(__dirname, 'hostile-engines', 'base.js'))};
import type { Machine } from 'alloc-replay';
let calls: number = 0;
export const engine = make({
  name: '${name}',
  engine: (machine: Machine, { allocate: take }: { allocate(size: number): number }) => ({
    allocate(size: number): number {
      if (${whether}) take(size);
      return take(size);
    },
  }),
});
`;

const ENGINES = {
  random: 'Math.random() < 0.2',
  clock: 'Date.now() % 2 === 0 && Math.random() < 0.2',
  stateful: 'calls++ % 67 === 3',
  touching: 'calls++ === 100 && machine.load(0x10000000) < 0',
  steady: 'size % 3 === 0',
} as const;

type Name = keyof typeof ENGINES;

async function withEngine<T>(name: Name, action: (file: string, folder: string) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, engineText(name, ENGINES[name]));
    return action(file, folder);
  });
}

/** What every command is told that runs an engine. */
const COMMANDS: readonly (readonly string[])[] = [
  ['run', TRACE, '-p', 'flat', '-a'],
  ['explain', TRACE, '-p', 'flat', '--against', 'none', '-a'],
  ['explain', TRACE, '-p', 'flat', '--all', '-a'],
  ['minheap', TRACE, '-a'],
  ['shrink', TRACE, '-p', 'flat', '--keep', 'held.bytes.peak>=4096', '-a'],
  ['compare', TRACE, '-p', 'flat', '--engines', 'textbook-first-fit'],
];

const saidOf = (name: Name): RegExp =>
  ({
    random: /came to 0x[0-9a-f]+, then to 0x[0-9a-f]+; it asks Math\.random \(random\.ts:9:16\)$/m,
    clock: /; it asks Date\.now \(clock\.ts:9:16\)/,
    stateful: /came to 0x[0-9a-f]+, then to 0x[0-9a-f]+$/m,
    touching: /came to 0x[0-9a-f]+ both times, by other accesses or instructions$/m,
    steady: /^$/,
  })[name];

for (const command of COMMANDS) {
  const named = command.filter((word) => word !== TRACE && word !== '-a').join(' ');
  test(`${named} ends with exit 4 and names the first operation`, async () => {
    for (const name of ['random', 'stateful'] as const) {
      await withEngine(name, async (file) => {
        const { code, stdout, stderr } = await runCli(...command, file);
        assert.is(code, 4, stdout + stderr);
        assert.match(
          stderr,
          /^alloc-replay: not deterministic: .*operation \d+, alloc of \d+ bytes for object \d+,/m,
        );
        assert.match(stderr, saidOf(name));
        assert.not.match(stderr, 'internal error');
      });
    }
  });

  test(`${named} says nothing of an engine that does`, () =>
    withEngine('steady', async (file) => {
      const { code, stderr } = await runCli(...command, file);
      assert.ok(code === 0 || (code === 3 && command[0] === 'compare'), stderr);
      assert.not.match(stderr, 'not deterministic');
    }));
}

test('other accesses alone are a difference, and so is what follows from the time', async () => {
  for (const name of ['touching', 'clock'] as const) {
    await withEngine(name, async (file) => {
      // More than a hundred allocations in all, fewer in the first replay.
      const { code, stderr } = await runCli('run', TRACE, '-p', 'flat', '-a', file);
      assert.is(code, 4, stderr);
      assert.match(stderr, saidOf(name));
    });
  }
});

test('search ends with exit 4 before it finds anything', () =>
  withEngine('random', async (file, folder) => {
    const { code, stderr } = await runCli(
      ...['search', '-a', file, '--maximize', 'held.bytes.peak', '--evaluations', '8'],
      ...['--out', join(folder, 'out')],
    );
    assert.is(code, 4, stderr);
    assert.match(stderr, saidOf('random'));
  }));

test('a suite ends with exit 4 and says of which cell', () =>
  withEngine('stateful', async (file, folder) => {
    const { code, stderr } = await runCli(
      ...['suite', writeSuite(folder, suiteOf([file, 'xenheap-pages'])), '--out', join(folder, 'out')],
    );
    assert.is(code, 4, stderr);
    assert.match(stderr, /^not deterministic: synth:churn\S+ × \S+stateful\.ts: .*operation \d+, alloc/m);
  }));

test('conformance ends with exit 4 and names the operation', () =>
  withEngine('random', async (file) => {
    const { code, stdout } = await runCli('conformance', file, '--runs', '2');
    assert.is(code, 4);
    assert.match(
      stdout,
      /FAILED +deterministic.*: "alloc,\d+,\d+.*" does 0x[0-9a-f]+ with \d+ accesses, then 0x/,
    );
  }));

test.run();
