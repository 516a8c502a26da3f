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
import { holds, metricsOf, partText, witnessOf, type Property } from './property';
import { Trials, type TrialPlan, type Tried } from './trial';

/**
 * The smallest trace that still shows a property: delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002) over objects, with halves of them first, then over single events; sizes become round
 * numbers, objects are numbered anew. All of it again, until nothing changes.
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

export interface Shrunk {
  readonly list: EventList;
  /** What the shortest trace comes to. */
  readonly tried: Tried;
  readonly trials: number;
  /** Whether no object could be left out; false where the trials were used up before that was known. */
  readonly isMinimal: boolean;
}

/** Rejects with a `UsageError` where the trace does not show the property to begin with. */
export async function shrink(plan: ShrinkPlan): Promise<Shrunk> {
  return new Shrinking(plan).run();
}

class Shrinking {
  private readonly trials: Trials;
  private events: readonly TraceEvent[];
  private latest: Tried | undefined;

  constructor(private readonly plan: ShrinkPlan) {
    this.trials = new Trials(plan, metricsOf(plan.property));
    this.events = plan.list.events;
  }

  async run(): Promise<Shrunk> {
    await this.expectProperty();
    await this.cutBehindWitness();
    let isMinimal = false;
    for (let before: readonly TraceEvent[] = []; before !== this.events && this.mayTry;) {
      before = this.events;
      await this.leaveOut(unitsOf(this.events));
      await this.leaveOut(this.events.flatMap((event, position) => (isBeginning(event) ? [] : [[position]])));
      await this.simplifyColumns();
      await this.roundSizes();
      isMinimal = before === this.events && this.mayTry;
    }
    const list = { events: renumbered(this.events), texts: this.plan.list.texts };
    const tried = await this.trials.of(this.plan.traceOf(list));
    return { list, tried: tried!, trials: this.trials.count, isMinimal };
  }

  private get mayTry(): boolean {
    const { trialsMax, accessesMax = Infinity } = this.plan;
    return this.trials.count < trialsMax && this.trials.accesses < accessesMax;
  }

  private async expectProperty(): Promise<void> {
    const { property, list, traceOf } = this.plan;
    const tried = await this.trials.of(traceOf(list));
    if (tried === undefined || !holds(property, tried)) {
      throw new UsageError({
        where: '--keep',
        problem: `the trace does not show ${property.text}${tried === undefined ? '' : foundText(property, tried)}`,
        expected: 'a property that it has to begin with',
      });
    }
    this.latest = tried;
  }

  /** What comes after the operation that shows the property is seldom needed. */
  private async cutBehindWitness(): Promise<void> {
    const witness = witnessOf(this.plan.property, this.latest!);
    if (witness !== undefined && witness + 1 < this.events.length) {
      await this.accept(this.events.slice(0, witness + 1));
    }
  }

  /** Takes a shorter or simpler trace if it shows the property still. */
  private async accept(events: readonly TraceEvent[]): Promise<boolean> {
    if (!this.mayTry) {
      return false;
    }
    const { property, list, traceOf, tried: tell } = this.plan;
    const tried = await this.trials.of(traceOf({ events, texts: list.texts }));
    await tell?.(this.trials.count);
    if (tried === undefined || !holds(property, tried)) {
      return false;
    }
    this.events = events;
    this.latest = tried;
    return true;
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
  while (power < size) power *= 2;
  return power;
};

const isPowerOfTwo = (size: number): boolean => roundest(size) === size;

/** How round a number is: the largest power of two that divides it; powers of two are roundest, all alike. */
const roundness = (size: number): number => {
  let power = 1;
  while (size % (power * 2) === 0) power *= 2;
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

export const propertyText = ({ parts }: Property): string => parts.map(partText).join(' and ');
