import { InputError } from '../../traces/input-error';

/**
 * A program's 64-bit addresses in the 32 bits of a stream entry. Regions of 2 MiB get places one after the other in
 * the order of their first touch; within a region nothing moves. So sets of caches, neighbours, strides and pages of
 * either size stay what they were, but for the bits above 2 MiB, which operating systems hand out at will anyway.
 */

const REGION_BYTES = 0x20_0000;
const REGION_SHIFT = 21;
/** 4 GiB of places. */
const REGION_COUNT_MAX = 2048;

export class AddressSpace {
  /** Number of a region → the address of its place. */
  private readonly places = new Map<number, number>();
  private lastRegion = NaN;
  private lastPlace = 0;

  /**
   * Where `address` lies in 32 bits. Addresses beyond what a number holds exactly come as bigints; either may be
   * signed. Throws an `InputError` where more is touched than there are places for.
   */
  map(address: number | bigint): number {
    // A region's number has 43 bits: exact, however large the address.
    const region =
      typeof address === 'number'
        ? Math.floor(address / REGION_BYTES)
        : Number(BigInt.asIntN(64, address) >> BigInt(REGION_SHIFT));
    const offset =
      typeof address === 'number'
        ? address - region * REGION_BYTES
        : Number(BigInt.asUintN(REGION_SHIFT, address));
    if (region !== this.lastRegion) {
      this.lastRegion = region;
      this.lastPlace = this.places.get(region) ?? this.place(region);
    }
    return this.lastPlace + offset;
  }

  private place(region: number): number {
    if (this.places.size === REGION_COUNT_MAX) {
      throw new InputError({
        problem: `more than ${REGION_COUNT_MAX} regions of 2 MiB are touched`,
        expected: 'a program that uses at most 4 GiB, in not too many places',
      });
    }
    const place = this.places.size * REGION_BYTES;
    this.places.set(region, place);
    return place;
  }
}
