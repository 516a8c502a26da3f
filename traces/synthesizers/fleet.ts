import { RandomStream } from '../random';
import distributions from './data/fleet.json';
import { integer, yesOrNo, type ValuesOf } from './parameters';
import { freeRow, ScriptedGenerator, type Pen, type Script } from './script';
import { defineSynthesizer } from './synthesizer';

/**
 * What the programs of a large fleet ask of their allocator: ten published distributions of allocation rates and live
 * objects by size. A mean lifetime follows for each size: its live objects divided by its rate (Little's law).
 *
 * Numbers are dealt and not drawn: whatever the seed, every range of sizes has its share of the allocations to within
 * one object, and in every block nearly so; the order in a block is random. A size keeps as many objects as its share
 * of the heap holds: each newcomer sends one away at random. A share that is no whole number of objects is kept for a
 * part of the time between two newcomers.
 */
const parameters = {
  set: integer('which of the distributions', 'sets', 0, { from: 0, to: distributions.length - 1 }),
  heap: integer('live memory, on average', 'KiB', 32_768, { from: 1, to: 1e9 }),
  ops: integer('allocations after the build', 'allocations', 102_400, { from: 0, to: 1e12 }),
  largest: integer('sizes above are left out', 'bytes', 262_144, { from: 1, to: 1 << 20 }),
  drain: yesOrNo('free everything at the end, oldest first', 'yes'),
};

export const fleet = defineSynthesizer({
  name: 'fleet',
  summary: 'allocation rates and lifetimes by size of a large fleet, ten sets',
  sources: [
    'google/fleetbench (Apache-2.0), fleetbench/tcmalloc/distributions of July 2026 (703e5e55): rate of allocation ' +
      'and live objects for every size, of ten groups of programs, here in parts of 10^9 and up to 1 MiB',
  ],
  category: 'model',
  adaptive: false,
  parameters,
  refusal: (values) => {
    const rows = rowsOf(values);
    const isEmpty = rows.every(([, weight]) => weight === 0) || rows.every(([, , live]) => live === 0);
    return isEmpty
      ? { problem: `set ${values.set} has no sizes up to ${values.largest}`, expected: 'a larger largest' }
      : undefined;
  },
  generate: (values, seed) => new ScriptedGenerator((pen) => program(pen, values, seed)),
});

type Values = ValuesOf<typeof parameters>;

/** One size: how often it is asked for, and how many of it live. */
interface Bin {
  readonly sizeBytes: number;
  /** Among all allocations. */
  readonly allocations: number;
  /** Always alive. */
  readonly objects: number;
  /** Allocations of any size for which each newcomer is one more. */
  readonly extraFor: number;
  /** Of the share that is no whole number, what is alive at the start: one object or none. */
  readonly extraAtStart: number;
}

/** Allocations between two moments at which every size has had its share. */
const BLOCK = 1024;

function rowsOf({ set, largest }: Values): (readonly [sizeBytes: number, weight: number, live: number])[] {
  return distributions[set]!.flatMap(([sizeBytes, weight, live]) =>
    sizeBytes! <= largest ? [[sizeBytes!, weight!, live!] as const] : [],
  );
}

function binsOf(values: Values, seed: number): Bin[] {
  const rows = rowsOf(values);
  const total = BigInt(sum(rows.map(([, weight]) => weight)));
  const liveBytes = rows.reduce((bytes, [size, , live]) => bytes + BigInt(size) * BigInt(live), 0n);
  const shares = rows.map(([, , live]) => BigInt(live) * BigInt(values.heap) * 1024n);
  const phases = new RandomStream(seed, 'phases');
  const allocations = dealt(
    rows.map(([, weight]) => BigInt(weight) * BigInt(values.ops)),
    total,
    phases.below(PHASES),
  );
  const extras = dealt(
    shares.map((share) => share % liveBytes),
    liveBytes,
    phases.below(PHASES),
  );
  return rows.map(([sizeBytes, weight], bin) => ({
    sizeBytes,
    allocations: allocations[bin]!,
    objects: Number(shares[bin]! / liveBytes),
    extraFor:
      weight === 0 ? Infinity : Number(((shares[bin]! % liveBytes) * total) / (liveBytes * BigInt(weight))),
    extraAtStart: extras[bin]!,
  }));
}

const PHASES = 0x1_0000_0000;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/**
 * Parts over `whole` as whole numbers: those of any row of neighbours come to their sum to within one. Where each is
 * rounded up or down depends on the phase alone.
 */
function dealt(parts: readonly bigint[], whole: bigint, phase: number): number[] {
  let before = 0n;
  let position = (whole * BigInt(phase)) / BigInt(PHASES);
  return parts.map((part) => {
    position += part;
    const count = position / whole - before;
    before += count;
    return Number(count);
  });
}

function* program(pen: Pen, values: Values, seed: number): Script {
  const bins = binsOf(values, seed);
  const heap = new LiveObjects(pen, bins, seed);
  yield* heap.build();
  const dealer = new Dealer(bins, values.ops, seed);
  for (let allocations = 0; allocations < values.ops; allocations++) {
    yield* heap.replace(dealer.next(), allocations);
  }
  if (values.drain === 'yes') {
    yield* heap.drain();
  }
}

/** The objects of each size, and those that are to go by themselves. */
class LiveObjects {
  private readonly ids: number[][];
  /** Sizes of which one object goes before the allocation of that number. */
  private readonly leaving = new Map<number, number[]>();
  private readonly victims: RandomStream;

  constructor(
    private readonly pen: Pen,
    private readonly bins: readonly Bin[],
    private readonly seed: number,
  ) {
    this.ids = bins.map(() => []);
    this.victims = new RandomStream(seed, 'victims');
  }

  /** As it is at any moment of a program that has run for long. */
  *build(): Script {
    const ages = new RandomStream(this.seed, 'ages');
    const all = this.bins.flatMap(({ objects, extraAtStart, extraFor }, bin) => {
      if (extraAtStart > 0 && extraFor < Infinity) {
        this.leaveAt(ages.below(extraFor + 1), bin);
      }
      return new Array<number>(objects + extraAtStart).fill(bin);
    });
    new RandomStream(this.seed, 'order of the build').shuffle(all);
    for (const bin of all) {
      yield* this.allocate(bin);
    }
  }

  /** A newcomer of a size; when its own time is over one of its size goes. */
  *replace(bin: number, now: number): Script {
    for (const other of this.leaving.get(now) ?? []) {
      yield* this.free(other);
    }
    this.leaving.delete(now);
    yield* this.allocate(bin);
    const { extraFor } = this.bins[bin]!;
    if (extraFor === 0) {
      yield* this.free(bin);
    } else {
      this.leaveAt(now + extraFor, bin);
    }
  }

  *drain(): Script {
    const left = this.ids.flat().sort((a, b) => a - b);
    for (const id of left) {
      yield* freeRow(this.pen, id, 1);
    }
  }

  private leaveAt(allocation: number, bin: number): void {
    const others = this.leaving.get(allocation);
    if (others === undefined) {
      this.leaving.set(allocation, [bin]);
    } else {
      others.push(bin);
    }
  }

  private *allocate(bin: number): Script {
    this.pen.allocate(this.bins[bin]!.sizeBytes);
    this.ids[bin]!.push(this.pen.id);
    yield;
  }

  private *free(bin: number): Script {
    const ids = this.ids[bin]!;
    const index = this.victims.below(ids.length);
    const last = ids.pop()!;
    const id = index < ids.length ? ids[index]! : last;
    if (index < ids.length) {
      ids[index] = last;
    }
    this.pen.free(id);
    yield;
  }
}

/** Deals sizes, block by block. */
class Dealer {
  private readonly order: RandomStream;
  /** What each size is owed, in parts of an object: so many as there are allocations. */
  private readonly owed: number[];
  private left: number;
  private block: number[] = [];

  constructor(
    private readonly bins: readonly Bin[],
    private readonly ops: number,
    seed: number,
  ) {
    this.order = new RandomStream(seed, 'order');
    this.left = ops;
    // Rare sizes come at any time, not all of them after the same while.
    const whiles = new RandomStream(seed, 'whiles');
    this.owed = bins.map(() => (ops === 0 ? 0 : whiles.below(ops)));
  }

  next(): number {
    while (this.block.length === 0) {
      this.fill();
    }
    return this.block.pop()!;
  }

  private fill(): void {
    const { ops, owed } = this;
    const length = Math.min(BLOCK, this.left);
    this.left -= length;
    this.block = this.bins.flatMap(({ allocations }, bin) => {
      const due = owed[bin]! + allocations * length;
      const count = Math.floor(due / ops);
      owed[bin] = due - count * ops;
      return new Array<number>(count).fill(bin);
    });
    this.order.shuffle(this.block);
  }
}
