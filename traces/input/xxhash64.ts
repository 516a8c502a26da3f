/**
 * XXH64 with seed 0 (Yann Collet's xxHash specification, 0.1.1), whose lower half is the checksum of a Zstandard
 * frame. The four lanes, through which all the bytes go, are kept as halves of 32 bits, for bigints would take ten
 * times as long; the closing is a few steps on bigints.
 */

const STRIPE_BYTES = 32;
const LANES = 4;

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;
const PRIME_5 = 0x27d4eb2f165667c5n;

const PRIME_1_LOW = 0x85ebca87;
const PRIME_1_HIGH = 0x9e3779b1;
const PRIME_2_LOW = 0x27d4eb4f;
const PRIME_2_HIGH = 0xc2b2ae3d;

export class XxHash64 {
  private readonly low = new Uint32Array(LANES);
  private readonly high = new Uint32Array(LANES);
  /** The bytes that do not fill a stripe yet. */
  private readonly rest = new Uint8Array(STRIPE_BYTES);
  private restBytes = 0;
  private totalBytes = 0;

  constructor() {
    this.setLane(0, PRIME_1 + PRIME_2);
    this.setLane(1, PRIME_2);
    this.setLane(2, 0n);
    this.setLane(3, -PRIME_1);
  }

  update(bytes: Uint8Array): void {
    this.totalBytes += bytes.length;
    let at = 0;
    if (this.restBytes > 0) {
      at = Math.min(STRIPE_BYTES - this.restBytes, bytes.length);
      this.rest.set(bytes.subarray(0, at), this.restBytes);
      this.restBytes += at;
      if (this.restBytes < STRIPE_BYTES) {
        return;
      }
      this.stripes(this.rest, 0);
    }
    at = this.stripes(bytes, at);
    this.rest.set(bytes.subarray(at));
    this.restBytes = bytes.length - at;
  }

  /** The hash of the bytes so far. */
  digest(): bigint {
    let hash = this.totalBytes < STRIPE_BYTES ? PRIME_5 : this.mergedLanes();
    hash = wrap(hash + BigInt(this.totalBytes));
    const view = new DataView(this.rest.buffer);
    let at = 0;
    for (; at + 8 <= this.restBytes; at += 8) {
      hash ^= round(view.getBigUint64(at, true));
      hash = wrap(rotated(hash, 27n) * PRIME_1 + PRIME_4);
    }
    if (at + 4 <= this.restBytes) {
      hash ^= wrap(BigInt(view.getUint32(at, true)) * PRIME_1);
      hash = wrap(rotated(hash, 23n) * PRIME_2 + PRIME_3);
      at += 4;
    }
    for (; at < this.restBytes; at++) {
      hash ^= wrap(BigInt(view.getUint8(at)) * PRIME_5);
      hash = wrap(rotated(hash, 11n) * PRIME_1);
    }
    hash = wrap((hash ^ (hash >> 33n)) * PRIME_2);
    hash = wrap((hash ^ (hash >> 29n)) * PRIME_3);
    return hash ^ (hash >> 32n);
  }

  /** Takes all whole stripes from a place on; gives the place after them. */
  private stripes(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at + STRIPE_BYTES <= bytes.length; at += STRIPE_BYTES) {
      for (let lane = 0; lane < LANES; lane++) {
        const place = at + lane * 8;
        this.round(lane, readUint32(bytes, place), readUint32(bytes, place + 4));
      }
    }
    return at;
  }

  /** lane = rotate(lane + input · PRIME_2, 31) · PRIME_1, modulo 2^64. */
  private round(lane: number, inputLow: number, inputHigh: number): void {
    const productLow = Math.imul(inputLow, PRIME_2_LOW) >>> 0;
    const productHigh =
      productCarry(inputLow, PRIME_2_LOW) +
      Math.imul(inputLow, PRIME_2_HIGH) +
      Math.imul(inputHigh, PRIME_2_LOW);
    const sumLow = this.low[lane]! + productLow;
    const carry = sumLow > 0xffff_ffff ? 1 : 0;
    const sumHigh = (this.high[lane]! + productHigh + carry) >>> 0;
    const low = (sumLow << 31) | (sumHigh >>> 1);
    const high = (sumHigh << 31) | ((sumLow >>> 0) >>> 1);
    this.low[lane] = Math.imul(low, PRIME_1_LOW);
    this.high[lane] =
      productCarry(low, PRIME_1_LOW) + Math.imul(low, PRIME_1_HIGH) + Math.imul(high, PRIME_1_LOW);
  }

  private mergedLanes(): bigint {
    const lanes = Array.from(
      { length: LANES },
      (_, lane) => (BigInt(this.high[lane]!) << 32n) | BigInt(this.low[lane]!),
    );
    const [first, second, third, fourth] = lanes as [bigint, bigint, bigint, bigint];
    let hash = wrap(rotated(first, 1n) + rotated(second, 7n) + rotated(third, 12n) + rotated(fourth, 18n));
    for (const lane of lanes) {
      hash = wrap((hash ^ round(lane)) * PRIME_1 + PRIME_4);
    }
    return hash;
  }

  private setLane(lane: number, value: bigint): void {
    this.low[lane] = Number(wrap(value) & 0xffff_ffffn);
    this.high[lane] = Number(wrap(value) >> 32n);
  }
}

/** The upper 32 bits of the product of two 32-bit numbers, by halves of 16 bits. */
function productCarry(one: number, other: number): number {
  const oneLow = one & 0xffff;
  const oneHigh = one >>> 16;
  const otherLow = other & 0xffff;
  const otherHigh = other >>> 16;
  const middle = oneHigh * otherLow + ((oneLow * otherLow) >>> 16);
  const crossing = oneLow * otherHigh + (middle & 0xffff);
  return (oneHigh * otherHigh + Math.floor(middle / 0x10000) + (crossing >>> 16)) >>> 0;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function round(input: bigint): bigint {
  return wrap(rotated(wrap(input * PRIME_2), 31n) * PRIME_1);
}

function rotated(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
