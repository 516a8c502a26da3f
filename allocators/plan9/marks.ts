import type { PoolContext } from './context';

/**
 * The garbage that ANTAGONISM writes, so that reading freed or never written memory shows.
 *
 * The manual page says that every 32-bit word is marked with the address of the block exclusive-ored with a constant.
 * The code marks with the distance from the start of the marked area instead, and counts 4-byte steps while it writes
 * whole words: where a word has 8 bytes it overruns the area by as much again and ruins the heap.
 */
const STEP_BYTES = 4;

/** Marks `bytes` bytes from `start`; `owner` is the block they belong to. */
export function markPattern(
  context: PoolContext,
  start: number,
  signature: number,
  bytes: number,
  owner: number,
): void {
  const { words, layout, steps, manual } = context;
  const count = Math.floor(bytes / STEP_BYTES);
  const constant = (signature << 24) >>> 0;
  for (let step = 0; step < count; step++) {
    if (manual) {
      words.store32(start + step * STEP_BYTES, (constant ^ owner) >>> 0);
    } else {
      const distance = step * layout.wordBytes;
      words.store(start + distance, (constant ^ distance) >>> 0);
    }
  }
  context.work(steps.markWord, count);
  const rest = start + count * (manual ? STEP_BYTES : layout.wordBytes);
  for (let byte = rest; byte < rest + (bytes % STEP_BYTES); byte++) {
    words.store8(byte, signature);
  }
}

/** What the user's bytes are set to: one byte value over all of them, or the pattern of newly allocated blocks. */
export function markUserData(
  context: PoolContext,
  start: number,
  signature: number,
  bytes: number,
  owner: number,
): void {
  if (context.manual) {
    markPattern(context, start, MANUAL_ALLOCATED, bytes, owner);
  } else {
    context.words.fill(start, bytes, signature);
  }
}

const MANUAL_ALLOCATED = 0xf9;
