import { freeRow, type Pen, type Script } from '../script';
import { freeOrderAdversary } from './free-order';

/** Freeing the odd ones merges nothing; then each even one merges with holes on both sides. */
export const oddEvenFrees = freeOrderAdversary(
  'adversary/odd-even-frees',
  'equal objects freed odd ones first: none merges, then each even one merges on both sides',
  oddsThenEvens,
);

function* oddsThenEvens(pen: Pen, count: number): Script {
  yield* freeRow(pen, 1, Math.floor(count / 2), 2);
  yield* freeRow(pen, 0, Math.ceil(count / 2), 2);
}
