import { RandomStream } from '../random';
import { OP, type TraceEvent } from '../trace';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import type { EventGenerator } from './source';
import { sizeRefusal } from './sizes';

/**
 * What all storms share: a heap is filled with objects whose sizes lie between two bounds, then one object dies and
 * another is born, over and over, and at last all die, if asked for.
 */

const LIVE_MAX = 10_000_000;
const SIZE_MAX = 1 << 30;

/** Which object dies next: the oldest, the youngest, or any. */
export const deathOrder = choice('which object dies next', 'random', ['fifo', 'lifo', 'random']);

export const stormParameters = (sizes: { readonly smallest: number; readonly largest: number }) => ({
  live: integer('objects that live at once', 'objects', 1000, { from: 1, to: LIVE_MAX }),
  ops: integer('pairs of a free and an allocation after the build', 'pairs', 4000, { from: 0, to: 1e12 }),
  order: deathOrder,
  drain: yesOrNo('free everything at the end', 'yes'),
  smallest: integer('smallest size', 'bytes', sizes.smallest, { from: 0, to: SIZE_MAX }),
  largest: integer('largest size', 'bytes', sizes.largest, { from: 0, to: SIZE_MAX }),
  align: integer('alignment asked for: 0 (the engine’s own) or a power of two', 'bytes', 0, {
    from: 0,
    to: 4096,
  }),
});

export type StormValues = ValuesOf<ReturnType<typeof stormParameters>>;

/** Why these values make no storm. */
export function stormRefusal(values: StormValues) {
  const { align } = values;
  return (align & (align - 1)) === 0
    ? sizeRefusal(values)
    : { problem: `parameter align is "${align}"`, expected: '0 or a power of two up to 4096' };
}

/** The generator of a storm whose sizes are any between its bounds, each as likely. */
export const storm = (values: StormValues, seed: number): StormGenerator =>
  new StormGenerator(values, values.align, (sizes) => sizes.between(values.smallest, values.largest), seed);

/** Makes the events of a storm; its state is the ids of the live objects. */
export class StormGenerator implements EventGenerator {
  private readonly sizes: RandomStream;
  private readonly victims: RandomStream;
  /** Ids of the live objects. A newborn takes the place of the dead, so that `fifo` and `lifo` are places as well. */
  private readonly ids: Float64Array;
  private liveCount = 0;
  private nextId = 0;
  private pairsDone = 0;
  /** The place that the object freed last left to the next one, while a pair is half done. */
  private vacancy = -1;

  constructor(
    private readonly storm: Pick<StormValues, 'live' | 'ops' | 'order' | 'drain'>,
    private readonly align: number,
    private readonly drawSize: (sizes: RandomStream) => number,
    seed: number,
  ) {
    this.sizes = new RandomStream(seed, 'sizes');
    this.victims = new RandomStream(seed, 'victims');
    this.ids = new Float64Array(storm.live);
  }

  next(event: TraceEvent): boolean {
    if (this.nextId < this.storm.live) {
      this.bear(event, this.liveCount++);
    } else if (this.vacancy >= 0) {
      this.replace(event);
    } else if (this.pairsDone < this.storm.ops) {
      this.kill(event);
    } else if (this.storm.drain === 'yes' && this.liveCount > 0) {
      this.drainOne(event);
    } else {
      return false;
    }
    return true;
  }

  private bear(event: TraceEvent, place: number): void {
    this.ids[place] = this.nextId;
    event.set(OP.alloc, this.nextId++, this.drawSize(this.sizes), this.align);
  }

  private kill(event: TraceEvent): void {
    this.vacancy = this.victimPlace();
    event.set(OP.free, this.ids[this.vacancy]!, 0, 0);
  }

  private replace(event: TraceEvent): void {
    this.bear(event, this.vacancy);
    this.vacancy = -1;
    this.pairsDone++;
  }

  private victimPlace(): number {
    const { live, order } = this.storm;
    if (order === 'random') {
      return this.victims.below(live);
    }
    return order === 'lifo' ? live - 1 : this.pairsDone % live;
  }

  private drainOne(event: TraceEvent): void {
    const { live, order, ops } = this.storm;
    if (order === 'fifo') {
      const freed = live - this.liveCount--;
      event.set(OP.free, this.ids[((ops % live) + freed) % live]!, 0, 0);
      return;
    }
    const place = order === 'random' ? this.victims.below(this.liveCount) : this.liveCount - 1;
    event.set(OP.free, this.ids[place]!, 0, 0);
    this.ids[place] = this.ids[--this.liveCount]!;
  }
}
