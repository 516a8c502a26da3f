import { isBlock } from '../../../traces/trace';
import { PAGE_BYTES } from '../../machine/memory-layout';
import type { Laboratory } from './laboratory';

/** What single requests take, asked one size after the other. */

/** Pages taken for one request on a heap that is warm; undefined where it fails. */
export interface SizePages {
  readonly sizeBytes: number;
  readonly pages: number | undefined;
}

/** Each size alone, allocated and freed, behind one small object that keeps the engine's pool alive. */
export async function pagesBySize(
  laboratory: Laboratory,
  engine: string,
  sizes: readonly number[],
  options: Readonly<Record<string, string>> = {},
): Promise<SizePages[]> {
  const { operations } = await laboratory.watch({
    engine,
    options,
    // A keeper fills its page so far that no request of interest fits beside it.
    trace: [
      'alloc,0,3600,0',
      ...sizes.flatMap((size, index) => [`alloc,${index + 1},${size},0`, `free,${index + 1},0,0`]),
    ],
  });
  const before = operations[0]?.heldBytes ?? 0;
  // The release of an object reports no size of its own, so the allocation is the first of its id.
  const byId = new Map([...operations].reverse().map((operation) => [operation.id, operation]));
  return sizes.map((sizeBytes, index) => {
    const found = byId.get(index + 1);
    const failed = found === undefined || !isBlock(found.placement);
    return { sizeBytes, pages: failed ? undefined : (found.heldBytes - before) / PAGE_BYTES };
  });
}
