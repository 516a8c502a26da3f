/**
 * A figure of one's own: how often an engine hands out the block that was freed last, which is still in the cache. An
 * observer sees every operation that reached the engine, with where it placed the object.
 */
import { createStack, engineNamed, isBlock, OP, openTrace, replay } from 'alloc-replay';
import type { Placement, ReplayObserver, ReplayState, TraceEvent } from 'alloc-replay';

class WarmReuse implements ReplayObserver {
  allocations = 0;
  reuses = 0;
  private freedLast: Placement | undefined;

  operation({ subject }: ReplayState, event: TraceEvent, placement: Placement): void {
    if (event.op === OP.free) {
      this.freedLast = subject;
    }
    if (event.op !== OP.alloc || !isBlock(placement)) {
      return;
    }
    this.allocations += 1;
    if (placement === this.freedLast) {
      this.reuses += 1;
    }
  }
}

async function main(): Promise<void> {
  const trace = await openTrace('recorded:git-status');
  for (const name of ['xmalloc-first-fit', 'xmalloc-tlsf', 'textbook-first-fit']) {
    const warm = new WarmReuse();
    const stack = createStack(engineNamed(name), {}, { heapPages: 4096, virtualPages: 0 }, engineNamed);
    await replay(trace, stack, [warm]);
    console.log(`${name}: ${warm.reuses} of ${warm.allocations} allocations get the block freed last`);
  }
}

void main();
