import { roundUp } from './layout';

/** Whether `from` and `to` lie in different stretches of `span` bytes. */
export function crosses(from: number, to: number, span: number): boolean {
  return Math.floor(from / span) !== Math.floor(to / span);
}

export interface Wrapping {
  word(sum: number): number;
  address(sum: number): number;
}

/**
 * The first address from `start` that is congruent to `offset` modulo `align` and from which `bytes` bytes cross no
 * multiple of `span`; undefined where the second try fails, as in the original. `align` and `span` may be 0: no
 * constraint. An `offset` equal to `align` (from a negative multiple) is never a remainder, so it moves a whole `align`
 * on. Words and pointers of 32 bits wrap.
 */
export function alignedStart(
  start: number,
  bytes: number,
  align: number,
  offset: number,
  span: number,
  wrapping: Wrapping,
): number | undefined {
  const straddles = (from: number) => span > 0 && crosses(from, wrapping.word(from + bytes - 1), span);
  const aligned = (from: number) => wrapping.address(congruent(from, align, offset));
  const first = aligned(start);
  if (!straddles(first)) {
    return first;
  }
  const second = aligned(wrapping.address(roundUp(first + 1, span)));
  return straddles(second) ? undefined : second;
}

function congruent(address: number, align: number, offset: number): number {
  if (align === 0) {
    return address;
  }
  const remainder = address % align;
  if (remainder === offset) {
    return address;
  }
  return address + offset - remainder + (remainder > offset ? align : 0);
}
