import { encode } from 'fast-png';
import type { Frame } from './frame';

/**
 * Small pictures of counted cells as indexed PNG inside the page. Colours are a hue at rising opacity, legible on light
 * and dark pages alike.
 */

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const CLEAR: Colour = [0, 0, 0, 0];

export class Raster {
  private readonly data: Uint8Array;

  /** @param shades of index 1, 2, … to 15; index 0 is clear */
  constructor(
    readonly width: number,
    readonly height: number,
    private readonly shades: readonly Colour[],
  ) {
    this.data = new Uint8Array(width * height);
  }

  /** Fills what of a rectangle lies inside; of two shades in a cell the higher index stays. */
  fill(left: number, top: number, width: number, height: number, shade: number): void {
    const { data } = this;
    const right = Math.min(left + width, this.width);
    const bottom = Math.min(top + height, this.height);
    for (let y = Math.max(top, 0); y < bottom; y++) {
      const row = y * this.width;
      for (let at = row + Math.max(left, 0); at < row + right; at++) {
        if (data[at]! < shade) {
          data[at] = shade;
        }
      }
    }
  }

  png(): Uint8Array {
    const { width, height } = this;
    return encode({
      width,
      height,
      data: this.packed(),
      channels: 1,
      depth: 4,
      palette: [CLEAR, ...this.shades].map((colour) => [...colour]),
    });
  }

  /** Two pixels a byte, the left one in its upper half; every row begins with a byte of its own. */
  private packed(): Uint8Array {
    const { width, height, data } = this;
    const rowBytes = Math.ceil(width / 2);
    const packed = new Uint8Array(rowBytes * height);
    for (let y = 0, at = 0; y < height; y++) {
      const end = at + width;
      for (let to = y * rowBytes; at < end; to++) {
        const left = data[at++]!;
        packed[to] = (left << 4) | (at < end ? data[at++]! : 0);
      }
    }
    return packed;
  }

  /** As an address that needs no network. */
  address(): string {
    return `data:image/png;base64,${Buffer.from(this.png()).toString('base64')}`;
  }
}

const BLUE = [0x1f, 0x77, 0xc4] as const;
const ORANGE = [0xe0, 0x86, 0x2f] as const;

/** Shades of a count: each stands for four times as many as the one before; a single one is visible. */
export const COUNT_SHADES: readonly Colour[] = [110, 140, 170, 200, 228, 255].map((alpha) => [
  ...BLUE,
  alpha,
]);

export function shadeOfCount(count: number): number {
  let shade = 1;
  for (let most = 4; most <= count && shade < COUNT_SHADES.length; most *= 4) {
    shade++;
  }
  return shade;
}

/** Held but empty, then from nearly empty to full, in tenths. */
export const OCCUPANCY_SHADES: readonly Colour[] = [
  [...ORANGE, 150],
  ...Array.from({ length: 9 }, (_, tenth): Colour => [...BLUE, 95 + 20 * tenth]),
];

/** A raster that fills a drawing area. */
export function RasterImage({
  frame: { left, top, right, bottom },
  raster,
}: {
  frame: Frame;
  raster: Raster;
}) {
  return (
    <image
      class="pixels"
      href={raster.address()}
      x={left}
      y={top}
      width={right - left}
      height={bottom - top}
      preserveAspectRatio="none"
    />
  );
}
