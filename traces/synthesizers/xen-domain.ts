import type { RandomStream } from '../random';
import { freeEach, type Pen, type Script } from './script';
import type { XenHeap } from './xen-heap';

/**
 * What one domain holds of Xen's own heap, allocated and freed in the order of xen-unstable just before TLSF
 * (9736b76d82^, October 2008). Sizes are those of its structures compiled for x86-64 without assertions.
 */

/** The two largest structures, which had grown by 2009. */
const releases = {
  '2008': { domain: 7680, vcpu: 6912 },
  '2009': { domain: 7808, vcpu: 7040 },
} as const;
export type Release = keyof typeof releases;

const POINTER = 8;
const EVENT_CHANNELS_A_BUCKET = 128;
const EVENT_CHANNEL = 24;
const EVENT_BUCKETS_MAX = 32;
const GRANT_TABLE = 48;
const GRANT_POINTERS = { active: 64, maptrack: 256, shared: 32 } as const;
const GRANT_PAGES = { active: 8, maptrack: 1, shared: 4 } as const;
const SHARED_PAGES_MAX = 32;
const P2M = 88;
const RANGESET = 80;
const RANGE = 32;
const SCHEDULER_DOMAIN = 48;
const SCHEDULER_VCPU = 56;
const HVM_IO_APIC = 408;
const HVM_INTERRUPT_ROUTES = 21_840;
const MTRR_RANGE = { count: 8, bytes: 16 } as const;
const SHADOW_HASH_BUCKETS = 251;
const SHADOW_TLB = { count: 13, bytes: 24 } as const;
const IRQ_GUEST_ACTION = 72;
/** The register state that domain control copies in and out. */
const GUEST_CONTEXT = 5168;

interface Vcpu {
  readonly structure: number[];
  readonly scheduler: number[];
  readonly parts: number[];
}

interface Rangeset {
  readonly structure: number[];
  readonly ranges: number[];
}

/** A domain's objects by what frees them, and what it does while it runs. */
export class XenDomain {
  private readonly structure: number[] = [];
  private readonly eventBuckets: number[] = [];
  /** Grant tables in the order of their destruction: pages before the pointers to them, the table last. */
  private readonly grant = { shared: [] as number[], maptrack: [] as number[], active: [] as number[] };
  private readonly grantPointers = {
    shared: [] as number[],
    maptrack: [] as number[],
    active: [] as number[],
  };
  private readonly grantTable: number[] = [];
  private readonly arch: number[] = [];
  private readonly shadow: number[] = [];
  private readonly irqs: number[] = [];
  private readonly rangesets: Rangeset[] = [];
  private readonly scheduler: number[] = [];
  private readonly vcpus: Vcpu[] = [];

  constructor(
    private readonly heap: XenHeap,
    private readonly release: Release,
    readonly vcpuCount: number,
    private readonly isHvm: boolean,
    private readonly choices: RandomStream,
  ) {}

  *create(pen: Pen): Script {
    const { heap } = this;
    yield* heap.take(pen, this.structure, releases[this.release].domain, 'domain');
    yield* this.addEventBucket(pen);
    yield* this.createGrantTable(pen);
    yield* this.createArch(pen);
    yield* this.addRangeset(pen);
    yield* this.addRangeset(pen);
    yield* heap.take(pen, this.scheduler, SCHEDULER_DOMAIN, 'csched');
    for (let vcpu = 0; vcpu < this.vcpuCount; vcpu++) {
      yield* this.createVcpu(pen);
    }
    for (let vcpu = 0; vcpu < this.vcpuCount; vcpu++) {
      yield* this.borrowContext(pen);
    }
  }

  /** What a domain adds once it runs: I/O and memory ranges, more event channels and grants, interrupts. */
  *settle(pen: Pen): Script {
    for (let left = this.choices.between(5, 20); left > 0; left--) {
      const { ranges } = this.rangesets[this.choices.below(this.rangesets.length)]!;
      yield* this.heap.take(pen, ranges, RANGE, 'rangeset');
    }
    // Our choice: up to two more buckets, and devices of its own for one domain in ten.
    for (let left = this.choices.between(0, 2); left > 0; left--) {
      yield* this.addEventBucket(pen);
    }
    const sharedPages = this.choices.between(1, SHARED_PAGES_MAX - GRANT_PAGES.shared);
    for (let page = 0; page < sharedPages; page++) {
      yield* this.heap.takePages(pen, this.grant.shared, 0, 'grant');
    }
    if (!this.choices.chance(1, 10)) {
      return;
    }
    for (let left = this.choices.between(1, 4); left > 0; left--) {
      yield* this.heap.take(pen, this.irqs, IRQ_GUEST_ACTION, 'irq');
    }
  }

  /** One of the temporaries of domain control; nearly all are register states. */
  *controlOnce(pen: Pen, cpus: number): Script {
    const which = this.choices.below(20);
    if (which === 0) {
      yield* this.heap.borrow(pen, 4 * cpus, 'domctl', 'xmalloc_array');
    } else if (which === 1 && this.isHvm) {
      yield* this.borrowSaveBuffer(pen);
    } else {
      yield* this.borrowContext(pen);
    }
  }

  *destroy(pen: Pen): Script {
    yield* freeEach(pen, this.irqs);
    yield* freeEach(pen, this.eventBuckets);
    for (const { parts } of this.vcpus) {
      yield* freeEach(pen, parts);
    }
    yield* freeEach(pen, this.shadow);
    for (const { scheduler } of this.vcpus) {
      yield* freeEach(pen, scheduler);
    }
    for (const { structure, ranges } of this.rangesets) {
      yield* freeEach(pen, ranges);
      yield* freeEach(pen, structure);
    }
    for (const part of ['shared', 'maptrack', 'active'] as const) {
      yield* freeEach(pen, this.grant[part]);
      yield* freeEach(pen, this.grantPointers[part]);
    }
    yield* freeEach(pen, this.grantTable);
    yield* freeEach(pen, this.arch);
    yield* freeEach(pen, this.scheduler);
    for (const { structure } of this.vcpus.reverse()) {
      yield* freeEach(pen, structure);
    }
    yield* freeEach(pen, this.structure);
  }

  private *addEventBucket(pen: Pen): Script {
    if (this.eventBuckets.length >= EVENT_BUCKETS_MAX) {
      return;
    }
    yield* this.heap.takeArray(pen, this.eventBuckets, EVENT_CHANNELS_A_BUCKET, EVENT_CHANNEL, 'evtchn');
  }

  private *createGrantTable(pen: Pen): Script {
    const { heap } = this;
    yield* heap.take(pen, this.grantTable, GRANT_TABLE, 'grant');
    for (const part of ['active', 'maptrack', 'shared'] as const) {
      yield* heap.takeArray(pen, this.grantPointers[part], GRANT_POINTERS[part], POINTER, 'grant');
      for (let page = 0; page < GRANT_PAGES[part]; page++) {
        yield* heap.takePages(pen, this.grant[part], 0, 'grant');
      }
    }
  }

  private *createArch(pen: Pen): Script {
    const { heap } = this;
    // The per-domain page table of 1024 entries takes two pages at once.
    yield* heap.takePages(pen, this.arch, 1, 'arch');
    yield* heap.take(pen, this.arch, P2M, 'arch');
    yield* this.addRangeset(pen);
    yield* heap.takePages(pen, this.arch, 0, 'arch');
    if (!this.isHvm) {
      return;
    }
    yield* heap.take(pen, this.arch, HVM_IO_APIC, 'hvm');
    // Interrupt routes come with a device passed through: one HVM domain in ten, our choice.
    if (this.choices.chance(1, 10)) {
      yield* heap.take(pen, this.arch, HVM_INTERRUPT_ROUTES, 'hvm');
    }
  }

  private *addRangeset(pen: Pen): Script {
    const rangeset = { structure: [], ranges: [] };
    yield* this.heap.take(pen, rangeset.structure, RANGESET, 'rangeset');
    this.rangesets.push(rangeset);
  }

  private *createVcpu(pen: Pen): Script {
    const { heap } = this;
    const vcpu: Vcpu = { structure: [], scheduler: [], parts: [] };
    yield* heap.take(pen, vcpu.structure, releases[this.release].vcpu, 'vcpu');
    yield* heap.take(pen, vcpu.scheduler, SCHEDULER_VCPU, 'csched');
    this.vcpus.push(vcpu);
    if (!this.isHvm) {
      return;
    }
    yield* heap.takeArray(pen, vcpu.parts, MTRR_RANGE.count, MTRR_RANGE.bytes, 'hvm');
    for (let left = this.choices.between(1, 3); left > 0; left--) {
      yield* heap.takePages(pen, vcpu.parts, 0, 'hvm');
    }
    if (this.shadow.length === 0) {
      yield* heap.takeArray(pen, this.shadow, SHADOW_HASH_BUCKETS, POINTER, 'shadow');
    }
    yield* heap.takeArray(pen, vcpu.parts, SHADOW_TLB.count, SHADOW_TLB.bytes, 'shadow');
  }

  private *borrowContext(pen: Pen): Script {
    yield* this.heap.borrow(pen, GUEST_CONTEXT, 'domctl');
  }

  /** A buffer for the state of an HVM domain, whose size grows with its devices: our choice of bounds. */
  private *borrowSaveBuffer(pen: Pen): Script {
    yield* this.heap.borrow(pen, this.choices.between(4096, 65_536), 'hvm', 'xmalloc_bytes');
  }
}
