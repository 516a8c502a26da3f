import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { engineNamed } from '../../../allocators/registry';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import { examineMemory } from '../../../harness/conformance/exactness';
import { Findings } from '../../../harness/conformance/rules';
import { inFolder } from '../cli/command';

/** What the harness knows of an engine goes along with a copy of its memory: on it the engine goes on alike. */

const ENGINES = {
  'a growing region': `#include <alloc-replay.h>
void ar_start(void *heap, size_t bytes) { (void)heap, (void)bytes; }
void *ar_allocate(size_t size, size_t align) {
  (void)align;
  void *p = ar_sbrk((size + 16) & ~(size_t)15);
  return p == (void *)-1 ? NULL : p;
}
void ar_free(void *p, size_t size, size_t align) { (void)p, (void)size, (void)align; }
`,
  'a mapping for each object': `#include <alloc-replay.h>
void ar_start(void *heap, size_t bytes) { (void)heap, (void)bytes; }
void *ar_allocate(size_t size, size_t align) {
  (void)align;
  void *p = ar_mmap(size + 1);
  return p == (void *)-1 ? NULL : p;
}
void ar_free(void *p, size_t size, size_t align) { (void)align; ar_munmap(p, size + 1); }
`,
  'words of page records': `#include <alloc-replay.h>
static uint32_t *first;
void ar_start(void *heap, size_t bytes) { (void)heap, (void)bytes; }
void *ar_allocate(size_t size, size_t align) {
  (void)align;
  void *p = size > 4096 ? NULL : ar_page_alloc(0);
  if (first == NULL && p != NULL) first = ar_page_word(p);
  if (first != NULL) ++*first;
  return p;
}
void ar_free(void *p, size_t size, size_t align) { (void)size, (void)align; ar_page_free(p, 0); }
`,
};

for (const [what, source] of Object.entries(ENGINES)) {
  test(`an engine with ${what} goes on alike on a copy of its memory`, () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'engine.c');
      writeFileSync(file, source);
      const findings = new Findings();
      examineMemory({ definition: loadEngine(file), options: {}, engineNamed }, findings);
      assert.is(findings.timesExamined('remembered'), 1);
      assert.equal(findings.violations, []);
    }));
}

test.run();
