import { OP, TextTable, TraceEvent } from '../../../traces/trace';
import { RandomStream } from '../../../traces/random';
import type { EventList } from './event-list';
import { isBeginning } from './event-list';
import type { Amount, FreeOrder, Genome, Phase, Selection, Sizes, Victim } from './genome';

/** From a genome to the events of a trace, within a budget. */

export interface Budget {
  readonly events: number;
  readonly liveBytes: number;
  /** The largest request. */
  readonly requestBytes: number;
  /** Every request is a multiple of it, rounded up. */
  readonly unitBytes: number;
}

/** A budget of so many thousandths; requests stay as large as they may be. */
export const scaledBudget = ({ events, liveBytes, ...requests }: Budget, perMille: number): Budget => ({
  events: Math.max(EVENTS_MIN, Math.floor((events * perMille) / 1000)),
  liveBytes: Math.max(1, Math.floor((liveBytes * perMille) / 1000)),
  ...requests,
});

const EVENTS_MIN = 16;

/** Traces to quote from, by name. */
export type Quotable = ReadonlyMap<string, EventList>;

interface LiveObject {
  readonly id: number;
  readonly size: number;
}

const NO_TEXTS = new TextTable();

export function expand(genome: Genome, budget: Budget, quotable: Quotable): EventList {
  const program = new Program(budget, quotable);
  program.run(genome.phases);
  return { events: program.events, texts: NO_TEXTS };
}

class Program {
  readonly events: TraceEvent[] = [];
  /** In the order of birth. */
  private live: LiveObject[] = [];
  private liveBytes = 0;
  private nextId = 0;
  /** The first id of the latest allocations. */
  private latestId = 0;
  /** What sizes are multiplied by, in the rounds of a repetition. */
  private numerator = 1;
  private denominator = 1;

  constructor(
    private readonly budget: Budget,
    private readonly quotable: Quotable,
  ) {}

  run(phases: readonly Phase[]): void {
    for (const phase of phases) {
      if (this.eventsLeft <= 0) {
        return;
      }
      this.runPhase(phase);
    }
  }

  private runPhase(phase: Phase): void {
    switch (phase.kind) {
      case 'allocate':
        return this.allocateMany(phase.amount, phase.sizes, phase.align);
      case 'free':
        return this.freeMany(phase.which, phase.order, phase.seed);
      case 'replace':
        return this.replaceMany(phase.amount, phase.sizes, phase.victim, phase.seed);
      case 'resize':
        return this.resizeMany(phase.which, phase.sizes);
      case 'repeat':
        return this.repeat(phase);
      case 'excerpt':
        return this.quote(phase);
    }
  }

  private get eventsLeft(): number {
    return this.budget.events - this.events.length;
  }

  private countOf(amount: Amount): number {
    switch (amount.kind) {
      case 'count':
        return amount.count;
      case 'share':
        return Math.max(1, Math.floor((this.budget.events * amount.perMille) / 1000));
      case 'fill':
        return Math.max(1, this.eventsLeft >> 1);
    }
  }

  private sizeAt({ bytes: own, step }: Sizes, index: number): number {
    const round = Math.floor(index / own.length);
    const size = own[index % own.length]! + round * step;
    const scaled = Math.floor((size * this.numerator) / this.denominator);
    const { requestBytes, liveBytes, unitBytes } = this.budget;
    const bytes = Math.max(1, Math.min(scaled, requestBytes, liveBytes));
    return Math.ceil(bytes / unitBytes) * unitBytes;
  }

  private allocateMany(amount: Amount, sizes: Sizes, align: number): void {
    this.latestId = this.nextId;
    for (let index = 0, left = this.countOf(amount); left > 0; index++, left--) {
      if (!this.allocate(this.sizeAt(sizes, index), align)) {
        return;
      }
    }
  }

  /** Whether there was room for it. */
  private allocate(size: number, align = 0): boolean {
    if (this.eventsLeft <= 0 || this.liveBytes + size > this.budget.liveBytes) {
      return false;
    }
    const id = this.nextId++;
    this.write(OP.alloc, id, size, align);
    this.live.push({ id, size });
    this.liveBytes += size;
    return true;
  }

  private selected({ group, every, offset, perMille }: Selection): LiveObject[] {
    const { live, latestId } = this;
    const candidates =
      group === 'all' ? live : live.filter(({ id }) => id >= latestId === (group === 'latest'));
    const some = candidates.filter((_, index) => index % every === offset % every);
    return some.slice(0, Math.ceil((some.length * perMille) / 1000));
  }

  private freeMany(which: Selection, order: FreeOrder, seed: number): void {
    const objects = this.selected(which);
    if (order === 'newest first') {
      objects.reverse();
    } else if (order === 'random') {
      shuffle(objects, new RandomStream(seed, 'frees'));
    }
    const gone = new Set<number>();
    for (const { id, size } of objects.slice(0, this.eventsLeft)) {
      this.write(OP.free, id, 0, 0);
      this.liveBytes -= size;
      gone.add(id);
    }
    this.live = this.live.filter(({ id }) => !gone.has(id));
  }

  private replaceMany(amount: Amount, sizes: Sizes, victim: Victim, seed: number): void {
    const stream = new RandomStream(seed, 'victims');
    for (let index = 0, left = this.countOf(amount); left > 0 && this.eventsLeft > 1; index++, left--) {
      const { live } = this;
      if (live.length > 0) {
        const at =
          victim === 'oldest' ? 0 : victim === 'newest' ? live.length - 1 : stream.below(live.length);
        const [{ id, size }] = live.splice(at, 1) as [LiveObject];
        this.write(OP.free, id, 0, 0);
        this.liveBytes -= size;
      }
      this.allocate(this.sizeAt(sizes, index));
    }
  }

  private resizeMany(which: Selection, sizes: Sizes): void {
    const resized = new Map<number, number>();
    for (const [index, { id, size }] of this.selected(which).slice(0, this.eventsLeft).entries()) {
      const wanted = this.sizeAt(sizes, index);
      if (this.liveBytes - size + wanted <= this.budget.liveBytes) {
        this.write(OP.realloc, id, wanted, 0);
        this.liveBytes += wanted - size;
        resized.set(id, wanted);
      }
    }
    this.live = this.live.map((object) => ({ ...object, size: resized.get(object.id) ?? object.size }));
  }

  private repeat({ times, numerator, denominator, phases }: Extract<Phase, { kind: 'repeat' }>): void {
    const outer = [this.numerator, this.denominator] as const;
    for (let round = 0; round < times && this.eventsLeft > 0; round++) {
      this.run(phases);
      if (this.numerator * numerator < FACTOR_MAX && this.denominator * denominator < FACTOR_MAX) {
        this.numerator *= numerator;
        this.denominator *= denominator;
      }
    }
    [this.numerator, this.denominator] = outer;
  }

  private quote(phase: Extract<Phase, { kind: 'excerpt' }>): void {
    const quoted = this.quotable.get(phase.trace)?.events ?? [];
    const end = phase.start + Math.floor((this.budget.events * phase.perMille) / 1000);
    const ids = new Map<number, number>();
    const sizes = { bytes: [0], step: 0 };
    const begin = ({ id, size, align }: TraceEvent): void => {
      const scaled = Math.floor((size * phase.numerator) / phase.denominator);
      if (this.allocate(this.sizeAt({ ...sizes, bytes: [scaled] }, 0), align)) {
        ids.set(id, this.nextId - 1);
      }
    };
    this.latestId = this.nextId;
    livingAt(quoted, phase.start).forEach(begin);
    for (const event of quoted.slice(phase.start, end)) {
      const id = ids.get(event.id);
      if (isBeginning(event)) {
        begin(event);
      } else if (id !== undefined && event.op === OP.free) {
        ids.delete(event.id);
        this.freeOne(id);
      }
    }
  }

  private freeOne(id: number): void {
    const at = this.live.findIndex((object) => object.id === id);
    if (at >= 0 && this.eventsLeft > 0) {
      const [{ size }] = this.live.splice(at, 1) as [LiveObject];
      this.write(OP.free, id, 0, 0);
      this.liveBytes -= size;
    }
  }

  private write(op: number, id: number, size: number, align: number): void {
    const event = new TraceEvent();
    event.set(op, id, size, align);
    this.events.push(event);
  }
}

/** Sizes grow no further than this factor in the rounds of a repetition. */
const FACTOR_MAX = 1 << 20;

/** The allocations of the objects that live before an event. */
function livingAt(events: readonly TraceEvent[], before: number): TraceEvent[] {
  const living = new Map<number, TraceEvent>();
  for (const event of events.slice(0, before)) {
    if (isBeginning(event)) {
      living.set(event.id, event);
    } else if (event.op === OP.free) {
      living.delete(event.id);
    }
  }
  return [...living.values()];
}

function shuffle<Item>(items: Item[], stream: RandomStream): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = stream.below(last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
}
