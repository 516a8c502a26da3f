import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCli } from './harness/cli/command';

/** The README's words are promises: its examples run, print what it shows, and its links lead somewhere. */
const test = suite('readme');

const ROOT = join(__dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The words of a shell line, with double quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);

/** Blocks of a command and its literal output. */
const EXAMPLES = [...README.matchAll(/```console\n\$ npx alloc-replay (.*)\n([\s\S]*?)```/g)];

test('there is a runnable example before anything else', () => {
  assert.ok(EXAMPLES.length > 0);
  assert.ok(README.indexOf('```console') < README.indexOf('## '));
});

for (const [, line, output] of EXAMPLES) {
  test(`prints what it shows, on a terminal of 80 columns: ${line}`, async () => {
    const { code, stdout, stderr } = await onTerminal(80, () => runCli(...wordsOf(line!)));
    assert.is(code, 0, stderr);
    assert.is(stdout, output);
  });
}

/** Runs `action` while standard output passes for a terminal without colours. */
async function onTerminal<T>(columns: number, action: () => Promise<T>): Promise<T> {
  const { stdout } = process;
  const { isTTY, columns: columnsBefore, hasColors } = stdout;
  Object.assign(stdout, { isTTY: true, columns, hasColors: () => false });
  try {
    return await action();
  } finally {
    Object.assign(stdout, { isTTY, columns: columnsBefore, hasColors });
  }
}

test('every link to a file of the project leads to one', () => {
  for (const [, target] of README.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    assert.ok(existsSync(join(ROOT, target!)), target);
  }
});

test('the commands of the table exist', async () => {
  const { stdout } = await runCli('--help');
  for (const [, name] of README.matchAll(/^\| `(\w+)/gm)) {
    assert.match(stdout, new RegExp(`alloc-replay ${name}\\b`), name);
  }
});

test('says who finds what in C, and that installing brings the compiler unless it is left out', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  assert.ok('@yowasp/clang' in optionalDependencies);
  const engineInC = README.split(/^## /m)
    .find((each) => each.startsWith('Your allocator in C'))!
    .replace(/\s+/g, ' ');
  assert.match(engineInC, /with `--verify-payload`, a write into a live object/);
  assert.match(engineInC, /`conformance [^`]*` finds the line that lost a block/);
  assert.match(engineInC, /installing brings one, the optional `@yowasp\/clang`, .*`npm install --omit=optional` leaves out/); // prettier-ignore
  assert.not.match(engineInC, /\bleak/);
});

test.run();
