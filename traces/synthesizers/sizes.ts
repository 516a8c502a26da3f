import type { RandomStream } from '../random';
import { choice, integer, type ValuesOf } from './parameters';

/** Sizes between two bounds, for the shapes of memory use that say nothing of sizes. */
export const sizeParameters = (smallest: number, largest: number, sizes: 'uniform' | 'octaves') => ({
  smallest: integer('smallest size', 'bytes', smallest, { from: 1, to: 1 << 30 }),
  largest: integer('largest size', 'bytes', largest, { from: 1, to: 1 << 30 }),
  sizes: choice('each size as likely (uniform), or each doubling of it (octaves)', sizes, [
    'uniform',
    'octaves',
  ]),
});

export type SizeValues = ValuesOf<ReturnType<typeof sizeParameters>>;

export const sizeRefusal = ({ smallest, largest }: Pick<SizeValues, 'smallest' | 'largest'>) =>
  smallest > largest
    ? { problem: `smallest=${smallest} is above largest=${largest}`, expected: 'smallest up to largest' }
    : undefined;

export function drawSize(stream: RandomStream, { smallest, largest, sizes }: SizeValues): number {
  if (sizes === 'uniform') {
    return stream.between(smallest, largest);
  }
  for (;;) {
    const octave = stream.between(31 - Math.clz32(smallest), 31 - Math.clz32(largest));
    const size = stream.between(1 << octave, 2 * (1 << octave) - 1);
    // An octave cut off by a bound is as much less likely.
    if (size >= smallest && size <= largest) {
      return size;
    }
  }
}
