import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HeapBlocks } from '../../../harness/explain/heap-blocks';
import { History } from '../../../harness/explain/history';
import { ProvenanceRecorder } from '../../../harness/explain/provenance';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Stack } from '../../../harness/replay/stack';
import { OP, TextTable } from '../../../traces/trace';

/** Which operation is said to have made a free block of 64 bytes whose words these wrote last, one after the other. */
function makerOf(lastWriters: readonly number[]): number | null {
  const machine = new Machine({ heapPages: 1, virtualPages: 0 });
  const engine = { walk: (visit: (...block: unknown[]) => void) => visit(HEAP_BASE, 64, 'free') };
  const history = new History();
  const kind = history.kinds.of(OP.alloc, 8, 0);
  lastWriters.forEach((operation, word) => history.writers.set(HEAP_BASE / 4 + word, operation, kind));
  history.operation = 100;
  const recorder = new ProvenanceRecorder(
    machine,
    history,
    HeapBlocks.of({ engine, machine } as unknown as Stack),
  );
  recorder.access(HEAP_BASE);
  return recorder.finish(new TextTable()).groups[0]!.firstOperation;
}

test('a block that a split left is put down to who wrote the oldest of its first four words', () => {
  assert.is(makerOf([7, 7, 7, 7]), 7);
  assert.is(makerOf([7, 9, 9, 7]), 7, 'links are written again by neighbours');
  assert.is(makerOf([9, 9, 9, 7]), 7, 'all but one of them');
  assert.is(makerOf([9, 9, 9, 7, 2, 1]), 7, 'what lies behind is left of an object that once was there');
});

test.run();
