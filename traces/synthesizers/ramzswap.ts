import { RandomStream } from '../random';
import { PageMixture, type PageClass } from './page-contents';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import { freeEach, ScriptedGenerator, type Pen, type Script } from './script';
import { defineSynthesizer } from './synthesizer';

/**
 * A compressed swap disk in memory, as ramzswap (compcache) and later zram: a slot that is written gets an object of
 * its page's compressed size, a slot that the kernel no longer needs loses it at once.
 *
 * Figures: pages above 3/4 of a page are stored as they are (ramzswap), pages of zeros not at all: 6 %, as on a phone
 * in use (3,322 beside 56,631 stored). There 605,508 writes and 545,562 slot-free notices left those 59,953 pages in
 * use, 0.9 frees a write, and no slot was written that was in use; the 1,288,352 reads change no memory and are left
 * out. Our choices: the slots are taken and given back in clusters of 8 to 32 with random restarts; what is swapped
 * is anonymous memory.
 */
const parameters = {
  slots: integer('slots of the disk', 'slots', 16_384, { from: 64, to: 1 << 24 }),
  ops: integer('writes and slot-free notices', 'operations', 100_000, { from: 0, to: 1e12 }),
  zero: integer('writes of pages of zeros', 'per cent', 6, { from: 0, to: 100 }),
  rewrites: integer('writes to slots in use', 'per cent', 0, { from: 0, to: 100 }),
  largest: integer('pages that compress to more are stored as they are', 'bytes', 3072, {
    from: 32,
    to: 4116,
  }),
  population: choice('what the pages hold', 'anonymous', ['anonymous', 'binaries', 'text', 'mixed']),
  drain: yesOrNo('free everything at the end', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const ramzswap = defineSynthesizer({
  name: 'ramzswap',
  summary: 'a compressed swap disk in memory: one object for each slot in use, of its compressed size',
  sources: [
    'ramzswap of Linux 2.6.35: pages above PAGE_SIZE·3/4 stored uncompressed, pages of zeros not stored',
    'statistics of a zram device on a phone: 605,508 writes, 545,562 frees, 5.9 % pages of zeros',
    'own measurement: sizes of compressed pages (LZO1X-1)',
  ],
  category: 'model',
  adaptive: false,
  parameters,
  generate: (values, seed) => new ScriptedGenerator((pen) => new Disk(values, seed).run(pen)),
});

const CLUSTER_SMALLEST = 8;
const CLUSTER_LARGEST = 32;

/** What a slot in use holds where it has no object: a page of zeros, or one stored as it is. */
const NO_OBJECT = -1;
const isObject = (content: number): boolean => content !== NO_OBJECT;

class Disk {
  private readonly operations: RandomStream;
  private readonly pageSizes: RandomStream;
  private readonly population: PageMixture;
  private readonly slots: SlotSet;
  /** The object of each slot in use. */
  private readonly objects: Float64Array;
  private readonly writing: Cluster;
  private readonly freeing: Cluster;

  constructor(
    private readonly values: Values,
    seed: number,
  ) {
    this.operations = new RandomStream(seed, 'operations');
    this.pageSizes = new RandomStream(seed, 'page sizes');
    this.population = populationOf(values.population);
    this.slots = new SlotSet(values.slots);
    this.objects = new Float64Array(values.slots).fill(NO_OBJECT);
    this.writing = new Cluster(this.slots, new RandomStream(seed, 'clusters written'));
    this.freeing = new Cluster(this.slots, new RandomStream(seed, 'clusters freed'));
  }

  *run(pen: Pen): Script {
    for (let left = this.values.ops; left > 0; left--) {
      // One write to 0.9 frees.
      if (this.operations.chance(10, 19)) {
        yield* this.write(pen);
      } else if (this.slots.usedCount > 0) {
        yield* this.vacate(pen, this.freeing.next(true));
      }
    }
    const { drain } = this.values;
    if (drain === 'yes') {
      yield* freeEach(pen, this.objects.filter(isObject));
    }
  }

  private *write(pen: Pen): Script {
    const slot = this.writing.next(this.writesToUsed());
    if (this.slots.isUsed(slot)) {
      yield* this.vacate(pen, slot);
    }
    this.slots.use(slot);
    if (this.operations.chance(this.values.zero, 100)) {
      return;
    }
    const bytes = this.population.draw(this.pageSizes);
    if (bytes > this.values.largest) {
      return;
    }
    pen.allocate(bytes);
    this.objects[slot] = pen.id;
    yield;
  }

  /** Only a full disk is written over, but for the rewrites asked for. */
  private writesToUsed(): boolean {
    const { usedCount, size } = this.slots;
    return usedCount === size || (usedCount > 0 && this.operations.chance(this.values.rewrites, 100));
  }

  private *vacate(pen: Pen, slot: number): Script {
    this.slots.vacate(slot);
    const object = this.objects[slot]!;
    if (object === NO_OBJECT) {
      return;
    }
    this.objects[slot] = NO_OBJECT;
    pen.free(object);
    yield;
  }
}

/** Which slots are in use, so that one in use or one out of use can be drawn at once. */
class SlotSet {
  usedCount = 0;
  /** All slots, those in use first, and where each stands among them. */
  private readonly order: Uint32Array;
  private readonly places: Uint32Array;

  constructor(readonly size: number) {
    this.order = Uint32Array.from({ length: size }, (_, slot) => slot);
    this.places = this.order.slice();
  }

  isUsed(slot: number): boolean {
    return this.places[slot]! < this.usedCount;
  }

  use(slot: number): void {
    this.exchange(slot, this.usedCount++);
  }

  vacate(slot: number): void {
    this.exchange(slot, --this.usedCount);
  }

  /** Any slot in use, or any out of use; there must be one. */
  draw(used: boolean, stream: RandomStream): number {
    return this.order[used ? stream.below(this.usedCount) : stream.between(this.usedCount, this.size - 1)]!;
  }

  private exchange(slot: number, place: number): void {
    const other = this.order[place]!;
    this.order[this.places[slot]!] = other;
    this.places[other] = this.places[slot]!;
    this.order[place] = slot;
    this.places[slot] = place;
  }
}

/** Neighbouring slots, 8 to 32 at most, then others that start at any slot. */
class Cluster {
  private slot = 0;
  private left = 0;

  constructor(
    private readonly slots: SlotSet,
    private readonly stream: RandomStream,
  ) {}

  /** The neighbour of the last slot, or the start of a new cluster where that one is not as wanted. */
  next(used: boolean): number {
    this.slot++;
    this.left--;
    if (this.left <= 0 || this.slot >= this.slots.size || this.slots.isUsed(this.slot) !== used) {
      this.slot = this.slots.draw(used, this.stream);
      this.left = this.stream.between(CLUSTER_SMALLEST, CLUSTER_LARGEST);
    }
    return this.slot;
  }
}

/** `mixed`: as many anonymous pages as all others, our choice. */
function populationOf(population: Values['population']): PageMixture {
  if (population === 'mixed') {
    return new PageMixture({ anonymous: 50, binaries: 40, text: 10 });
  }
  return new PageMixture({ [population]: 1 } satisfies Partial<Record<PageClass, number>>);
}
