import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { COMPILER_VARIABLE } from '../../../harness/cli/names/foreign-engines';
import { buildEngine } from '../../../harness/foreign/build/build';
import { describeSource } from '../../../harness/foreign/build/engine-file';
import { planBuild, type Compiler } from '../../../harness/foreign/build/plan';
import { inFolder, runCli } from '../cli/command';

/** What a build makes of sources as they lie in somebody's tree. */

const GLUE = `#include <alloc-replay.h>
#include "../pool.h" // not <this.h>
void ar_start(void *heap, size_t bytes) { at = heap, end = at + bytes; }
void *ar_allocate(size_t size, size_t align) { (void)align; return pool_take(size); }
void ar_free(void *p, size_t size, size_t align) { (void)p, (void)size, (void)align; }
`;
const POOL = `static char *at, *end;
static inline void *pool_take(size_t size) { return size > (size_t)(end - at) ? NULL : (at += size) - size; }
`;

test('a source includes what lies above it, and is the same module wherever the tree lies', async () => {
  const built = (tree: string) =>
    inFolder(async (folder) => {
      const sources = path.join(folder, tree, 'glue');
      mkdirSync(sources, { recursive: true });
      writeFileSync(path.join(sources, 'pool.c'), GLUE);
      writeFileSync(path.join(folder, tree, 'pool.h'), POOL);
      const module = path.join(folder, 'pool.wasm');
      const run = await runCli('engine', 'build', path.join(sources, 'pool.c'), '-o', module);
      assert.is(run.code, 0, run.stderr);
      return readFileSync(module);
    });
  const module = await built('pool');
  assert.ok(module.equals(await built('another/pool')));
  assert.ok(module.includes('../pool.h'), 'its places name the header as the description would');
});

for (const abi of ['lp64', 'ilp32']) {
  test(`a function that nobody calls may take a function to call (${abi})`, () =>
    inFolder(async (folder) => {
      const walk = 'void walk(char *p, void (*visit)(void *, size_t, int)) { visit(p, 8, 2); }\n';
      writeFileSync(path.join(folder, 'walking.c'), `#include <stddef.h>\n${walk}`);
      writeFileSync(path.join(folder, 'pool.c'), GLUE.replace('../pool.h', 'pool.h'));
      writeFileSync(path.join(folder, 'pool.h'), POOL);
      const description = path.join(folder, 'pool.engine.yaml');
      // The linker goes by the first source that knows of pointers to functions.
      writeFileSync(description, `abi: ${abi}\nsources: [walking.c, pool.c]\n`);
      const run = await runCli('engine', 'check', description);
      assert.is(run.code, 0, run.stderr);
    }));
}

const ASSERTION = 'Assertion failed: table (lld/wasm/SyntheticSections.cpp: writeBody: 587)';

/** A compiler package whose linker does what `dying` says. */
function packageWith(dying: string, folder: string): Compiler {
  const module = path.join(folder, 'tools.mjs');
  writeFileSync(
    module,
    `export class Exit extends Error {}
     export const runClang = async (argv, tree) => tree;
     export const runLLVM = async (argv, tree, { stderr }) => { ${dying} };`,
  );
  return { kind: 'package', module, version: 'of this test' };
}

function errorOfBuild(folder: string, compiler: Compiler): string {
  const source = path.join(folder, 'pool.c');
  writeFileSync(source, '');
  const description = describeSource(source);
  try {
    buildEngine(planBuild(description, compiler, folder), description);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it has been built');
}

test('of a packed tool that crashes the name and its own words are shown, not where its own code stood', () =>
  inFolder(async (folder) => {
    const said = JSON.stringify(`pool.c:1:1: warning: an error?\n${ASSERTION}\n`);
    const saying = `stderr(new TextEncoder().encode(${said})); throw new WebAssembly.RuntimeError('unreachable')`;
    const message = errorOfBuild(folder, packageWith(saying, folder));
    assert.ok(message.startsWith(`pool: wasm-ld crashes: ${ASSERTION}; expected `), message);
    assert.match(message, /--cc.*https:\/\/github\.com\/llvm/);
    const silent = errorOfBuild(folder, packageWith(`throw new RangeError('stack overflow')`, folder));
    assert.ok(silent.startsWith('pool: wasm-ld crashes: RangeError: stack overflow; '), silent);
  }));

test('of a package that cannot be loaded the reason is shown', () =>
  inFolder(async (folder) => {
    const module = path.join(folder, 'none.mjs');
    const message = errorOfBuild(folder, { kind: 'package', module, version: 'of this test' });
    assert.match(message, /^the compiler cannot be run: Error.*Cannot find module .*none\.mjs/);
  }));

test('of a program that a signal ends the name, the source and its own words are shown', () =>
  inFolder(async (folder) => {
    const clang = path.join(folder, 'clang');
    const version = 'if [ "$1" = --version ]; then echo "clang version 18.0.0"; exit 0; fi';
    const crash = (how: string) =>
      writeFileSync(clang, `#!/bin/sh\n${version}\necho "clang: ${ASSERTION}" >&2\n${how}\n`, {
        mode: 0o755,
      });
    const source = path.join(folder, 'pool.c');
    writeFileSync(source, '');
    const before = process.env[COMPILER_VARIABLE];
    try {
      for (const how of ['kill -ABRT $$', 'exit 139']) {
        crash(how);
        const run = await runCli('engine', 'build', source, '-o', path.join(folder, 'p.wasm'), '--cc', clang);
        assert.is(run.code, 2);
        assert.match(
          run.stderr,
          /^alloc-replay: pool: clang crashes over pool\.c: clang: Assertion failed: .*\n$/,
        );
      }
    } finally {
      if (before === undefined) {
        delete process.env[COMPILER_VARIABLE];
      } else {
        process.env[COMPILER_VARIABLE] = before;
      }
    }
  }));

test.run();
