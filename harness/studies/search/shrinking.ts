import { UsageError } from '../../../traces/input-error';
import { NO_TEXT, OP, type TraceEvent } from '../../../traces/trace';
import {
  changed,
  isBeginning,
  renumbered,
  saysMore,
  unitsOf,
  type EventList,
  type TraceOf,
} from './event-list';
import { holds, metricsOf, witnessOf, type Property } from './property';
import { Trials, type TrialPlan, type Tried } from './trial';

/**
 * The smallest trace that still shows a property: delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002) over objects, with halves of them first, then over single events; sizes become round
 * numbers, frees come in order, objects are numbered anew. All of it again, until nothing changes.
 */

export interface ShrinkPlan extends TrialPlan {
  readonly list: EventList;
  readonly property: Property;
  readonly traceOf: TraceOf;
  /** No more traces than these are tried. */
  readonly trialsMax: number;
  /** Nor more where all of them came to so many accesses. */
  readonly accessesMax?: number;
  /** Told of every trial; waited for, so that whoever runs this can hear what happens meanwhile. */
  readonly tried?: (trials: number) => Promise<void>;
}

export interface Shrunk extends Shortest {
  /** What the shortest trace comes to. */
  readonly tried: Tried;
}

/** Rejects with a `UsageError` where the trace does not show the property to begin with. */
export async function shrink(plan: ShrinkPlan): Promise<Shrunk> {
  const { property, list, traceOf, trialsMax, accessesMax = Infinity, tried: tell } = plan;
  const trials = new Trials(plan, metricsOf(property));
  let latest: Tried | undefined;
  const shows = async (some: EventList): Promise<Shown> => {
    const tried = await trials.of(traceOf(some));
    await tell?.(trials.count);
    if (tried === undefined || !holds(property, tried)) {
      latest ??= tried;
      return { holds: false };
    }
    latest = tried;
    const witness = witnessOf(property, tried);
    return { holds: true, ...(witness !== undefined && { witness }) };
  };
  const mayTry = () => trials.count < trialsMax && trials.accesses < accessesMax;
  const shortest = await shortestOf(list, shows, mayTry);
  if (shortest === undefined) {
    throw new UsageError({
      where: '--keep',
      problem: `the trace does not show ${property.text}${latest === undefined ? '' : foundText(property, latest)}`,
      expected: 'a property that it has to begin with',
    });
  }
  const tried = await trials.of(traceOf(shortest.list));
  return { ...shortest, tried: tried! };
}

/** Whether a trace shows what is looked for, and at which operation. */
export interface Shown {
  readonly holds: boolean;
  readonly witness?: number;
}

export interface Shortest {
  readonly list: EventList;
  readonly trials: number;
  /** Whether no object could be left out; false where the trials were used up before that was known. */
  readonly isMinimal: boolean;
}

/** The shortest that was found by leaving out and rounding; undefined where the list itself does not show it. */
export async function shortestOf(
  list: EventList,
  shows: (list: EventList) => Promise<Shown>,
  mayTry: () => boolean,
): Promise<Shortest | undefined> {
  return new Shortening(list, shows, mayTry).run();
}

class Shortening {
  private events: readonly TraceEvent[];
  private trials = 0;

  constructor(
    private readonly list: EventList,
    private readonly shows: (list: EventList) => Promise<Shown>,
    private readonly mayTryMore: () => boolean,
  ) {
    this.events = list.events;
  }

  async run(): Promise<Shortest | undefined> {
    const shown = await this.try(this.events);
    if (!shown.holds) {
      return undefined;
    }
    await this.cutBehind(shown.witness);
    this.events = renumbered(this.events);
    let isMinimal = false;
    for (let before: readonly TraceEvent[] = []; before !== this.events && this.mayTry;) {
      before = this.events;
      await this.simplifyColumns();
      await this.orderFrees();
      await this.leaveOut(unitsOf(this.events));
      await this.leaveOut(this.events.flatMap((event, position) => (isBeginning(event) ? [] : [[position]])));
      await this.roundSizes();
      isMinimal = before === this.events && this.mayTry;
    }
    const { texts } = this.list;
    return { list: { events: renumbered(this.events), texts }, trials: this.trials, isMinimal };
  }

  private get mayTry(): boolean {
    return this.mayTryMore();
  }

  /** What comes after the operation that shows the property is seldom needed. */
  private async cutBehind(witness: number | undefined): Promise<void> {
    if (witness !== undefined && witness + 1 < this.events.length) {
      await this.accept(this.events.slice(0, witness + 1));
    }
  }

  private try(events: readonly TraceEvent[]): Promise<Shown> {
    this.trials++;
    return this.shows({ events, texts: this.list.texts });
  }

  /** Takes a shorter or simpler trace if it shows the property still. */
  private async accept(events: readonly TraceEvent[]): Promise<boolean> {
    if (!this.mayTry) {
      return false;
    }
    const { holds: isShown } = await this.try(events);
    if (isShown) {
      this.events = events;
    }
    return isShown;
  }

  /**
   * Leaves out what the property does not need of these units, many at once first. Ends when each that is left has been
   * tried alone since the last one was left out.
   */
  private async leaveOut(units: readonly (readonly number[])[]): Promise<void> {
    const all = this.events;
    let kept = [...units];
    const fixed = new Set(all.keys());
    units.flat().forEach((position) => fixed.delete(position));
    const without = (start: number, count: number) => [...kept.slice(0, start), ...kept.slice(start + count)];
    const eventsOf = (some: readonly (readonly number[])[]) => {
      const positions = new Set([...fixed, ...some.flat()]);
      return all.filter((_, position) => positions.has(position));
    };
    for (let count = Math.max(1, kept.length >> 1); this.mayTry; count = Math.max(1, count >> 1)) {
      let isShorter = false;
      // From the end: what comes last is needed by nothing after it.
      for (let end = kept.length; end > 0 && this.mayTry; end = Math.min(end - count, kept.length)) {
        const start = Math.max(0, end - count);
        const fewer = without(start, end - start);
        if (await this.accept(eventsOf(fewer))) {
          kept = fewer;
          isShorter = true;
        }
      }
      if (count === 1 && !isShorter) {
        return;
      }
    }
  }

  /** Alignments, sites and the like go where they do not matter. */
  private async simplifyColumns(): Promise<void> {
    const bare = { cpu: 0, site: NO_TEXT, call: NO_TEXT, value: NO_TEXT };
    if (this.events.some((event) => saysMore(event) && event.op !== OP.fill && event.op !== OP.overrun)) {
      await this.accept(
        this.events.map((event) =>
          event.op === OP.fill || event.op === OP.overrun ? event : changed(event, bare),
        ),
      );
    }
    if (this.events.some(({ op, align }) => align !== 0 && op !== OP.alignedalloc)) {
      await this.accept(
        this.events.map((event) => (event.op === OP.alignedalloc ? event : changed(event, { align: 0 }))),
      );
    }
  }

  /** Objects that go one after the other go in the order of their birth, where any order will do. */
  private async orderFrees(): Promise<void> {
    const ordered = withOrderedFrees(this.events);
    if (ordered.some((event, position) => event !== this.events[position])) {
      await this.accept(ordered);
    }
  }

  /** One size for all, or else a round number for each; those asked for most often first. */
  private async roundSizes(): Promise<void> {
    const sizes = sizesOf(this.events);
    if (sizes.length > 1) {
      for (const size of [sizes[0]!, Math.max(...sizes), Math.min(...sizes)]) {
        if (await this.resize(() => roundest(size))) {
          break;
        }
        if (await this.resize(() => size)) {
          break;
        }
      }
    }
    if (sizesOf(this.events).length > SIZES_ROUNDED_MAX) {
      for (const multiple of ROUND_MULTIPLES) {
        if (await this.resize((size) => Math.ceil(size / multiple) * multiple)) {
          break;
        }
      }
    }
    for (const size of sizesOf(this.events).slice(0, SIZES_ROUNDED_MAX)) {
      for (const rounder of rounderThan(size)) {
        if (await this.resize((each) => (each === size ? rounder : each))) {
          break;
        }
      }
    }
  }

  private resize(sizeOf: (size: number) => number): Promise<boolean> {
    const events = this.events.map((event) => {
      const size = hasSize(event) ? sizeOf(event.size) : event.size;
      return size === event.size ? event : changed(event, { size });
    });
    const isChanged = events.some((event, position) => event !== this.events[position]);
    return isChanged ? this.accept(events) : Promise.resolve(false);
  }
}

/** More different sizes than these are rounded all alike. */
const SIZES_ROUNDED_MAX = 64;
const ROUND_MULTIPLES = [4096, 1024, 256, 64, 16];

const hasSize = (event: TraceEvent): boolean => isBeginning(event) || event.op === OP.realloc;

/** The events with the objects of each row of frees in the order of their numbers. */
function withOrderedFrees(events: readonly TraceEvent[]): TraceEvent[] {
  const ordered = [...events];
  for (let start = 0; start < events.length; start++) {
    let end = start;
    while (events[end]?.op === OP.free) {
      end++;
    }
    const row = events.slice(start, end).sort((a, b) => a.id - b.id);
    ordered.splice(start, row.length, ...row);
    start = end;
  }
  return ordered;
}

/** The sizes asked for, most frequent first, smaller first among equals. */
function sizesOf(events: readonly TraceEvent[]): number[] {
  const counts = new Map<number, number>();
  for (const event of events) {
    if (hasSize(event)) {
      counts.set(event.size, (counts.get(event.size) ?? 0) + 1);
    }
  }
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b).map(([size]) => size);
}

/** The power of two at or above a size. */
const roundest = (size: number): number => {
  let power = 1;
  while (power < size) {
    power *= 2;
  }
  return power;
};

const isPowerOfTwo = (size: number): boolean => roundest(size) === size;

/** How round a number is: the largest power of two that divides it; powers of two are roundest, all alike. */
const roundness = (size: number): number => {
  let power = 1;
  while (size % (power * 2) === 0) {
    power *= 2;
  }
  return power === size ? Infinity : power;
};

/** Rounder numbers near a size, the roundest first. */
function rounderThan(size: number): number[] {
  if (size === 0 || isPowerOfTwo(size)) {
    return [];
  }
  const near = new Set<number>();
  for (let power = 1; power < 2 * size; power *= 2) {
    near.add(Math.floor(size / power) * power);
    near.add(Math.ceil(size / power) * power);
  }
  near.delete(0);
  const found = [...near].map((each) => ({ each, round: roundness(each) }));
  return found
    .filter(({ round }) => round > roundness(size))
    .sort((a, b) => (a.round === b.round ? a.each - b.each : b.round - a.round))
    .map(({ each }) => each);
}

/** What the metrics of the property are instead. */
function foundText(property: Property, { outcome, values }: Tried): string {
  const found = property.parts.map((part) =>
    part.kind === 'outcome'
      ? `outcome ${outcome.kind}`
      : `${part.metric} is ${values[part.metric]?.value ?? 'n/a'}`,
  );
  return `: ${found.join(', ')}`;
}
