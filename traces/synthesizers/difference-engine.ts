import { RandomStream } from '../random';
import type { TextTable } from '../trace';
import { GuestPages } from './guest-pages';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import { ScriptedGenerator, type Pen, type Script } from './script';
import type { Fact } from './source';
import { defineSynthesizer } from './synthesizer';

/**
 * The memory that Difference Engine takes from a hypervisor's heap: a clock walks the guests' pages and, the longer a
 * page is idle, shares it, stores it as a patch against a similar page, or compresses it. Every patch or compressed
 * page is an object with a descriptor beside it; an access to it rebuilds the page and frees both.
 *
 * Published (trace study, CACM 53(10), 2010, pp. 88–90), and what the defaults give at rest: of 393,120 pages 149,038
 * zero (38 %) and 52,436 copies of 3,577 pages (13 %, about 14 of each); of the 195,224 distinct ones 144,497 (74 %)
 * patched, mean patch 1,070 bytes, none above 2 KB, the others kept as they are for reference or compressed. Our
 * choices, where the papers give none: the idle ages 1, 2 and 4, the hot tenth of each guest's pages that nine in ten
 * accesses go to, three in ten accesses writes, the descriptor, and the mixture of what is compressed.
 *
 * The run rests (no accesses: all pages find their class), is active, and rests again. `storm=yes`: then one guest
 * touches all its pages in address order, and the frees of all its patches follow one another.
 */
const parameters = {
  pages: integer('pages of all guests', 'pages', 16_384, { from: 16, to: 1 << 22 }),
  guests: integer('guests with equal shares of the pages', 'guests', 4, { from: 1, to: 1024 }),
  zero: integer('pages of zeros', 'per cent', 38, { from: 0, to: 100 }),
  duplicates: integer('pages that have copies', 'per cent', 13, { from: 0, to: 100 }),
  copies: integer('copies of each page that has copies', 'pages', 14, { from: 2, to: 1 << 20 }),
  patchable: integer('distinct pages that end up patched', 'thousandths', 740, { from: 0, to: 1000 }),
  patches: choice('sizes of patches: published (cacm) or measured on core images', 'cacm', [
    'cacm',
    'measured',
  ]),
  cutoff: integer('compressed pages of this size and above are not stored', 'bytes', 4064, {
    from: 64,
    to: 4117,
  }),
  descriptor: integer('descriptor of each stored page, 0 for none', 'bytes', 64, { from: 0, to: 4096 }),
  frames: yesOrNo('allocate the page frames of broken sharing and rebuilt pages too', 'no'),
  'scan-rate': integer('pages the clock passes in a second', 'pages', 10_000, { from: 1, to: 1e9 }),
  'access-rate': integer('accesses in a second', 'accesses', 5000, { from: 0, to: 1e9 }),
  seconds: integer('length of the active time', 'seconds', 30, { from: 0, to: 1e6 }),
  storm: yesOrNo('let one guest touch all its pages in address order', 'no'),
  drain: yesOrNo('free everything at the end', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const differenceEngine = defineSynthesizer({
  name: 'difference-engine',
  summary:
    'patches and compressed pages of idle guests, freed when touched: sub-page sharing in a hypervisor',
  sources: [
    'Gupta et al., "Difference Engine: Harnessing Memory Redundancy in Virtual Machines", OSDI 2008 and CACM 53(10), ' +
      '2010, pp. 85–93: fractions of pages, patches and their mean size, the cut-off of 2 KB, the scan rate',
    'own measurement of the pipeline on core images: sizes of compressed pages (LZO1X-1), of measured patches',
  ],
  category: 'model',
  adaptive: false,
  parameters,
  refusal: ({ zero, duplicates }) =>
    zero + duplicates > 100
      ? {
          problem: `zero=${zero} and duplicates=${duplicates} leave no pages`,
          expected: 'at most 100 together',
        }
      : undefined,
  generate: (values, seed, texts) => new DifferenceEngine(values, seed, texts).generator(),
});

/** Idle scans until every page has found its class. */
const SCANS_TO_REST = 4;
const HOT_SHARE = 10;

class DifferenceEngine {
  private readonly choices: RandomStream;
  private readonly pages: GuestPages;
  private resting: readonly Fact[] = [];
  /** Where the clock's hand stands. */
  private hand = 0;

  constructor(
    private readonly values: Values,
    seed: number,
    texts: TextTable,
  ) {
    this.choices = new RandomStream(seed, 'accesses');
    this.pages = new GuestPages(values, seed, texts);
  }

  generator(): ScriptedGenerator {
    return new ScriptedGenerator(
      (pen) => this.run(pen),
      () => this.resting,
    );
  }

  private *run(pen: Pen): Script {
    yield* this.rest(pen);
    yield* this.beActive(pen);
    yield* this.rest(pen);
    this.resting = this.pages.facts();
    if (this.values.storm === 'yes') {
      for (let page = 0; page < this.pagesOfGuest(0); page++) {
        yield* this.pages.access(pen, page, false);
      }
    }
    if (this.values.drain === 'yes') {
      yield* this.pages.release(pen);
    }
  }

  private *rest(pen: Pen): Script {
    // One scan more than it takes: the first may find pages that were touched before it.
    for (let left = (SCANS_TO_REST + 1) * this.values.pages; left > 0; left--) {
      yield* this.scanNext(pen);
    }
  }

  private *beActive(pen: Pen): Script {
    const { seconds, 'scan-rate': scanRate, 'access-rate': accessRate } = this.values;
    let due = 0;
    for (let left = seconds * scanRate; left > 0; left--) {
      yield* this.scanNext(pen);
      for (due += accessRate; due >= scanRate; due -= scanRate) {
        yield* this.pages.access(pen, this.pageToAccess(), this.choices.chance(3, 10));
      }
    }
  }

  private *scanNext(pen: Pen): Script {
    yield* this.pages.scan(pen, this.hand);
    this.hand = (this.hand + 1) % this.values.pages;
  }

  /** Nine in ten accesses go to the first tenth of a guest's pages. */
  private pageToAccess(): number {
    const guest = this.choices.below(this.values.guests);
    const pages = this.pagesOfGuest(guest);
    const hot = Math.floor(pages / HOT_SHARE);
    const offset =
      hot > 0 && this.choices.chance(9, 10) ? this.choices.below(hot) : this.choices.between(hot, pages - 1);
    return this.firstPage(guest) + offset;
  }

  private firstPage(guest: number): number {
    return Math.floor((guest * this.values.pages) / this.values.guests);
  }

  private pagesOfGuest(guest: number): number {
    return this.firstPage(guest + 1) - this.firstPage(guest);
  }
}
