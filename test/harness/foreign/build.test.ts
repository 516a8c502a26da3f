import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
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

test.run();
