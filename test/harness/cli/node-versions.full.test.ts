import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileInto } from '../../compiled';
import { inFolder } from './command';

/**
 * The same bytes under every supported Node, whatever its V8 makes of the code: the suite `quick`, the placements of
 * every engine, what a search finds, and the module that an engine in C becomes. Other Nodes come from the package
 * registry.
 */

const test = suite('cli: other versions of Node');

const OTHER_NODES = ['22', '24'];
const TRACES = ['recorded:sqlite3-2000', 'synth:libxl-calls?calls=20', 'synth:tmem?files=10&ops=500'];
const IN_C = join(__dirname, '../../../allocators/c/tlsf.engine.yaml');
const MODELS = ['xmalloc-first-fit', 'xmalloc-tlsf', 'xvmalloc', 'plan9-pool', 'libxl-gc'];
const ENGINES = [...MODELS, IN_C];
const SEARCH = [
  ...['search', '-a', 'xmalloc-first-fit', '--maximize', 'free.cycles.max', '--evaluations', '500'],
  ...['--events', '400', '--workers', '2'],
];

/** Every file below a folder by name; results without the host they were made on. */
function filesIn(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) {
      continue;
    }
    const file = join(entry.parentPath, entry.name);
    files.set(file.slice(folder.length + 1), withoutHost(entry.name, readFileSync(file, 'latin1')));
  }
  return files;
}

function withoutHost(name: string, text: string): string {
  if (name !== 'results.json') {
    return text;
  }
  const { environment, ...rest } = JSON.parse(text) as Record<string, unknown>;
  assert.ok(environment !== undefined, 'the results name their host');
  return JSON.stringify(rest);
}

/** Runs the commands with `node` (a program and its first arguments) and returns all that they wrote. */
function outputsOf(node: readonly string[], main: string, folder: string): ReadonlyMap<string, string> {
  const run = (...args: string[]) =>
    execFileSync(node[0]!, [...node.slice(1), main, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A cache of its own, so that each compiles for itself.
      env: { ...process.env, ALLOC_REPLAY_CACHE: `${folder}-cache` },
    });
  mkdirSync(folder);
  run('engine', 'build', IN_C, '-o', join(folder, 'tlsf.wasm'));
  run('suite', 'quick', '--out', join(folder, 'quick'));
  const engines = ['-a', ENGINES.join(','), '-p', 'zen4-2022,core2-2008@cold'];
  run('run', ...TRACES, ...engines, '--out', join(folder, 'run'), '--placements', join(folder, 'placements'));
  run(...SEARCH, '--out', join(folder, 'search'));
  return filesIn(folder);
}

for (const version of OTHER_NODES) {
  test(`Node ${version} writes what Node ${process.versions.node} writes`, () =>
    inFolder((folder) => {
      const main = join(compileInto(folder), 'harness/cli/main.js');
      const npx = ['npx', '--yes', '--package', `node@${version}`, 'node'];
      const shown = execFileSync(npx[0]!, [...npx.slice(1), '--version'], { encoding: 'utf8' });
      assert.ok(shown.startsWith(`v${version}.`), `npx runs ${shown}`);
      const here = outputsOf([process.execPath], main, join(folder, 'here'));
      const there = outputsOf(npx, main, join(folder, 'there'));
      assert.equal([...there.keys()], [...here.keys()]);
      for (const [name, text] of here) {
        assert.ok(there.get(name) === text, `${name} differs`);
      }
      return Promise.resolve();
    }));
}

test.run();
