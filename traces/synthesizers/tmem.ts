import { RandomStream, WeightTable, zipfWeights } from '../random';
import type { TextTable } from '../trace';
import { PageMixture } from './page-contents';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import { ScriptedGenerator, type Pen, type Script } from './script';
import type { Fact } from './source';
import { defineSynthesizer } from './synthesizer';
import { structureBytes, TmemStore, type Pool } from './tmem-store';

/**
 * Transcendent memory: guests put pages that they would otherwise drop or swap, and the hypervisor keeps them,
 * compressed, as long as it has memory. Each page costs a descriptor, a share of a radix tree and its data.
 *
 * Each client has an ephemeral pool (precache: pages of its files; a get takes the page away) and a persistent one
 * (preswap: a get leaves it). When full, a put first evicts the page put longest ago, of the client itself if it holds
 * more than its share. Every so often memory is asked back: pages are evicted until enough whole pages lie free, which
 * depends on where the allocator had put the pieces, so that this trace is adaptive.
 *
 * From Xen: structure sizes and their order, radix nodes, what is compressed, FIFO eviction. Our choices, where no
 * figures are published: the mix of operations (put 60, get 25 of which half find something, flush of a page 10, of a
 * file 5), precache to preswap 70 to 30, file lengths (lognormal, median 8 pages, σ = 1.5, at most 4096) and Zipf
 * popularity with exponent 0.9, page contents (precache: a fifth text, half binaries, the rest anonymous; preswap:
 * anonymous), the size of a client's swap. Shared pools are not modelled.
 */
const parameters = {
  clients: integer('guests', 'clients', 4, { from: 1, to: 256 }),
  files: integer('files of each guest', 'files', 200, { from: 1, to: 4096 }),
  'swap-pages': integer('pages of each guest’s swap', 'pages', 512, { from: 1, to: 1 << 20 }),
  ops: integer('puts, gets and flushes', 'operations', 60_000, { from: 0, to: 1e12 }),
  capacity: integer('pages kept before puts evict', 'pages', 4096, { from: 1, to: 1 << 24 }),
  duplicates: integer('puts of file pages that may be there already', 'per cent', 5, { from: 0, to: 100 }),
  compress: yesOrNo('compress pages; otherwise only structures are allocated', 'yes'),
  structures: choice('structure sizes without or with debugging sentinels', 'release', ['release', 'debug']),
  frames: yesOrNo('allocate the frames of uncompressed pages too', 'no'),
  'relinquish-every': integer('operations between demands for memory, 0 for none', 'operations', 10_000, {
    from: 0,
    to: 1e12,
  }),
  'relinquish-pages': integer('whole pages demanded at a time', 'pages', 32, { from: 1, to: 1 << 20 }),
  drain: yesOrNo('destroy all pools at the end', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const tmem = defineSynthesizer({
  name: 'tmem',
  summary: 'pages that guests put into the hypervisor, compressed, with their descriptors and radix trees',
  sources: [
    'Xen commit 6009f4ddb2 (26 May 2009), tmem: structure sizes, order of allocations and frees, limits',
    'Xen docs/misc/tmem-internals.html: "large number of sub-page allocations"',
    'own measurement: sizes of compressed pages (LZO1X-1)',
  ],
  category: 'model',
  adaptive: true,
  parameters,
  generate: (values, seed, texts) => new Tmem(values, seed, texts).generator(),
});

/** Operations by weight, in this order. */
const OPERATIONS = new WeightTable([60, 25, 10, 5]);
const PUT = 0;
const GET = 1;
const FLUSH_PAGE = 2;

/** Ends of the classes of file lengths in pages; within a class each length is as likely. */
const LENGTH_ENDS = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4097,
];
/** Millionths of files from each end up to the next: lognormal with median 8 and σ = 1.5. */
const LENGTHS = new WeightTable([
  132_214, 86_827, 71_734, 110_597, 81_468, 112_745, 74_783, 93_367, 55_826, 62_928, 33_881, 34_476, 16_691,
  15_330, 6665, 5526, 2155, 1613, 564, 381, 119, 73, 20,
]);

const RUN_SMALLEST = 8;
const RUN_LARGEST = 32;
const FILE_TRIES = 16;

/** Swap slots spread over 16 objects: slot offset modulo 16 is the object, the rest the index. */
const SWAP_OBJECTS = 16;

interface Client {
  readonly ephemeral: Pool;
  readonly persistent: Pool;
  readonly fileLengths: readonly number[];
  /** Where the next run in each file goes on. */
  readonly nextIndices: Uint16Array;
  /** The file whose pages are being put, and how many more of them. */
  file: number;
  runLeft: number;
  structure: number;
  hostStructure: number;
}

class Tmem {
  private readonly operations: RandomStream;
  private readonly targets: RandomStream;
  private readonly store: TmemStore;
  private readonly clients: readonly Client[];
  private readonly popularity: WeightTable;
  private readonly pageSizes: RandomStream;
  private readonly filePages = new PageMixture({ text: 20, binaries: 50, anonymous: 30 });
  private readonly swapPages = new PageMixture({ anonymous: 1 });
  private readonly hypervisorSite: number;
  private putEvictions = 0;
  private relinquishEvictions = 0;
  private pagesRegained = 0;

  constructor(
    private readonly values: Values,
    seed: number,
    texts: TextTable,
  ) {
    this.operations = new RandomStream(seed, 'operations');
    this.targets = new RandomStream(seed, 'targets');
    this.pageSizes = new RandomStream(seed, 'page sizes');
    this.popularity = new WeightTable(zipfWeights(values.files));
    this.hypervisorSite = texts.intern('xmalloc');
    this.store = new TmemStore({
      structures: structureBytes[values.structures],
      compress: values.compress === 'yes',
      frames:
        values.frames === 'yes'
          ? { site: texts.intern('frame'), call: texts.intern('page_alloc') }
          : undefined,
    });
    const lengths = new RandomStream(seed, 'file lengths');
    this.clients = Array.from({ length: values.clients }, (_, client) => ({
      ephemeral: newPool(client, false, texts.intern('tmem')),
      persistent: newPool(client, true, texts.intern(`tmem-persistent-${client}`)),
      fileLengths: Array.from({ length: values.files }, () => drawLength(lengths)),
      nextIndices: new Uint16Array(values.files),
      file: 0,
      runLeft: 0,
      structure: -1,
      hostStructure: -1,
    }));
  }

  generator(): ScriptedGenerator {
    return new ScriptedGenerator(
      (pen) => this.run(pen),
      () => this.facts(),
    );
  }

  private *run(pen: Pen): Script {
    for (const client of this.clients) {
      yield* this.open(pen, client);
    }
    const { ops, 'relinquish-every': every, drain } = this.values;
    for (let done = 1; done <= ops; done++) {
      yield* this.operate(pen, this.clients[this.operations.below(this.clients.length)]!);
      if (every > 0 && done % every === 0) {
        yield* this.relinquish(pen);
      }
    }
    if (drain === 'no') {
      return;
    }
    for (const client of this.clients) {
      yield* this.close(pen, client);
    }
  }

  private *operate(pen: Pen, client: Client): Script {
    const pool = this.operations.chance(70, 100) ? client.ephemeral : client.persistent;
    const operation = this.operations.pick(OPERATIONS);
    if (operation === PUT) {
      yield* this.put(pen, client, pool);
    } else if (operation === GET) {
      yield* this.get(pen, pool);
    } else if (operation === FLUSH_PAGE) {
      yield* this.dropAny(pen, pool);
    } else {
      yield* this.flushFile(pen, client);
    }
  }

  private *put(pen: Pen, client: Client, pool: Pool): Script {
    if (this.store.pageCount >= this.values.capacity) {
      // A pool of persistent pages only has nothing to evict: the put fails.
      if (this.store.fifo.size === 0) {
        return;
      }
      yield* this.evictFor(pen, client);
      this.putEvictions++;
    }
    if (pool.persistent) {
      const slot = this.targets.below(this.values['swap-pages']);
      const bytes = this.swapPages.draw(this.pageSizes);
      yield* this.store.put(pen, pool, slot % SWAP_OBJECTS, Math.floor(slot / SWAP_OBJECTS), bytes);
    } else {
      const { file, index } = this.nextFilePage(client);
      yield* this.store.put(pen, pool, file, index, this.filePages.draw(this.pageSizes));
    }
  }

  /**
   * Runs of neighbouring pages of popular files, as a guest that reclaims memory drops them. A guest has no reason to
   * put what is there already, but for a few pages.
   */
  private nextFilePage(client: Client): { readonly file: number; readonly index: number } {
    const duplicate = this.operations.chance(this.values.duplicates, 100);
    if (client.runLeft === 0 || this.isWhole(client, client.file)) {
      this.startRun(client);
    }
    const { file } = client;
    const length = client.fileLengths[file]!;
    const pages = client.ephemeral.objects.get(file)?.pages;
    let index = client.nextIndices[file]!;
    if (!duplicate && !this.isWhole(client, file)) {
      while (pages?.has(index)) {
        index = (index + 1) % length;
      }
    }
    client.nextIndices[file] = (index + 1) % length;
    client.runLeft = index + 1 === length ? 0 : client.runLeft - 1;
    return { file, index };
  }

  private startRun(client: Client): void {
    // Popular files are often there as a whole; after some tries one of them will do.
    for (let tries = 0; tries < FILE_TRIES; tries++) {
      client.file = this.targets.pick(this.popularity);
      if (!this.isWhole(client, client.file)) {
        break;
      }
    }
    client.runLeft = this.targets.between(RUN_SMALLEST, RUN_LARGEST);
  }

  private isWhole({ ephemeral, fileLengths }: Client, file: number): boolean {
    return ephemeral.objects.get(file)?.pages.size === fileLengths[file];
  }

  /** Half of the gets find their page. */
  private *get(pen: Pen, pool: Pool): Script {
    if (this.operations.chance(1, 2) && !pool.persistent) {
      yield* this.dropAny(pen, pool);
    }
  }

  private *dropAny(pen: Pen, pool: Pool): Script {
    const { pages } = pool;
    if (pages.length > 0) {
      yield* this.store.drop(pen, pages[this.targets.below(pages.length)]!);
    }
  }

  /** A file is removed, any of them: what is kept of it goes. */
  private *flushFile(pen: Pen, { ephemeral }: Client): Script {
    const object = ephemeral.objects.get(this.targets.below(this.values.files));
    if (object !== undefined) {
      yield* this.store.flushObject(pen, object);
    }
  }

  /** Evicts the client's own oldest page if it holds more than its share, else the oldest of all. */
  private *evictFor(pen: Pen, { ephemeral }: Client): Script {
    const share = Math.floor(this.values.capacity / this.values.clients);
    const own = ephemeral.pages.length > share ? ephemeral.fifo : this.store.fifo;
    for (const oldest of own) {
      return yield* this.store.drop(pen, oldest);
    }
  }

  /** Evicts the oldest pages until as many whole pages lie free as were demanded. */
  private *relinquish(pen: Pen): Script {
    const before = this.wholePagesFreed();
    for (const oldest of this.store.fifo) {
      yield* this.store.drop(pen, oldest);
      this.relinquishEvictions++;
      if (this.wholePagesFreed() - before >= this.values['relinquish-pages']) {
        break;
      }
    }
    this.pagesRegained += this.wholePagesFreed() - before;
  }

  private wholePagesFreed(): number {
    return this.store.pageUse.emptied + this.store.framesFreed;
  }

  private *open(pen: Pen, client: Client): Script {
    const { store } = this;
    const { client: bytes, hostClient: hostBytes } = structureBytes[this.values.structures];
    client.hostStructure = yield* store.take(pen, hostBytes, this.hypervisorSite);
    client.structure = yield* store.take(pen, bytes, client.ephemeral.site);
    yield* store.open(pen, client.ephemeral);
    yield* store.open(pen, client.persistent);
  }

  private *close(pen: Pen, client: Client): Script {
    yield* this.store.close(pen, client.ephemeral);
    yield* this.store.close(pen, client.persistent);
    yield* this.store.release(pen, client.structure);
    yield* this.store.release(pen, client.hostStructure);
  }

  private facts(): readonly Fact[] {
    return [
      { name: 'evictions for puts', value: this.putEvictions, unit: 'pages' },
      { name: 'evictions for memory asked back', value: this.relinquishEvictions, unit: 'pages' },
      { name: 'whole pages regained by them', value: this.pagesRegained, unit: 'pages' },
    ];
  }
}

const newPool = (client: number, persistent: boolean, site: number): Pool => ({
  client,
  persistent,
  site,
  structure: -1,
  objects: new Map(),
  pages: [],
  fifo: new Set(),
});

function drawLength(stream: RandomStream): number {
  const index = stream.pick(LENGTHS);
  return stream.between(LENGTH_ENDS[index]!, LENGTH_ENDS[index + 1]! - 1);
}
