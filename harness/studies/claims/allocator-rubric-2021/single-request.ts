import { isBlock, isVirtual } from '../../../../traces/trace';
import { PAGE_BYTES } from '../../../machine/memory-layout';
import type { Laboratory, Watched } from '../laboratory';

/** One object's life: what it took, where it lay, and what mapping it cost. */
export interface SingleRequest {
  readonly sizeBytes: number;
  readonly pages: number;
  /** Pages of address space from this object to the next one like it. */
  readonly strideBytes: number;
  /** Whether its pages follow each other in physical memory. */
  readonly contiguous: boolean;
  /** Allocated together with its release. */
  readonly maps: number;
  readonly unmaps: number;
  readonly tlbFlushes: number;
  readonly cycles: number;
}

/** The second of three equal objects on a heap whose free pages lie in address order; the first warms the caches. */
export async function singleRequest(
  laboratory: Laboratory,
  engine: string,
  sizeBytes: number,
): Promise<SingleRequest> {
  const allocations = [1, 2, 3].map((id) => `alloc,${id},${sizeBytes},0`);
  const held = await laboratory.watch({ engine, trace: allocations });
  const whole = await laboratory.watch({ engine, trace: [...allocations, 'free,2,0,0', 'free,1,0,0'] });
  const [first, second, third] = held.operations;
  const released = whole.operations[3];
  const count = (event: 'maps' | 'unmaps' | 'tlbFlushes' | 'cycles'): number =>
    (second?.[event] ?? 0) + (released?.[event] ?? 0);
  return {
    sizeBytes,
    pages: ((second?.heldBytes ?? 0) - (first?.heldBytes ?? 0)) / PAGE_BYTES,
    strideBytes: Math.abs((third?.placement ?? 0) - (second?.placement ?? 0)),
    contiguous: second !== undefined && isContiguous(held, second.placement, sizeBytes),
    maps: count('maps'),
    unmaps: count('unmaps'),
    tlbFlushes: count('tlbFlushes'),
    cycles: count('cycles'),
  };
}

/** Whether an object's pages follow each other in physical memory; what is not mapped lies there as it is placed. */
export function isContiguous({ stack }: Watched, placement: number, sizeBytes: number): boolean {
  const object = placement as Parameters<typeof isBlock>[0];
  if (!isBlock(object) || !isVirtual(object)) {
    return isBlock(object);
  }
  const physical = (page: number): number => stack.engine.translate?.(placement + page * PAGE_BYTES) ?? 0;
  const pages = Math.ceil(sizeBytes / PAGE_BYTES);
  for (let page = 1; page < pages; page++) {
    if (physical(page) !== physical(page - 1) + PAGE_BYTES) {
      return false;
    }
  }
  return true;
}
