import { suite } from 'uvu';
import { engineNamed } from '../../../allocators/registry';
import type { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { isBlock, type Placement } from '../../../traces/trace';
import { brokenDefinition, type Break } from '../conformance/broken-engines';
import { allocations, expectIntact, expectSpoilt } from './payload-watch';
import { toyDefinition, type ToyVerbs } from './toy-engine';

const carried = suite('a realloc or move');

const copying =
  (copy: (machine: Machine, to: number, from: number, bytes: number) => void): Break =>
  (heap, machine) => ({
    reallocate(object, bytes, align, oldBytes) {
      const moved = heap.allocate(bytes, align);
      if (isBlock(moved) && isBlock(object)) {
        copy(machine, moved, object, Math.min(bytes, oldBytes));
        heap.free(object, oldBytes, 0);
      }
      return moved;
    },
  });

const RESIZES = ['alloc,1,200,0', 'alloc,2,64,0', 'realloc,1,300,0', 'free,1,0,0'];

carried('that copies everything is sound', async () => {
  await expectIntact(
    brokenDefinition(copying((machine, to, from, bytes) => machine.copy(to, from, bytes))),
    RESIZES,
  );
});

carried('that copies too little is caught at once', async () => {
  const short = copying((machine, to, from, bytes) => machine.copy(to, from, bytes - 8));
  await expectSpoilt(
    brokenDefinition(short),
    RESIZES,
    2,
    /^byte 19[2-9] of live object 1 .*as it was stored$/,
  );
});

carried('that shifts what it copies is caught', async () => {
  const shifted = copying((machine, to, from, bytes) => machine.copy(to, from + 4, bytes));
  await expectSpoilt(brokenDefinition(shifted), RESIZES, 2, /^byte [0-3] of live object 1 /);
});

carried('that copies the wrong object is caught', async () => {
  const wrong = copying((machine, to, from, bytes) => machine.copy(to, from + 208, Math.min(bytes, 64)));
  await expectSpoilt(brokenDefinition(wrong), RESIZES, 2, /^byte [0-3] of live object 1 /);
});

carried('that fails must leave the old object as it was', async () => {
  const careless: Break = (_, machine) => ({
    reallocate(object) {
      machine.store(object, 0);
      return 0 as Placement;
    },
  });
  await expectSpoilt(brokenDefinition(careless), RESIZES, 2, /^byte [0-3] of live object 1 /);
});

carried('may lose contents where a quirk says so, and there alone', async () => {
  const losing = copying(() => undefined);
  const breaks = {
    guarantee: 'kept',
    by: ({ sizeBytes }: { sizeBytes: number }) => sizeBytes === 300,
  } as const;
  const quirks = [{ name: 'loses', summary: 'loses', source: 'made up', breaks }];
  await expectIntact(brokenDefinition(losing, { quirks }), RESIZES);
  const rows = RESIZES.map((row) => row.replace('300', '301'));
  await expectSpoilt(brokenDefinition(losing, { quirks }), rows, 2, /live object 1 /);
});

carried('that swaps two objects is caught', async () => {
  const swapping: ToyVerbs = (machine) => ({
    compact(onMove) {
      const [one, other] = [HEAP_BASE, HEAP_BASE + 64] as Placement[];
      const spare = (HEAP_BASE + 4096) as Placement;
      const swapsBytes = machine.peek(HEAP_BASE + 8192) === 0;
      if (swapsBytes) {
        machine.copy(spare, one!, 64);
        machine.copy(one!, other!, 64);
        machine.copy(other!, spare, 64);
        machine.store(HEAP_BASE + 8192, 1);
      }
      onMove(one!, spare);
      onMove(other!, one!);
      onMove(spare, other!);
      return true;
    },
  });
  const toy = toyDefinition(swapping, { capabilities: ['compact'] });
  const objects = allocations(1, 2, 64);
  await expectIntact(toy, [...objects, 'compact,0,0,0', 'free,1,0,0', 'free,2,0,0']);
  await expectSpoilt(toy, [...objects, 'compact,0,0,0', 'compact,0,0,0'], 3, /live object/);
});

carried('is emulated for engines without one, in the virtual area without a copy', async () => {
  await expectIntact(engineNamed('vmalloc'), RESIZES);
});

carried.run();
