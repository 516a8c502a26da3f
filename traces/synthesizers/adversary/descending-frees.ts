import { freeRow } from '../script';
import { freeOrderAdversary } from './free-order';

/** Each freed object meets a free neighbour above it, but for the last: merging forwards, once an object. */
export const descendingFrees = freeOrderAdversary(
  'adversary/descending-frees',
  'equal objects freed from the last to the first: each merges with the hole above',
  (pen, count) => freeRow(pen, count - 1, count, -1),
);
