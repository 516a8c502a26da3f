import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../../traces/random';
import { OP, TextTable, TraceEvent, NOTHING } from '../../../traces/trace';
import type { ParameterValues } from '../../../traces/synthesizers/parameters';
import { synthesizerNamed } from '../../../traces/synthesizers/registry';
import { Pen, type Script } from '../../../traces/synthesizers/script';
import { XenDomain, type Release } from '../../../traces/synthesizers/xen-domain';
import { XenHeap } from '../../../traces/synthesizers/xen-heap';
import { passOver } from './legal-trace';

/** One domain's life as text: sizes of allocations, and of frees in brackets; whole pages as `p` and their number. */
class Life {
  readonly pen = new Pen();
  private readonly sizes = new Map<number, string>();
  readonly domain: XenDomain;

  constructor(vcpus: number, isHvm: boolean, frames: boolean, release: Release = '2008', seed = 1) {
    const texts = new TextTable();
    const heap = new XenHeap(frames, texts);
    this.domain = new XenDomain(heap, release, vcpus, isHvm, new RandomStream(seed, 'choices'));
    this.pageCall = () => texts.intern('page_alloc');
  }

  private readonly pageCall: () => number;

  told(script: Script): string {
    const words: string[] = [];
    const { pen } = this;
    pen.placement = NOTHING;
    pen.event = new TraceEvent();
    while (script.next().done !== true) {
      const { op, id, size, call } = pen.event;
      if (op === OP.alloc) {
        this.sizes.set(id, call === this.pageCall() ? `p${size / 4096}` : String(size));
      }
      words.push(op === OP.alloc ? this.sizes.get(id)! : `(${this.sizes.get(id)})`);
    }
    return words.join(' ');
  }
}

const paravirtual =
  '7680 3072 48 512 p1 p1 p1 p1 p1 p1 p1 p1 2048 p1 256 p1 p1 p1 p1 p2 88 80 p1 80 80 48 ' +
  '6912 56 6912 56 5168 (5168) 5168 (5168)';

test('a paravirtual domain of two processors is created in the order of the code', () => {
  const life = new Life(2, false, true);
  assert.is(life.told(life.domain.create(life.pen)), paravirtual);
});

test('without whole pages the same is left but for them', () => {
  const life = new Life(2, false, false);
  assert.is(life.told(life.domain.create(life.pen)), paravirtual.replace(/p\d /g, ''));
});

test('it is destroyed in the order of the code: processors from the highest, the domain last', () => {
  const life = new Life(2, false, true);
  life.told(life.domain.create(life.pen));
  assert.is(
    life.told(life.domain.destroy(life.pen)),
    '(3072) (56) (56) (80) (80) (80) (p1) (p1) (p1) (p1) (256) (p1) (2048) (p1) (p1) (p1) (p1) (p1) (p1) (p1) (p1) ' +
      '(512) (48) (p2) (88) (p1) (48) (6912) (6912) (7680)',
  );
});

test('processors are freed from the highest to the lowest', () => {
  const life = new Life(3, false, false);
  const vcpuIds: number[] = [];
  const script = life.domain.create(life.pen);
  life.pen.event = new TraceEvent();
  while (script.next().done !== true) {
    if (life.pen.event.size === 6912) {
      vcpuIds.push(life.pen.event.id);
    }
  }
  const freed: number[] = [];
  const end = life.domain.destroy(life.pen);
  while (end.next().done !== true) {
    if (vcpuIds.includes(life.pen.event.id)) {
      freed.push(life.pen.event.id);
    }
  }
  assert.equal(freed, vcpuIds.reverse());
});

test('an HVM domain adds its interrupt controller, and MTRR ranges and shadow tables for each processor', () => {
  const life = new Life(2, true, false, '2009', 2);
  assert.is(
    life.told(life.domain.create(life.pen)),
    '7808 3072 48 512 2048 256 88 80 408 80 80 48 7040 56 128 2008 312 7040 56 128 312 5168 (5168) 5168 (5168)',
  );
});

function run(given: ParameterValues, seed = 1) {
  const source = synthesizerNamed('domain-lifecycle').open(given, seed);
  const bySite = new Map<string, number[]>();
  const pass = passOver(source, ({ op, site, size }) => {
    if (op !== OP.alloc) {
      return;
    }
    const name = source.texts.text(site);
    if (!bySite.has(name)) {
      bySite.set(name, []);
    }
    bySite.get(name)!.push(size);
  });
  assert.is(pass.problem, undefined);
  return {
    pass,
    count: (site: string) => bySite.get(site)?.length ?? 0,
    sizes: (site: string) => bySite.get(site)!,
  };
}

test('domains arrive every 20 seconds, with 2.1 processors on average and three of ten HVM', () => {
  const { count } = run({ seconds: 20_000, control: 1_000_000 });
  const domains = count('domain');
  // A Poisson number of mean 1,000, ± 6 standard deviations of 31.6.
  assert.ok(Math.abs(domains - 1000) < 190, `${domains}`);
  // Processors: mean 2.1, standard deviation 1.6.
  assert.ok(Math.abs(count('vcpu') / domains - 2.1) < 0.31, `${count('vcpu')} of ${domains}`);
  // HVM: one interrupt controller of 408 bytes each.
  const hvm = run({ seconds: 20_000, control: 1_000_000 })
    .sizes('hvm')
    .filter((size) => size === 408).length;
  assert.ok(Math.abs(hvm / domains - 0.3) < 0.09, `${hvm} of ${domains}`);
});

test('about thirty domains live at once, each with a temporary a second', () => {
  const { count, pass } = run({ seconds: 4000, drain: 'no' });
  const temporaries = count('domctl');
  // 30 domains but for the first ten minutes: some 3,400 · 30, with the long memory of lifetimes.
  assert.ok(temporaries > 60_000 && temporaries < 150_000, `${temporaries}`);
  assert.ok(pass.liveAtEnd > 400, `${pass.liveAtEnd}`);
});

test('boot comes first: PCI devices, interrupt actions, schedulers, and timer arrays', () => {
  const { pass, sizes } = run({ seconds: 0, cpus: 2, drain: 'no' });
  assert.is(pass.events, 40 + 30 + 2 + 2);
  assert.equal(sizes('timer'), [128, 128]);
  assert.is(run({ seconds: 0 }).pass.liveAtEnd, 0);
});

test('timer arrays grow from 16 to 256 to 4096 pointers', () => {
  const { sizes } = run({ seconds: 3600, arrival: 2000, cpus: 1, control: 1_000_000 });
  assert.equal(sizes('timer'), [128, 2048, 32_768]);
});

test.run();
