import { RandomStream } from '../random';
import type { TextTable } from '../trace';
import { PageMixture, PatchDeck, patchSizes } from './page-contents';
import type { Pen, Script } from './script';
import type { Fact } from './source';
import { PAGE_BYTES } from '../ground/integers';

/**
 * The pages of guests under Difference Engine: what each holds, how long it has been idle, and the objects that its
 * patch or compressed form occupies.
 */

/** What a page holds, once and for all. */
const KIND = { zero: 0, copy: 1, patchable: 2, tooLarge: 3, reference: 4 } as const;

/** How a page is stored at the moment; `whole` pages have a frame of their own. */
const STORED = { whole: 0, shared: 1, patched: 2, compressed: 3, incompressible: 4 } as const;

/** Since the last scan: nothing, an access, a write. */
const TOUCHED = { not: 0, accessed: 1, modified: 2 } as const;

/** Scans without an access until a page is shared, patched, compressed. */
const IDLE = { share: 1, patch: 2, compress: 4 } as const;

const STORED_ALIGN = 8;
const NO_OBJECT = -1;

export interface GuestPageValues {
  readonly pages: number;
  readonly zero: number;
  readonly duplicates: number;
  readonly copies: number;
  readonly patchable: number;
  readonly patches: 'cacm' | 'measured';
  readonly cutoff: number;
  readonly descriptor: number;
  readonly frames: 'yes' | 'no';
}

/** How many pages are of each kind; all counts are whole shares, so that every seed has them. */
interface Quotas {
  readonly zero: number;
  readonly copy: number;
  readonly patchable: number;
  readonly tooLarge: number;
  readonly reference: number;
  /** Pages after sharing: unique ones, one of each set of copies, one of zeros. */
  readonly distinct: number;
}

export class GuestPages {
  private readonly quotas: Quotas;
  private readonly kinds: Uint8Array;
  private readonly stored: Uint8Array;
  private readonly touched: Uint8Array;
  private readonly idleScans: Uint8Array;
  /** Ids of the objects of each page: the patch or compressed page, its descriptor, the frame allocated for it. */
  private readonly blobs: Float64Array;
  private readonly descriptors: Float64Array;
  private readonly frames: Float64Array;
  private readonly blobBytes: Uint16Array;

  private readonly patchDeck: PatchDeck;
  private readonly compressed: PageMixture;
  private readonly compressedSizes: RandomStream;
  private readonly sites: Readonly<Record<'patch' | 'compressed' | 'descriptor' | 'frame', number>>;
  private readonly pageCall: number;
  private patchesMade = 0;
  private patchBytesMade = 0;

  constructor(
    private readonly values: GuestPageValues,
    seed: number,
    texts: TextTable,
  ) {
    this.quotas = quotasOf(values);
    this.kinds = shuffledKinds(this.quotas, values.pages, new RandomStream(seed, 'kinds'));
    this.stored = new Uint8Array(values.pages);
    this.touched = new Uint8Array(values.pages);
    this.idleScans = new Uint8Array(values.pages);
    this.blobs = new Float64Array(values.pages).fill(NO_OBJECT);
    this.descriptors = new Float64Array(values.pages).fill(NO_OBJECT);
    this.frames = new Float64Array(values.pages).fill(NO_OBJECT);
    this.blobBytes = new Uint16Array(values.pages);
    this.patchDeck = new PatchDeck(patchSizes[values.patches].accepted, new RandomStream(seed, 'patches'));
    this.compressed = new PageMixture({ anonymous: 60, binaries: 30, text: 7, incompressible: 3 });
    this.compressedSizes = new RandomStream(seed, 'compressed pages');
    this.sites = {
      patch: texts.intern('patch'),
      compressed: texts.intern('compressed'),
      descriptor: texts.intern('descriptor'),
      frame: texts.intern('frame'),
    };
    this.pageCall = texts.intern('page_alloc');
  }

  /** The clock's hand passes the page: its class is what its idle age makes of it. */
  *scan(pen: Pen, page: number): Script {
    this.idleScans[page] = this.idleAge(page);
    this.touched[page] = TOUCHED.not;
    if (this.stored[page] !== STORED.whole) {
      return;
    }
    const idle = this.idleScans[page]!;
    const kind = this.kinds[page]!;
    if (kind <= KIND.copy && idle >= IDLE.share) {
      yield* this.share(pen, page);
    } else if (kind === KIND.patchable && idle >= IDLE.patch) {
      yield* this.patch(pen, page);
    } else if (kind === KIND.tooLarge && idle >= IDLE.compress) {
      yield* this.compress(pen, page);
    }
  }

  /** A guest reads or writes the page. */
  *access(pen: Pen, page: number, write: boolean): Script {
    this.touched[page] = Math.max(this.touched[page]!, write ? TOUCHED.modified : TOUCHED.accessed);
    const stored = this.stored[page]!;
    if (stored === STORED.patched || stored === STORED.compressed) {
      yield* this.takeFrame(pen, page);
      yield* this.discard(pen, page);
    } else if (write && stored === STORED.shared) {
      yield* this.takeFrame(pen, page);
      this.stored[page] = STORED.whole;
    } else if (write) {
      this.stored[page] = STORED.whole;
    }
  }

  /** Frees all that is stored, in the order of pages, as when the guests are destroyed. */
  *release(pen: Pen): Script {
    for (let page = 0; page < this.values.pages; page++) {
      if (this.blobs[page] !== NO_OBJECT) {
        yield* this.discard(pen, page);
      }
      yield* this.giveFrame(pen, page);
    }
  }

  /** The state of the pages, to be asked for when they are at rest. */
  facts(): readonly Fact[] {
    let patched = 0;
    let patchBytes = 0;
    let compressed = 0;
    for (let page = 0; page < this.values.pages; page++) {
      if (this.stored[page] === STORED.compressed) {
        compressed++;
      }
      if (this.stored[page] !== STORED.patched) {
        continue;
      }
      patched++;
      patchBytes += this.blobBytes[page]!;
    }
    return [
      { name: 'distinct pages', value: this.quotas.distinct, unit: 'pages' },
      { name: 'patched at rest', value: patched, unit: 'pages' },
      { name: 'patches at rest', value: patchBytes, unit: 'bytes' },
      { name: 'refused as patches for their size', value: this.quotas.tooLarge, unit: 'pages' },
      { name: 'compressed at rest', value: compressed, unit: 'pages' },
      { name: 'patches made', value: this.patchesMade, unit: 'patches' },
      { name: 'bytes of patches made', value: this.patchBytesMade, unit: 'bytes' },
    ];
  }

  private idleAge(page: number): number {
    const touched = this.touched[page]!;
    if (touched === TOUCHED.modified) {
      return 0;
    }
    // Read but not written: as good for sharing as ever, but not idle enough for more.
    return touched === TOUCHED.accessed ? IDLE.share : Math.min(this.idleScans[page]! + 1, IDLE.compress);
  }

  private *share(pen: Pen, page: number): Script {
    this.stored[page] = STORED.shared;
    yield* this.giveFrame(pen, page);
  }

  private *patch(pen: Pen, page: number): Script {
    const bytes = this.patchDeck.draw();
    this.patchesMade++;
    this.patchBytesMade += bytes;
    yield* this.store(pen, page, STORED.patched, bytes, this.sites.patch);
  }

  private *compress(pen: Pen, page: number): Script {
    const bytes = this.compressed.draw(this.compressedSizes);
    if (bytes >= this.values.cutoff) {
      this.stored[page] = STORED.incompressible;
    } else {
      yield* this.store(pen, page, STORED.compressed, bytes, this.sites.compressed);
    }
  }

  private *store(pen: Pen, page: number, form: number, bytes: number, site: number): Script {
    this.stored[page] = form;
    this.blobBytes[page] = bytes;
    pen.allocate(bytes, STORED_ALIGN, site);
    this.blobs[page] = pen.id;
    yield;
    if (this.values.descriptor > 0) {
      pen.allocate(this.values.descriptor, STORED_ALIGN, this.sites.descriptor);
      this.descriptors[page] = pen.id;
      yield;
    }
    yield* this.giveFrame(pen, page);
  }

  /** Frees the patch or compressed page with its descriptor: the page is whole again. */
  private *discard(pen: Pen, page: number): Script {
    this.stored[page] = STORED.whole;
    pen.free(this.blobs[page]!);
    this.blobs[page] = NO_OBJECT;
    yield;
    if (this.descriptors[page] === NO_OBJECT) {
      return;
    }
    pen.free(this.descriptors[page]!);
    this.descriptors[page] = NO_OBJECT;
    yield;
  }

  /** The frame for a page that gets one of its own again. */
  private *takeFrame(pen: Pen, page: number): Script {
    if (this.values.frames === 'no') {
      return;
    }
    pen.allocate(PAGE_BYTES, PAGE_BYTES, this.sites.frame, this.pageCall);
    this.frames[page] = pen.id;
    yield;
  }

  /** Frames that guests had from the start are no objects of the trace. */
  private *giveFrame(pen: Pen, page: number): Script {
    if (this.frames[page] === NO_OBJECT) {
      return;
    }
    pen.free(this.frames[page]!);
    this.frames[page] = NO_OBJECT;
    yield;
  }
}

function quotasOf({ pages, zero, duplicates, copies, patchable, patches }: GuestPageValues): Quotas {
  const zeroPages = share(pages, zero, 100);
  const copyPages = Math.min(share(pages, duplicates, 100), pages - zeroPages);
  const unique = pages - zeroPages - copyPages;
  const distinct = unique + Math.ceil(copyPages / copies) + Math.min(zeroPages, 1);
  const patched = Math.min(share(distinct, patchable, 1000), unique);
  const { accepted, refusedWeight } = patchSizes[patches];
  const acceptedWeight = accepted.weights.reduce((sum, weight) => sum + weight, 0);
  const tooLarge = Math.min(share(patched, refusedWeight, acceptedWeight), unique - patched);
  return {
    zero: zeroPages,
    copy: copyPages,
    patchable: patched,
    tooLarge,
    reference: unique - patched - tooLarge,
    distinct,
  };
}

/** `count`·numerator/denominator to the nearest whole number. */
const share = (count: number, numerator: number, denominator: number): number =>
  Math.floor((2 * count * numerator + denominator) / (2 * denominator));

function shuffledKinds(quotas: Quotas, pages: number, stream: RandomStream): Uint8Array {
  const kinds = new Uint8Array(pages);
  let next = 0;
  for (const name of ['zero', 'copy', 'patchable', 'tooLarge', 'reference'] as const) {
    kinds.fill(KIND[name], next, next + quotas[name]);
    next += quotas[name];
  }
  stream.shuffle(kinds);
  return kinds;
}
