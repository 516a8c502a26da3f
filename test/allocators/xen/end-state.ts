import type { TlsfPool } from '../../../allocators/xen/tlsf-pool';
import { Vmalloc } from '../../../allocators/xen/vmalloc';
import { XmallocTlsf } from '../../../allocators/xen/xmalloc-tlsf';
import type { Engine } from '../../../harness/replay/port';
import type { GoldenEntry, ReplayedGolden } from './golden-replay';

/** What the goldens' manifest says of the reference at the end of a trace, read from the model's memory. */
export function endState(replayed: ReplayedGolden, entry: GoldenEntry): Record<string, number | string> {
  const { report, mapping } = replayed;
  const { engine, machine } = replayed.stack;
  const known: Record<string, () => number | string> = {
    stack: () => entry.stack,
    ops: () => entry.ops,
    live: () => report.liveObjectsAtEnd,
    heapPages: () => machine.heapPages,
    freePages: () => machine.pageSource!.freePages,
    freelistLen: () => freeBlocks(engine).length,
    freelistBytes: () => freeBlocks(engine).reduce((sum, bytes) => sum + bytes, 0),
    poolUsedSize: () => poolOf(engine).usedBytes,
    poolRegions: () => poolOf(engine).regionCount,
    poolStructBytes: () => poolOf(engine).structBytes,
    vmLow: () => mappingsOf(engine).low,
    vmTop: () => mappingsOf(engine).top,
    vmEnd: () => mappingsOf(engine).end,
    // The first page of the bitmap is mapped at boot, before the first operation.
    mapCalls: () => mapping.mappedPages + 1,
    pagesMapped: () => mapping.mappedPages + 1,
    unmapCalls: () => mapping.unmappingOperations,
  };
  return Object.fromEntries(Object.keys(entry.end).map((name) => [name, known[name]!()]));
}

function freeBlocks(engine: Engine): number[] {
  const free: number[] = [];
  engine.walk((_start, bytes, state) => {
    if (state === 'free') {
      free.push(bytes);
    }
  });
  return free;
}

function poolOf(engine: Engine): TlsfPool {
  if (engine instanceof XmallocTlsf) {
    return engine.pool;
  }
  return 'pool' in engine ? (engine.pool as TlsfPool) : mappingsOf(engine).heap.pool;
}

function mappingsOf(engine: Engine): Vmalloc {
  return engine instanceof Vmalloc ? engine : (engine as unknown as { mappings: Vmalloc }).mappings;
}
