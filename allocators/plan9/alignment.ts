import { roundUp } from './layout';

/** Whether `from` and `to` lie in different stretches of `span` bytes. */
export function crosses(from: number, to: number, span: number): boolean {
  return Math.floor(from / span) !== Math.floor(to / span);
}

/**
 * The first address from `start` that is congruent to `offset` modulo `align` and from which `bytes` bytes cross no
 * multiple of `span`; 0 where the second try fails, as in the original. `align` and `span` may be 0: no constraint.
 * An `offset` equal to `align` (from a negative multiple) is never a remainder, so it moves a whole `align` on.
 * `word` is what the layout's words make of a sum.
 */
export function alignedStart(
  start: number,
  bytes: number,
  align: number,
  offset: number,
  span: number,
  word: (sum: number) => number,
): number {
  const straddles = (from: number) => span > 0 && crosses(from, word(from + bytes - 1), span);
  const first = congruent(start, align, offset);
  if (!straddles(first)) {
    return first;
  }
  const second = congruent(roundUp(first + 1, span), align, offset);
  return straddles(second) ? 0 : second;
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
