import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed, allEngines } from '../../../allocators/registry';
import type { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { measure } from '../../../harness/metrics/measurement';
import type { MeasuredReplay } from '../../../harness/metrics/measured-replay';
import { parsePricing } from '../../../harness/pricing/specification';
import type { EngineDefinition } from '../../../harness/replay/port';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { RandomStream } from '../../../traces/random';
import type { Placement } from '../../../traces/trace';
import { allocations, expectIntact, expectSpoilt, HEAP_PAGES, VIRTUAL_PAGES } from './payload-watch';
import { toyDefinition, traceOf, type ToyVerbs } from './toy-engine';

/** Objects that come, grow, shrink and go; now and then the program fills one or writes past it. */
function randomRows(
  count: number,
  seed: number,
  may: { realloc: boolean; msize: boolean; aligned: boolean },
): string[] {
  const random = new RandomStream(seed, 'payload');
  const rows: string[] = [];
  const live: number[] = [];
  const size = () => (random.chance(1, 12) ? random.between(4000, 150_000) : random.between(1, 900));
  const any = () => live[random.below(live.length)]!;
  for (let id = 1; rows.length < count; id++) {
    const dice = random.below(20);
    if (live.length === 0 || dice < 8) {
      live.push(id);
      rows.push(`alloc,${id},${size()},${may.aligned && random.chance(1, 5) ? 1 << random.below(7) : 0}`);
    } else if (dice < 14) {
      rows.push(`free,${live.splice(random.below(live.length), 1)[0]!},0,0`);
    } else if (dice < 17 && may.realloc) {
      rows.push(`realloc,${any()},${size()},0`);
    } else if (dice === 17) {
      rows.push(`fill,${any()},0,0,0,0,,,,${random.below(256)}`);
    } else if (dice === 18 && may.msize) {
      rows.push(`msize,${any()},0,0`);
    }
  }
  return rows;
}

const sound = suite('payload of sound engines');

/**
 * Engines under options that make them touch objects more than by default. The real pool's NOREUSE ruins what lies
 * behind aligned objects, and its reallocs do not survive compaction: its quirks say so, with or without a witness.
 */
const VARIED: readonly { name: string; options: Record<string, string>; aligned?: false; realloc?: false }[] =
  [
    ...allEngines().map(({ name }) => ({ name, options: {} })),
    { name: 'plan9-pool', options: { flags: '1' } },
    { name: 'plan9-pool', options: { flags: '64' }, aligned: false },
    { name: 'plan9-pool', options: { move: 'on', maxsize: '400000' }, realloc: false },
    { name: 'plan9-pool', options: { layout: 'lp64', shim: 'malloc' } },
  ];

for (const { name, options, aligned = true, realloc = true } of VARIED) {
  sound(`${name} ${JSON.stringify(options)} keeps it`, async () => {
    const definition = engineNamed(name);
    const msize = definition.capabilities.includes('usableSize');
    for (const seed of [1, 2]) {
      await expectIntact(definition, randomRows(1500, seed, { realloc, msize, aligned }), options);
    }
  });
}

sound('to look changes nothing that is measured', async () => {
  const trace = traceOf(randomRows(800, 3, { realloc: true, msize: false, aligned: true }));
  const measured = (name: string, payload: boolean): Promise<MeasuredReplay> =>
    measure({
      trace,
      pricings: [parsePricing('zen4-2022')],
      createStack: (watch) =>
        createStack(
          engineNamed(name),
          {},
          { heapPages: HEAP_PAGES, virtualPages: VIRTUAL_PAGES, ...watch },
          engineNamed,
        ),
      ...(payload && { replay: { payload: 'throughout' } }),
    });
  for (const name of ['xmalloc-tlsf', 'xvmalloc', 'plan9-pool']) {
    assert.equal(await measured(name, true), await measured(name, false), name);
  }
});

sound.run();

const broken = suite('an engine that writes into live payload');

const pokeWord = (machine: Machine, address: number) => machine.store(address & ~3, 0xbad);

/** Ends up in the object whose block ends where the new one begins: the last word before it. */
const spoilsNeighbourAt =
  (size: number): ToyVerbs =>
  (machine, plain) => {
    const steps = machine.defineSteps('toy', { place: { instructions: 1 }, append: { instructions: 1 } });
    return {
      allocate(bytes, align) {
        const object = plain.allocate(bytes, align);
        machine.work(steps.place);
        if (bytes === size) {
          pokeWord(machine, object - 4);
          machine.work(steps.append);
          machine.load(HEAP_BASE);
          machine.work(steps.place);
        }
        return object;
      },
    };
  };

broken('is caught when the object is freed, and the operation and step that wrote are named', async () => {
  const rows = [...allocations(1, 20, 64), 'alloc,100,48,0', ...allocations(200, 20, 64), 'free,20,0,0'];
  const step = await expectSpoilt(
    toyDefinition(spoilsNeighbourAt(48)),
    rows,
    20,
    /^byte 6\d of live object 20 \(64 bytes at heap offset 0x4c0\) is 0x[0-9a-f]{2}, not 0x[0-9a-f]{2} as it was stored; noticed at operation 41 \(free\)$/,
  );
  assert.is(step, 'toy: append');
});

broken('is caught at the end where nothing is ever freed', async () => {
  const rows = [...allocations(1, 10, 64), 'alloc,100,48,0', ...allocations(200, 10, 64)];
  await expectSpoilt(
    toyDefinition(spoilsNeighbourAt(48)),
    rows,
    10,
    /live object 10 .*; noticed at the end$/,
  );
});

broken('is caught while the replay goes on, long before the end', async () => {
  const churn = Array.from({ length: 4000 }, (_, index) => [
    `alloc,${1000 + index},64,0`,
    `free,${1000 + index},0,0`,
  ]);
  const rows = [...allocations(1, 10, 64), 'alloc,100,48,0', ...churn.flat()];
  const trace = traceOf(rows);
  const stack = createStack(
    toyDefinition(spoilsNeighbourAt(48)),
    {},
    { heapPages: HEAP_PAGES, virtualPages: 0 },
    engineNamed,
  );
  const { outcome, events } = await replay(trace, stack, [], { payload: 'throughout' });
  assert.is(outcome.kind, 'corrupt');
  assert.ok(events < 1000, `${events}`);
});

broken('is named by the first operation that did it, whichever object is looked at first', async () => {
  const rows = [
    ...allocations(1, 4, 64),
    'alloc,50,48,0',
    ...allocations(5, 4, 64),
    'alloc,60,48,0',
    ...['free,8,0,0', 'free,4,0,0'],
  ];
  await expectSpoilt(
    toyDefinition(spoilsNeighbourAt(48)),
    rows,
    4,
    /live object 4 .*noticed at operation 10/,
  );
});

broken('is caught in any of the sampled bytes of a large object, and at its very end', async () => {
  const bytes = 1 << 20;
  const at =
    (offset: number): ToyVerbs =>
    (machine, plain) => ({
      free: (object, size, align) => {
        plain.free(object, size, align);
        pokeWord(machine, HEAP_BASE + offset);
      },
    });
  const rows = [`alloc,1,${bytes},0`, 'alloc,2,16,0', 'free,2,0,0', 'free,1,0,0'];
  for (const offset of [0, 4092, bytes - 4]) {
    await expectSpoilt(toyDefinition(at(offset)), rows, 2, /live object 1 /);
  }
  const linesSpoilt: ToyVerbs = (machine, plain) => ({
    free: (object, size, align) => {
      plain.free(object, size, align);
      for (let offset = bytes / 2; offset < bytes / 2 + 8192; offset += 4) {
        machine.store(HEAP_BASE + offset, 0);
      }
    },
  });
  await expectSpoilt(toyDefinition(linesSpoilt), rows, 2, /live object 1 /);
});

broken('is caught in the virtual area, through its page tables', async () => {
  const vmalloc = engineNamed('vmalloc');
  const spoiling: EngineDefinition = {
    ...vmalloc,
    create(machine, options, named) {
      const engine = vmalloc.create(machine, options, named);
      const allocate = engine.allocate.bind(engine);
      let first: Placement | undefined;
      engine.allocate = (bytes, align) => {
        const placement = allocate(bytes, align);
        first ??= placement;
        if (bytes === 333) {
          pokeWord(machine, engine.translate!(first + 5000));
        }
        return placement;
      };
      return engine;
    },
  };
  const rows = ['alloc,1,9000,0', 'alloc,2,100,0', 'alloc,3,333,0', 'alloc,4,100,0', 'free,1,0,0'];
  await expectSpoilt(spoiling, rows, 2, /byte 500\d of live object 1 .* noticed at operation 4/);
});

broken('is told of its last step where no store of the operation is to be seen', async () => {
  const poking: ToyVerbs = (machine, plain) => {
    const steps = machine.defineSteps('toy', { clear: { instructions: 1 }, place: { instructions: 1 } });
    return {
      allocate(bytes, align) {
        const object = plain.allocate(bytes, align);
        machine.clear(object, bytes);
        machine.work(steps.clear);
        if (bytes === 48) {
          machine.poke(object - 4, 0xbad);
        }
        machine.work(steps.place);
        return object;
      },
    };
  };
  const rows = [...allocations(1, 4, 64), 'alloc,5,48,0', 'free,4,0,0'];
  assert.is(await expectSpoilt(toyDefinition(poking), rows, 4, /live object 4 /), 'toy: place');
});

broken('is not what its program is, that fills objects and writes past them', async () => {
  const rows = [
    ...allocations(1, 4, 64),
    'fill,2,0,0,0,0,,,,85',
    'overrun,2,200,0,0,0,,,,170',
    'overrun,1,1,0,0,0,,,,7',
    'realloc,2,40,0',
    'fill,3,0,0,0,0,,,,0',
    ...['free,3,0,0', 'free,2,0,0', 'free,1,0,0'],
  ];
  await expectIntact(toyDefinition(), rows);
});

broken('is caught in what the program filled, and its overruns are mentioned', async () => {
  const rows = [
    ...allocations(1, 2, 64),
    'fill,2,0,0,0,0,,,,85',
    'overrun,1,8,0,0,0,,,,7',
    'alloc,3,48,0',
    'free,2,0,0',
  ];
  await expectSpoilt(
    toyDefinition(spoilsNeighbourAt(48)),
    rows,
    4,
    /live object 2 .*, not 0x55 as it was stored; noticed at operation 5 \(free\); the program itself overran its objects before, 1 times/,
  );
});

broken.run();
