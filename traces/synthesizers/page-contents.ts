import { Deck, WeightTable, type RandomStream } from '../random';

/**
 * How small pages become: the sizes of compressed pages and of patches against similar pages, as histograms of 128
 * bytes a bin. Within a bin every size is as likely, which moves no mean below by more than 1 %.
 */
const BIN_BYTES = 128;

/** Sizes by histogram: bin k holds 128k … 128k + 127 bytes, cut to the bounds. */
class SizeHistogram {
  private readonly table: WeightTable;

  /** `firstBin` is the bin of the first weight. */
  constructor(
    readonly weights: readonly number[],
    private readonly firstBin: number,
    private readonly smallest: number,
    private readonly largest: number,
  ) {
    this.table = new WeightTable(weights);
  }

  draw(stream: RandomStream): number {
    return this.drawFrom(stream.pick(this.table), stream);
  }

  /** A size from the bin of the weight with this index. */
  drawFrom(index: number, stream: RandomStream): number {
    const start = (this.firstBin + index) * BIN_BYTES;
    return stream.between(Math.max(start, this.smallest), Math.min(start + BIN_BYTES - 1, this.largest));
  }
}

/**
 * Sizes under LZO1X-1 (liblzo2) of unique pages that are not all zero, in ten-thousandths per bin, measured on core
 * images and files of running systems; nothing is below 32 bytes or above the 4116 to which random data expands.
 */
const LZO_SMALLEST = 32;
const LZO_LARGEST = 4116;
const lzo = (firstBin: number, weights: readonly number[]): SizeHistogram =>
  new SizeHistogram(weights, firstBin, LZO_SMALLEST, LZO_LARGEST);

/** Anonymous memory (core images of python, perl, sqlite, node; 22,927 pages): mean 1214. */
const anonymous = lzo(
  0,
  [
    328, 105, 489, 755, 1240, 747, 353, 358, 619, 677, 1093, 632, 407, 281, 173, 155, 106, 464, 168, 77, 239,
    263, 82, 21, 12, 12, 11, 14, 19, 20, 14, 10, 54,
  ],
);
/** Programs and shared libraries in the page cache (12,433 pages): mean 2469. */
const binaries = lzo(
  0,
  [
    23, 48, 61, 60, 89, 138, 113, 138, 171, 423, 232, 240, 280, 327, 261, 327, 343, 340, 487, 567, 458, 435,
    572, 701, 864, 1012, 742, 301, 81, 32, 21, 15, 95,
  ],
);
/** C source text in the page cache (1,153 pages): mean 1870. */
const text = lzo(
  3,
  [87, 225, 147, 113, 113, 78, 182, 304, 477, 876, 1067, 1188, 1318, 1249, 971, 850, 564, 139, 43, 9],
);
/** Compressed files (2,827 pages): nearly all expand to the full 4116 bytes. */
const incompressible = new SizeHistogram([1], 32, LZO_LARGEST, LZO_LARGEST);

export const compressedPages = { anonymous, binaries, text, incompressible };
export type PageClass = keyof typeof compressedPages;

/** Pages of several classes, each as likely as it weighs. */
export class PageMixture {
  private readonly classes: readonly SizeHistogram[];
  private readonly table: WeightTable;

  constructor(weights: Readonly<Partial<Record<PageClass, number>>>) {
    const present = Object.entries(weights) as [PageClass, number][];
    this.classes = present.map(([name]) => compressedPages[name]);
    this.table = new WeightTable(present.map(([, weight]) => weight));
  }

  /** The bytes that a page of the mixture has when compressed. */
  draw(stream: RandomStream): number {
    return this.classes[stream.pick(this.table)]!.draw(stream);
  }
}

/** Patches larger than half a page are not made (Gupta et al., OSDI 2008). */
const PATCH_CUTOFF_BYTES = 2048;

/** How large patches are, and how many of all that were tried are refused for their size. */
export interface PatchSizes {
  readonly accepted: SizeHistogram;
  /** Weight of the refused ones, beside the weights of `accepted`. */
  readonly refusedWeight: number;
}

/**
 * Lognormal with median 1130 and σ = 0.56, in millionths per bin from the normal distribution function: of what is
 * accepted (40 … 2048 bytes) the mean is 1069, within 0.2 % of the published 1070.
 */
const publishedPatches: PatchSizes = {
  accepted: new SizeHistogram(
    [
      50, 3957, 22_959, 51_765, 76_277, 90_211, 94_092, 90_877, 83_545, 74_333, 64_689, 55_449, 47_038,
      39_622, 33_219, 27_768,
    ],
    0,
    40,
    PATCH_CUTOFF_BYTES,
  ),
  refusedWeight: 144_149,
};

/**
 * The same pipeline measured on four core images (xdelta3 -9; two python, two perl), in ten-thousandths per bin: mean
 * 560 with those refused.
 */
const measuredPatches: PatchSizes = {
  accepted: new SizeHistogram(
    [107, 1600, 1540, 1967, 2253, 507, 947, 213, 247, 127, 80, 87, 93, 53, 53, 73],
    0,
    40,
    PATCH_CUTOFF_BYTES,
  ),
  refusedWeight: 53,
};

export const patchSizes = { cacm: publishedPatches, measured: measuredPatches };

const PATCHES_A_DECK = 1000;

/** Deals the sizes of accepted patches so that every thousand of them have the mean of all. */
export class PatchDeck {
  private readonly deck: Deck;

  constructor(
    private readonly sizes: SizeHistogram,
    private readonly stream: RandomStream,
  ) {
    this.deck = new Deck(sizes.weights, PATCHES_A_DECK);
  }

  draw(): number {
    return this.sizes.drawFrom(this.deck.deal(this.stream), this.stream);
  }
}
