import { freeRow } from '../script';
import { freeOrderAdversary } from './free-order';

/** Each freed object meets a free neighbour below it, but for the first: merging backwards, once an object. */
export const ascendingFrees = freeOrderAdversary(
  'adversary/ascending-frees',
  'equal objects freed from the first to the last: each merges with the hole below',
  (pen, count) => freeRow(pen, 0, count),
);
