import { zlibSync } from 'fflate';
import { crc32 } from 'node:zlib';
import type { Frame } from './frame';

/**
 * Small pictures of counted cells as indexed PNG inside the page. Colours are a hue at rising opacity, legible on light
 * and dark pages alike.
 */

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

const CLEAR: Colour = [0, 0, 0, 0];
const OPAQUE = 255;

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const PIXEL_BITS = 4;
/** A pixel is the index of a colour in the palette. */
const INDEXED = 3;

/** A chunk of a PNG: how long it is, its name and data, and their checksum. */
function chunk(name: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

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
    for (let y = Math.max(top, 0); y < Math.min(top + height, this.height); y++) {
      for (let x = Math.max(left, 0); x < Math.min(left + width, this.width); x++) {
        const at = y * this.width + x;
        this.data[at] = Math.max(this.data[at]!, shade);
      }
    }
  }

  png(): Buffer {
    const { width, height } = this;
    const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, PIXEL_BITS, INDEXED, 0, 0, 0]);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    const palette = [CLEAR, ...this.shades];
    return Buffer.concat([
      PNG_SIGNATURE,
      chunk('IHDR', header),
      chunk('PLTE', Uint8Array.from(palette.flatMap(([red, green, blue]) => [red, green, blue]))),
      // Opaque colours come last, and need none.
      chunk('tRNS', Uint8Array.from(palette.flatMap(([, , , alpha]) => (alpha === OPAQUE ? [] : [alpha])))),
      // Of fflate, for Node's own zlib may find other bytes in another version.
      chunk('IDAT', zlibSync(this.packed(), { level: 3 })),
      chunk('IEND', new Uint8Array(0)),
    ]);
  }

  /** Rows of a byte that names their filter, none, and two pixels a byte, the left one in its upper half. */
  private packed(): Uint8Array {
    const { width, height, data } = this;
    const rowBytes = 1 + Math.ceil(width / 2);
    const packed = new Uint8Array(rowBytes * height);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        packed[y * rowBytes + 1 + (x >> 1)]! |= data[at]! << (x & 1 ? 0 : 4);
      }
    }
    return packed;
  }

  /** As an address that needs no network. */
  address(): string {
    return `data:image/png;base64,${this.png().toString('base64')}`;
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
