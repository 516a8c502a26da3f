import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { engineNamed } from '../../../allocators/registry';
import type { AccessStream } from '../../../harness/machine/access-stream';
import { HeapCorruption } from '../../../harness/machine/failures';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { FootprintRecorder } from '../../../harness/metrics/footprint';
import { Sightings } from '../../../harness/metrics/sightings';
import { TimelineRecorder } from '../../../harness/metrics/timeline';
import { HeapMapRecorder } from '../../../harness/metrics/heap-map';
import type { EngineDefinition } from '../../../harness/replay/port';
import { replay, type ReplayOptions } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { InputError } from '../../../traces/input-error';
import { validated } from '../../../traces/formats/validated';
import { BUG, NULL, ZERO, type Placement, type Trace } from '../../../traces/trace';
import { columnsOf, someHeader } from '../../traces/formats/events';
import { legalEvents } from '../../traces/formats/legal-events';
import { cEngine } from '../foreign/c-engine';
import { toyDefinition, traceOf, type ToyVerbs } from './toy-engine';

/** Blocks of any size come to what operations come to that are performed one by one: in all that is said of them. */

const BLOCK_SIZES = [1, 2, 7, 1024];
const SEED = 20261129;

interface Made {
  readonly definition: EngineDefinition;
  readonly heapPages: number;
  readonly accessesMax?: number;
  readonly accessBudget?: number;
}

/** Everything that a replay shows of itself, as text. */
async function shown(trace: Trace, made: Made, options: ReplayOptions): Promise<string> {
  const { definition, ...machine } = made;
  const batches: unknown[] = [];
  const drain = (batch: AccessStream): void => {
    const entryCount = batch.segmentEnds[batch.segmentCount - 1] ?? 0;
    batches.push(
      [...batch.entries.subarray(0, entryCount)],
      [...batch.segmentEnds.subarray(0, batch.segmentCount)],
      [...batch.segmentFlags.subarray(0, batch.segmentCount)],
      ...batch.segmentPriced.map((counts) => [...counts.subarray(0, batch.segmentCount)]),
      ...batch.operationNoted.map((counts) => [...counts.subarray(0, batch.operationCount)]),
      ...[batch.operationIndices, batch.operationCodes, batch.operationIds].map((column) => [
        ...column.subarray(0, batch.operationCount),
      ]),
      ...[batch.operationBytes, batch.operationAligns, batch.operationPlacements].map((column) => [
        ...column.subarray(0, batch.operationCount),
      ]),
    );
  };
  const stack = createStack(definition, {}, { virtualPages: 32_768, drain, ...machine }, engineNamed);
  const footprint = new FootprintRecorder();
  const timeline = new TimelineRecorder();
  const sightings = new Sightings([0, 3, 8, 9, 40, 100]);
  let text = '';
  const placements = (chunk: Uint8Array) => void (text += Buffer.from(chunk).toString('latin1'));
  let report: unknown;
  try {
    report = await replay(trace, stack, [footprint, timeline, sightings], { ...options, placements });
  } catch (error) {
    assert.instance(error, InputError, String(error));
    return String(error);
  }
  const map = new HeapMapRecorder();
  const sights = Array.from({ length: 200 }, (_, operation) => sightings.after(operation)).map((sight) => {
    if (sight) {
      map.add(sight.column);
    }
    return sight && sight.survey;
  });
  const said = {
    ...{ report, text, sights, map: map.finish(), failure: sightings.failure, trail: sightings.trail },
    ...{ footprint: footprint.finish(), timeline: timeline.finish(), batches },
  };
  return JSON.stringify(said, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

async function expectSame(trace: Trace, made: Made, options: ReplayOptions = {}): Promise<string> {
  const singly = await shown(trace, made, { ...options, blockEventsMax: 0 });
  for (const blockEventsMax of BLOCK_SIZES) {
    const inBlocks = await shown(trace, made, { ...options, blockEventsMax });
    if (inBlocks !== singly) {
      const at = [...singly].findIndex((character, index) => inBlocks[index] !== character);
      const around = (text: string): string => text.slice(Math.max(0, at - 200), at + 200);
      assert.unreachable(`blocks of ${blockEventsMax}:\n${around(inBlocks)}\nand not\n${around(singly)}`);
    }
  }
  return singly;
}

/** Operations as an allocator meets them, few objects at a time so that ids and slots come again. */
const rowsOf = (sizeMax: number) =>
  fc.array(
    fc.record({
      id: fc.nat(12),
      size: fc.oneof(fc.nat(300), fc.nat(sizeMax)),
      align: fc.constantFrom(0, 0, 0, 16, 64, 4096),
      act: fc.nat(19),
    }),
    { maxLength: 120 },
  );

/** A trace of these: what does not live is allocated, what lives is freed, or now and then something else. */
function traceFrom(rows: readonly { id: number; size: number; align: number; act: number }[]): Trace {
  const live = new Set<number>();
  return traceOf(
    rows.map(({ id, size, align, act }) => {
      if (act === 0 && live.has(id)) {
        return `realloc,${id},${size},0`;
      }
      if (act === 1) {
        return 'store,0,0,0';
      }
      // Once in a while a trace breaks its own rules.
      const isLive = act === 2 && size % 37 === 0 ? !live.has(id) : live.has(id);
      live[isLive ? 'delete' : 'add'](id);
      return isLive ? `free,${id},0,0` : `${act === 3 ? 'heap' : 'alloc'},${id},${size},${align}`;
    }),
  );
}

async function same(made: Made, sizeMax: number, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(rowsOf(sizeMax), async (rows) => {
      await expectSame(traceFrom(rows), made);
    }),
    { seed: SEED, numRuns, includeErrorInReport: true },
  );
}

const models = suite('blocks on models');

for (const name of ['xmalloc-first-fit', 'xmalloc-tlsf', 'xenheap-pages', 'plan9-pool', 'vmalloc']) {
  models(`${name}, on a heap that is soon full`, () =>
    same({ definition: engineNamed(name), heapPages: 16 }, 20_000, 12),
  );
}

models(
  'objects by the handles of a trace that was checked, and by their ids behind what has none',
  async () => {
    const made = { definition: engineNamed('xmalloc-tlsf'), heapPages: 16 };
    await fc.assert(
      fc.asyncProperty(legalEvents, async (events) => {
        const trace = columnsOf(events).trace(someHeader);
        const checked: Trace = { ...trace, open: async () => validated(await trace.open()) };
        assert.is(await expectSame(checked, made), await shown(trace, made, { blockEventsMax: 0 }));
      }),
      { seed: SEED, numRuns: 60 },
    );
  },
);

models.run();

const inC = suite('blocks on engines in C');

for (const name of ['tlsf', 'first-fit'] as const) {
  inC(`${name}.c, on a heap that is soon full`, () =>
    same({ definition: cEngine(name), heapPages: 16 }, 20_000, 25),
  );
  inC(`${name}.c, where operations and replays have their limits`, async () => {
    const definition = cEngine(name);
    for (const limits of [{ accessesMax: 30 }, { accessesMax: 45 }, { accessBudget: 300 }]) {
      await same({ definition, heapPages: 64, ...limits }, 5000, 8);
    }
  });
}

inC.run();

const broken = suite('blocks on engines that break');

/** A toy of which some allocations and frees come to something else; by the size of the request. */
const mischief: ToyVerbs = (machine, plain) => ({
  allocate: (bytes, align) => {
    const placement = plain.allocate(bytes, align);
    switch (bytes % 41) {
      case 1:
        return NULL;
      case 2:
        return ZERO;
      case 3:
        return BUG;
      case 4:
        return (bytes > 200 ? HEAP_BASE : placement) as Placement;
      case 5:
        return (bytes > 200 ? placement + 0.5 : placement) as Placement;
      case 6:
        return (bytes > 200 ? 0xf000_0000 : placement) as Placement;
      case 7:
        for (let access = 0; access < 300_000 && bytes > 250; access++) {
          machine.load(HEAP_BASE);
        }
        return placement;
      default:
        return placement;
    }
  },
  free: (object, bytes, align) => {
    plain.free(object, bytes, align);
    if (bytes === 222) {
      throw new HeapCorruption(object, 'free has had enough');
    }
  },
  blockAt: (object, bytes, align) => {
    if (bytes === 223) {
      throw new HeapCorruption(object, 'there is no such block');
    }
    return bytes === 224 ? undefined : plain.blockAt(object, bytes, align);
  },
});

broken('in whatever way, at whatever operation', () =>
  same({ definition: toyDefinition(mischief), heapPages: 64 }, 300, 100),
);

broken('where an object is placed on memory that is given back before the block ends', async () => {
  const verbs: ToyVerbs = (machine, plain) => ({
    allocate: (bytes, align) => {
      if (bytes === 77) {
        machine.ledger.give(HEAP_BASE + 0x2_0000, 0x1000);
      }
      return bytes === 78 ? ((HEAP_BASE + 0x2_0000) as Placement) : plain.allocate(bytes, align);
    },
  });
  const made = { definition: toyDefinition(verbs), heapPages: 64 };
  const held = await expectSame(traceOf(['alloc,1,78,0', 'free,1,0,0', 'alloc,2,77,0']), made);
  assert.match(held, /"kind":"ok"/);
  const gone = await expectSame(
    traceOf(['alloc,1,5,0', 'alloc,2,77,0', 'alloc,3,78,0', 'alloc,4,9,0']),
    made,
  );
  assert.match(gone, /outside the memory it holds/);
  assert.match(gone, /"index":2/);
});

broken('as far as a replay goes that ends before its trace', async () => {
  const rows = Array.from({ length: 50 }, (_, id) => `alloc,${id},${id},0`);
  for (const until of [0, 1, 30]) {
    await expectSame(traceOf(rows), { definition: toyDefinition(), heapPages: 64 }, { until });
  }
});

broken.run();
