import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { readResults } from '../../../harness/results/results-file';
import { inFolder, runCli } from '../cli/command';

/** Engines that ask for no memory have the heap as a whole; what they are said to hold is what they have reached. */

/** Blocks one behind the other; a free gives back the last alone. */
const BUMP = `#include <alloc-replay.h>
static char *first, *at, *end;
void ar_start(void *heap, size_t bytes) { first = at = heap, end = at + bytes; }
static size_t rounded(size_t size) { return (size + 15) & ~(size_t)15; }
void *ar_allocate(size_t size, size_t align) {
  (void)align;
  if (rounded(size) > (size_t)(end - at)) return NULL;
  at += rounded(size);
  return at - rounded(size);
}
void ar_free(void *p, size_t size, size_t align) {
  (void)align;
  if ((char *)p + rounded(size) == at) at = p;
}
`;

/** The same that shows its blocks: all of the heap, what was never reached included. */
const SHOWN = `
void ar_walk(ar_visitor visit) {
  if (at > first) visit(first, (size_t)(at - first), AR_ALLOCATED);
  if (end > at) visit(at, (size_t)(end - at), AR_FREE);
}
`;

const TRACE = 'op,id,size,align\nalloc,1,1000,0\nalloc,2,3000,0\nfree,2,0,0\nalloc,3,500,0\n';

async function metricsOf(source: string) {
  return inFolder(async (folder) => {
    writeFileSync(path.join(folder, 'bump.c'), source);
    writeFileSync(path.join(folder, 'trace.csv'), TRACE);
    const out = path.join(folder, 'out');
    const run = await runCli('run', path.join(folder, 'trace.csv'), '-a', path.join(folder, 'bump.c'), '-p', 'flat', '--out', out); // prettier-ignore
    assert.is(run.code, 0, run.stderr);
    const { replays } = readResults(path.join(out, 'results.json'));
    return replays[0]!;
  });
}

for (const [name, source, freeBytes] of [
  // By what its program asked for, rounded as an engine's granule is by default.
  ['shows nothing', BUMP, 4016 - 1000 - 504],
  ['shows its blocks', BUMP + SHOWN, 4016 - 1008 - 512],
] as const) {
  test(`an engine with the whole heap that ${name} holds up to the end of its highest block`, async () => {
    const { metrics, checkpoints } = await metricsOf(source);
    assert.equal(metrics['held.bytes.peak'], { value: 1008 + 3008, operation: 1 });
    assert.is(metrics['waste.peak']!.value, Math.floor((16 * 10_000) / 4016));
    assert.is(metrics['held.bytes.end']!.value, 4016, 'what was reached stays reached');
    assert.is(checkpoints.at(-1)!.survey!.freeBytes, freeBytes);
  });
}

test.run();
