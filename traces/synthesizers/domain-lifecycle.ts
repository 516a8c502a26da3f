import { RandomStream, WeightTable } from '../random';
import type { TextTable } from '../trace';
import { choice, integer, yesOrNo, type ValuesOf } from './parameters';
import { freeEach, ScriptedGenerator, type Pen, type Script } from './script';
import { defineSynthesizer } from './synthesizer';
import { XenDomain } from './xen-domain';
import { XenHeap } from './xen-heap';

/**
 * Xen's use of its own heap while domains come and go: what boot allocates, what the creation of a domain allocates
 * in its order, the temporaries of domain control while it runs, and its destruction in its order.
 *
 * From Xen: structures, sizes, orders, limits, growth of the timer heaps. Our choices: a domain arrives every 20
 * seconds on average and lives for 600 (both exponential), half of them have one virtual processor, three in ten two,
 * then four and eight; three in ten are HVM with shadow paging; one temporary a second for each domain.
 *
 * `frames=yes` adds the pages that Xen takes from its page allocator directly (call `page_alloc`): for engines that
 * tell the two apart.
 */
const parameters = {
  seconds: integer('length', 'seconds', 1800, { from: 0, to: 1e9 }),
  arrival: integer('mean time from one creation to the next', 'milliseconds', 20_000, {
    from: 1,
    to: 1 << 23,
  }),
  lifetime: integer('mean time from creation to destruction', 'milliseconds', 600_000, {
    from: 1,
    to: 1 << 23,
  }),
  hvm: integer('domains that are HVM', 'per cent', 30, { from: 0, to: 100 }),
  cpus: integer('physical processors', 'processors', 4, { from: 1, to: 4096 }),
  control: integer('mean time between temporaries of one domain', 'milliseconds', 1000, {
    from: 1,
    to: 1 << 23,
  }),
  release: choice('structure sizes of 2008 or of 2009', '2008', ['2008', '2009']),
  frames: yesOrNo('hold the allocations of whole pages too', 'no'),
  drain: yesOrNo('destroy all domains and free what boot took at the end', 'yes'),
};

type Values = ValuesOf<typeof parameters>;

export const domainLifecycle = defineSynthesizer({
  name: 'domain-lifecycle',
  summary: 'Xen’s own heap while domains are created, run and destroyed',
  sources: [
    'xen-unstable just before commit 9736b76d82 (October 2008), x86-64, release build: structure sizes as compiled, ' +
      'order of allocations and frees; sizes of 2009 likewise',
  ],
  category: 'model',
  adaptive: false,
  parameters,
  generate: (values, seed, texts) => {
    return new ScriptedGenerator((pen) => new Host(values, seed, texts).run(pen));
  },
});

const VCPUS = [1, 2, 4, 8] as const;
const VCPU_WEIGHTS = new WeightTable([50, 30, 15, 5]);

const BOOT = { pciDevices: 40, pciDevice: 64, irqActions: 30, irqAction: 24, schedulerCpu: 72 } as const;

/** Timers of one processor fit into an array of pointers that grows sixteenfold. */
const POINTER = 8;
const TIMER_LIMITS = [16, 256, 4096] as const;
const TIMERS_A_CPU = 4;
const TIMERS_A_VCPU = 3;

interface Living {
  readonly domain: XenDomain;
  /** Milliseconds from the start. */
  readonly death: number;
}

class Host {
  private readonly times: RandomStream;
  private readonly kinds: RandomStream;
  private readonly choices: RandomStream;
  private readonly heap: XenHeap;
  /** By time of death, earliest first. */
  private readonly living: Living[] = [];
  private readonly bootObjects: number[] = [];
  /** The timer array that each processor has, and how many pointers it holds. */
  private readonly timerArrays: { objects: number[]; limit: number }[] = [];
  private vcpus = 0;

  constructor(
    private readonly values: Values,
    seed: number,
    texts: TextTable,
  ) {
    this.times = new RandomStream(seed, 'times');
    this.kinds = new RandomStream(seed, 'kinds');
    this.choices = new RandomStream(seed, 'choices');
    this.heap = new XenHeap(values.frames === 'yes', texts);
  }

  *run(pen: Pen): Script {
    const { seconds, arrival, drain } = this.values;
    const end = seconds * 1000;
    yield* this.boot(pen);
    let now = 0;
    let nextArrival = this.times.exponential(arrival);
    while (now < end) {
      const nextDeath = this.living[0]?.death ?? Infinity;
      const nextControl = now + this.untilNextControl();
      now = Math.min(nextArrival, nextDeath, nextControl, end);
      if (now === end) {
        break;
      }
      if (now === nextDeath) {
        yield* this.destroyFirst(pen);
      } else if (now === nextArrival) {
        yield* this.createOne(pen, now);
        nextArrival = now + Math.max(1, this.times.exponential(arrival));
      } else {
        yield* this.controlOne(pen);
      }
    }
    if (drain === 'yes') {
      yield* this.shutDown(pen);
    }
  }

  private *boot(pen: Pen): Script {
    const { heap, bootObjects } = this;
    for (let left = BOOT.pciDevices; left > 0; left--) {
      yield* heap.take(pen, bootObjects, BOOT.pciDevice, 'pci');
    }
    for (let left = BOOT.irqActions; left > 0; left--) {
      yield* heap.take(pen, bootObjects, BOOT.irqAction, 'irq');
    }
    for (let cpu = 0; cpu < this.values.cpus; cpu++) {
      yield* heap.take(pen, bootObjects, BOOT.schedulerCpu, 'csched');
      this.timerArrays.push({ objects: [], limit: 0 });
    }
    yield* this.growTimers(pen);
  }

  private *createOne(pen: Pen, now: number): Script {
    const vcpus = VCPUS[this.kinds.pick(VCPU_WEIGHTS)]!;
    const isHvm = this.kinds.chance(this.values.hvm, 100);
    const domain = new XenDomain(this.heap, this.values.release, vcpus, isHvm, this.choices);
    const death = now + Math.max(1, this.times.exponential(this.values.lifetime));
    let place = this.living.length;
    while (place > 0 && this.living[place - 1]!.death > death) {
      place--;
    }
    this.living.splice(place, 0, { domain, death });
    this.vcpus += vcpus;
    yield* domain.create(pen);
    yield* this.growTimers(pen);
    yield* domain.settle(pen);
  }

  private *destroyFirst(pen: Pen): Script {
    const { domain } = this.living.shift()!;
    this.vcpus -= domain.vcpuCount;
    yield* domain.destroy(pen);
  }

  private *controlOne(pen: Pen): Script {
    const { domain } = this.living[this.choices.below(this.living.length)]!;
    yield* domain.controlOnce(pen, this.values.cpus);
  }

  /** Milliseconds: the more domains, the sooner one of them is controlled. */
  private untilNextControl(): number {
    if (this.living.length === 0) {
      return Infinity;
    }
    const mean = Math.max(1, Math.floor(this.values.control / this.living.length));
    return Math.max(1, this.times.exponential(mean));
  }

  /** Gives every processor an array that holds its share of the timers; the new one comes before the old one goes. */
  private *growTimers(pen: Pen): Script {
    const { cpus } = this.values;
    const timers = TIMERS_A_CPU + Math.ceil((this.vcpus * TIMERS_A_VCPU) / cpus);
    const limit = TIMER_LIMITS.find((pointers) => pointers >= timers) ?? TIMER_LIMITS[2];
    for (const array of this.timerArrays) {
      if (limit <= array.limit) {
        continue;
      }
      const outgrown = array.objects;
      array.objects = [];
      array.limit = limit;
      yield* this.heap.takeArray(pen, array.objects, limit, POINTER, 'timer');
      yield* freeEach(pen, outgrown);
    }
  }

  private *shutDown(pen: Pen): Script {
    while (this.living.length > 0) {
      yield* this.destroyFirst(pen);
    }
    for (const { objects } of this.timerArrays) {
      yield* freeEach(pen, objects);
    }
    yield* freeEach(pen, this.bootObjects);
  }
}
