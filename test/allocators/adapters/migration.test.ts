import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Migration } from '../../../allocators/adapters/migration';
import { engineNamed } from '../../../allocators/registry';
import { Machine } from '../../../harness/machine/machine';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { OP, type Placement } from '../../../traces/trace';

/** Proposal 3: two engines on one page allocator, and the share of calls that has moved to the new one. */

const LIVE = 400;

test('the worst free falls with the share of calls that moved, from first-fit down to TLSF', () => {
  const worst = [0, 25, 50, 75, 100].map((share) => stormOf(share).worstFreeAccesses);
  for (let index = 1; index < worst.length; index++) {
    assert.ok(worst[index]! < worst[index - 1]!, worst.join(' > '));
  }
  assert.ok(worst[0]! > LIVE && worst[2]! < 0.65 * worst[0]! && worst[4]! <= 60, worst.join(', '));
});

test('with nothing moved it is the old engine, with everything moved the new one', () => {
  assert.equal(stormOf(0).placements, stormOn('xmalloc-first-fit', {}).placements);
  assert.equal(stormOf(100).placements, stormOn('xmalloc-tlsf-2008', {}).placements);
});

test('both engines hold pages of one page allocator, and their walks tile them', () => {
  const { stack, heldPages } = stormOf(50);
  stack.engine.check();
  let bytes = 0;
  stack.engine.walk((_start, each) => {
    bytes += each;
  });
  assert.is(bytes, stack.machine.ledger.heldBytes);
  assert.ok(heldPages > LIVE);
});

test('a call site that has moved at one share has moved at every larger one', () => {
  const sites = Array.from({ length: 1000 }, (_, index) => `file.c:${index}`);
  const moved = (share: number) => {
    const migration = migrationOf(share);
    return sites.filter((site) => {
      migration.callSite(site);
      return migration.hasMoved();
    });
  };
  const quarter = moved(25);
  const half = new Set(moved(50));
  assert.ok(quarter.every((site) => half.has(site)));
  assert.ok(quarter.length > 200 && quarter.length < 300, `${quarter.length} of 1000 sites`);
  assert.is(moved(0).length, 0);
  assert.is(moved(100).length, 1000);
});

test('calls without a site move in their turn', () => {
  const migration = migrationOf(25);
  const moved = Array.from({ length: 12 }, () => migration.hasMoved());
  assert.is(moved.filter(Boolean).length, 3);
  assert.equal(moved.slice(0, 4), [false, false, false, true]);
});

test.run();

function migrationOf(share: number): Migration {
  const machine = new Machine({ heapPages: 1, virtualPages: 1 });
  const migration = new Migration(machine, share);
  machine.boot(() => migration.start());
  return migration;
}

interface StormOutcome {
  readonly stack: Stack;
  readonly placements: readonly Placement[];
  readonly worstFreeAccesses: number;
  readonly heldPages: number;
}

function stormOf(share: number): StormOutcome {
  return stormOn('xmalloc-subpage', { share: String(share) });
}

/** Half-page objects, all of which leave a fragment in first-fit; then each is freed and replaced. */
function stormOn(name: string, options: Readonly<Record<string, string>>): StormOutcome {
  let worstFreeAccesses = 0;
  const stack = createStack(
    engineNamed(name),
    options,
    {
      heapPages: 2048,
      virtualPages: 1 << 16,
      drain: (batch) => {
        let start = 0;
        let operation = 0;
        for (let segment = 0; segment < batch.segmentCount; segment++) {
          if ((batch.segmentFlags[segment]! & 0x100) === 0) {
            continue;
          }
          const end = batch.segmentEnds[segment]!;
          if (batch.operationCodes[operation++] === OP.free) {
            worstFreeAccesses = Math.max(worstFreeAccesses, end - start);
          }
          start = end;
        }
      },
    },
    engineNamed,
  );
  const { engine, machine } = stack;
  const size = (index: number) => 2000 + ((index * 7919) % 1700);
  const placements: Placement[] = [];
  const allocate = (index: number) => {
    machine.stream.beginOperation(index, OP.alloc, index, size(index), 0);
    placements[index] = engine.allocate(size(index), 0);
    machine.stream.endOperation(placements[index]!);
  };
  for (let index = 0; index < LIVE; index++) {
    allocate(index);
  }
  const heldPages = machine.ledger.heldBytes / 4096;
  for (let index = 0; index < LIVE; index++) {
    machine.stream.beginOperation(index, OP.free, index, 0, 0);
    engine.free(placements[index]!, size(index), 0);
    machine.stream.endOperation(placements[index]!);
    allocate(LIVE + index);
  }
  machine.stream.flush();
  return { stack, placements, worstFreeAccesses, heldPages };
}
