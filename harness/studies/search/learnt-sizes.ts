import { PAGE_BYTES } from '../../machine/memory-layout';
import type { EngineDefinition } from '../../replay/port';

/**
 * Sizes that make a difference: those that the engine's constants name, and thresholds at which a lone request is
 * served otherwise than one a byte smaller, found by bisection.
 */

/** Sizes around the engine's constants, ascending. */
export function constantSizes(
  { constants }: Pick<EngineDefinition, 'constants'>,
  requestBytes: number,
): number[] {
  const { granuleBytes, headerBytes, blockBytesMin, requestBytesMax } = constants;
  const whole = new Set<number>([granuleBytes, blockBytesMin, requestBytes, requestBytesMax ?? requestBytes]);
  for (let power = 16; power <= requestBytes; power *= 2) {
    whole.add(power);
  }
  for (const share of [2, 3, 4, 8]) {
    whole.add(Math.floor(PAGE_BYTES / share));
  }
  for (let granules = 1; granules <= 4; granules++) {
    whole.add(PAGE_BYTES - granules * granuleBytes);
    whole.add(granules * granuleBytes);
  }
  const around = [...whole].flatMap((size) => [
    size,
    size + 1,
    size - 1,
    size - headerBytes,
    size - headerBytes + 1,
    size - headerBytes - blockBytesMin,
  ]);
  return ascending(around, requestBytes);
}

/** What a lone request did, as a text: equal texts are served alike. */
export type Signature = string;

/** Trials that find a threshold at most: as many as sizes between two rungs of the ladder have bits. */
const TRIALS_A_THRESHOLD = 16;

/**
 * Thresholds between sizes that were seen to be served differently, with the sizes at both sides of each.
 *
 * @param seen ascending sizes with what a lone request of each did
 * @param signaturesOf tries lone requests
 * @param trialsMax so many of them at most
 */
export async function thresholdSizes(
  seen: readonly { readonly size: number; readonly signature: Signature }[],
  signaturesOf: (sizes: readonly number[]) => Promise<readonly Signature[]>,
  trialsMax: number,
): Promise<number[]> {
  let open = seen
    .slice(1)
    .flatMap((above, index) =>
      above.signature === seen[index]!.signature ? [] : [{ below: seen[index]!, above }],
    )
    .slice(0, Math.floor(trialsMax / TRIALS_A_THRESHOLD));
  const found: number[] = [];
  while (open.length > 0) {
    const middles = open.map(({ below, above }) => Math.floor((below.size + above.size) / 2));
    const signatures = await signaturesOf(middles);
    open = open
      .map(({ below, above }, index) => {
        const middle = { size: middles[index]!, signature: signatures[index]! };
        return middle.signature === below.signature ? { below: middle, above } : { below, above: middle };
      })
      .filter(({ below, above }) => {
        const isFound = above.size - below.size <= 1;
        if (isFound) {
          found.push(below.size, above.size, above.size + 1);
        }
        return !isFound;
      });
  }
  return ascending(found, Infinity);
}

/** A few sizes from the smallest to the largest request: where to look for thresholds. */
export function ladder(requestBytes: number): number[] {
  const rungs: number[] = [];
  for (let power = 8; power <= requestBytes; power *= 2) {
    rungs.push(power, power + (power >> 1));
  }
  for (let granules = 1; granules <= 8; granules++) {
    rungs.push(PAGE_BYTES - granules * 16);
  }
  return ascending([...rungs, requestBytes], requestBytes);
}

function ascending(sizes: readonly number[], most: number): number[] {
  return [...new Set(sizes)].filter((size) => size > 0 && size <= most).sort((a, b) => a - b);
}
