const LINE_BYTES: usize = 64;

/** Memory for good, from the start of one of the host's lines on: all zero. */
export function allocate(bytes: usize): usize {
  return (heap.alloc(bytes + LINE_BYTES) + LINE_BYTES - 1) & ~(LINE_BYTES - 1);
}
