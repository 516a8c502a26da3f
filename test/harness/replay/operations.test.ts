import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Engine } from '../../../harness/replay/port';
import { replay, type ReplayOptions } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { InputError } from '../../../traces/input-error';
import { NOTHING, NULL, VIRTUAL_BASE, ZERO, type Placement } from '../../../traces/trace';
import { toyStack, traceOf, type ToyVerbs } from './toy-engine';

/** The report of a replay on a toy that logs every call of `verbs`, the log, and the machine. */
async function logged(rows: readonly string[], verbs: ToyVerbs, options: ReplayOptions = {}) {
  const log: string[] = [];
  const stack = toyStack((machine, plain) => {
    const changed: Partial<Engine> = verbs(machine, plain);
    const told: Record<string, unknown> = {};
    for (const [name, verb] of Object.entries({ allocate: plain.allocate, free: plain.free, ...changed })) {
      told[name] =
        typeof verb === 'function'
          ? (...args: number[]) => {
              log.push([name, ...args.map(offsetText)].join(' '));
              return (verb as (...args: number[]) => unknown)(...args);
            }
          : verb;
    }
    return told as Partial<Engine>;
  });
  const report = await replay(traceOf(rows), stack, [], options);
  return { report, log, machine: stack.machine };
}

const offsetText = (value: unknown) =>
  typeof value === 'number' && value >= HEAP_BASE ? `@${value - HEAP_BASE}` : String(value);

const at = (offset: number) => (HEAP_BASE + offset) as Placement;

const resizing = suite('realloc');

resizing('is allocate, copy, free on an engine without one, and counted', async () => {
  const fill = (id: number, value: number) => `fill,${id},0,0,0,0,0,,,${value}`;
  const rows = [
    'alloc,1,48,64',
    'alloc,2,16,0',
    fill(1, 171),
    fill(2, 85),
    'realloc,1,100,0',
    'realloc,1,8,0',
    'free,1,0,0',
  ];
  const { report, log, machine } = await logged(rows, () => ({}));
  assert.equal(log, [
    'allocate 48 64',
    'allocate 16 0',
    'allocate 100 0',
    'free @0 48 64',
    'allocate 8 0',
    'free @64 100 0',
    'free @176 8 0',
  ]);
  assert.is(report.emulatedReallocs, 2);
  const bytes = (...offsets: number[]) => offsets.map((offset) => machine.peek8(HEAP_BASE + offset));
  assert.equal(bytes(64, 64 + 47, 64 + 48), [171, 171, 0]);
  assert.equal(bytes(176, 176 + 7, 176 + 8), [171, 171, 0]);
});

resizing('that cannot be had leaves the object, emulated or not', async () => {
  for (const verbs of [() => ({}), () => ({ reallocate: () => NULL })] satisfies ToyVerbs[]) {
    const { report, log } = await logged(['alloc,1,48,0', 'realloc,1,10000000,0', 'free,1,0,0'], verbs);
    assert.equal(report.outcome, { kind: 'ok', failedAllocations: 1, firstFailureIndex: 1 });
    assert.is(log.at(-1), 'free @0 48 0');
  }
});

resizing('to nothing frees the block and keeps the id, as a null pointer', async () => {
  const rows = [
    'alloc,1,48,0',
    'realloc,1,0,0',
    'realloc,1,32,0',
    'realloc,1,0,0',
    'free,1,0,0',
    'alloc,1,1,0',
  ];
  const emulated = await logged(rows, () => ({}));
  assert.is(emulated.report.outcome.kind, 'ok');
  assert.is(emulated.report.liveObjectsAtEnd, 1);
  const own = await logged(rows, (_machine, plain) => ({
    reallocate: (_object, bytes, align) => (bytes === 0 ? NULL : plain.allocate(bytes, align)),
  }));
  const zero = String(ZERO);
  assert.equal(own.log, [
    'allocate 48 0',
    'reallocate @0 0 0 48',
    `reallocate ${zero} 32 0 0`,
    'reallocate @48 0 0 32',
    `free ${zero} 0 0`,
    'allocate 1 0',
  ]);
});

resizing('is refused on an engine without one when the caller wants the verb', async () => {
  const { report } = await logged(['alloc,1,8,0', 'realloc,1,9,0'], () => ({}), { realloc: 'verb' });
  assert.is(report.outcome.kind, 'unsupported');
});

resizing('of the engine is told the old size, and its result is judged like any placement', async () => {
  const { report, log } = await logged(['alloc,1,48,0', 'alloc,2,16,0', 'realloc,1,100,0'], () => ({
    reallocate: (object) => object,
  }));
  assert.is(log.at(-1), 'reallocate @0 100 0 48');
  assert.is(report.outcome.kind, 'corrupt');
});

resizing.run();

const rarer = suite('the rarer verbs');

rarer('alignedalloc passes alignment, offset and span, and is free to be unaligned', async () => {
  const { report, log } = await logged(['alignedalloc,1,16,64,8,4096', 'free,1,0,0'], () => ({
    alignedAllocate: () => at(72),
  }));
  assert.equal(log, ['alignedAllocate 16 64 8 4096', 'free @72 16 0']);
  assert.is(report.outcome.kind, 'ok');
});

rarer('msize makes what it says the size of the object', async () => {
  const { log, report } = await logged(['alloc,1,10,0', 'msize,1,0,0', 'free,1,0,0'], () => ({
    usableSize: () => 16,
  }));
  assert.equal(log, ['allocate 10 0', 'usableSize @0', 'free @0 16 0']);
  assert.is(report.outcome.kind, 'ok');
  const lying = await logged(['alloc,1,10,0', 'alloc,2,1,0', 'msize,1,0,0'], () => ({
    usableSize: () => 17,
  }));
  assert.is(lying.report.outcome.kind, 'corrupt');
});

rarer('compact moves the objects, and the oracle watches', async () => {
  const rows = ['alloc,1,16,0', 'alloc,2,40,0', 'free,1,0,0', 'compact,0,0,0', 'free,2,0,0'];
  const slides = await logged(rows, () => ({
    compact: (onMove) => {
      onMove(at(16), at(0));
      return true;
    },
  }));
  assert.is(slides.report.outcome.kind, 'ok');
  assert.is(slides.log.at(-1), 'free @0 40 0');
  const collides = await logged(['alloc,1,16,0', 'alloc,2,16,0', 'compact,0,0,0'], () => ({
    compact: (onMove) => {
      onMove(at(16), at(0));
      return true;
    },
  }));
  assert.is(collides.report.outcome.kind, 'corrupt');
});

rarer('compact follows an object that moves twice', async () => {
  const rows = ['alloc,1,16,0', 'compact,0,0,0', 'free,1,0,0'];
  const { log } = await logged(rows, () => ({
    compact: (onMove) => {
      onMove(at(0), at(32));
      onMove(at(32), at(64));
      return true;
    },
  }));
  assert.is(log.at(-1), 'free @64 16 0');
});

rarer('check and dump are the engine’s own operations', async () => {
  const { log } = await logged(['check,0,0,0', 'dump,0,0,0'], () => ({
    poolCheck: () => {},
    dump: () => {},
  }));
  assert.equal(log, ['poolCheck', 'dump']);
});

rarer('annotations of the audit pass by', async () => {
  const rows = ['alloc,1,8,0', 'return,1,0,0', 'store,1,0,0', 'use,1,0,0', 'ctxfree,0,0,0', 'heap,2,8,0'];
  const { report, log } = await logged(rows, () => ({}));
  assert.equal(log, ['allocate 8 0', 'allocate 8 0']);
  assert.equal([report.operations, report.skippedEvents], [2, 4]);
});

rarer.run();

const writes = suite('what the program itself writes');

writes('fills an object to its end, and no further', async () => {
  const rows = ['alloc,1,10,0', 'fill,1,0,0,0,0,0,,,255'];
  const { machine, log } = await logged(rows, () => ({}));
  assert.equal(
    [0, 9, 10].map((byte) => machine.peek8(HEAP_BASE + byte)),
    [255, 255, 0],
  );
  assert.equal(log, ['allocate 10 0']);
});

writes('overruns it from its end on, as far as told, and is counted', async () => {
  const rows = ['alloc,1,10,0', 'overrun,1,2,0,1,0,0,,,7', 'overrun,1,1,0,-11,0,0,,,9'];
  const { machine, report } = await logged(rows, () => ({}));
  assert.equal(
    [9, 10, 11, 12, 13].map((byte) => machine.peek8(HEAP_BASE + byte)),
    [0, 0, 7, 7, 0],
  );
  assert.is(report.overruns, 2);
});

writes('tells of alignments that were not honoured, also of one that a reallocation dropped', async () => {
  const rows = ['alloc,1,100,64', 'alloc,2,100,16', 'realloc,2,200,0', 'alloc,3,8192,65536'];
  const misaligned = async (name: string) => {
    const engine = createStack(engineNamed(name), {}, { heapPages: 1024, virtualPages: 32768 }, engineNamed);
    return (await replay(traceOf(rows), engine, [])).misalignedPlacements;
  };
  assert.is(await misaligned('xmalloc-tlsf'), 0);
  // Page allocators align to pages, and 64 KiB are sixteen of them.
  assert.is(await misaligned('vmalloc'), 1);
});

writes('faults where there is no memory', async () => {
  const { report } = await logged(['alloc,1,16,0', 'overrun,1,4,0,-20'], () => ({}));
  assert.is(report.outcome.kind, 'faulted');
});

writes('costs nothing', async () => {
  const { machine } = await logged(['alloc,1,64,0'], () => ({}));
  const { machine: written } = await logged(['alloc,1,64,0', 'fill,1,0,0', 'overrun,1,4,0'], () => ({}));
  assert.is(written.stream.entriesDrained, machine.stream.entriesDrained);
});

writes('into the virtual area is beyond a model, and skipped', async () => {
  const { report } = await logged(['alloc,1,16,0', 'fill,1,0,0'], () => ({
    allocate: () => VIRTUAL_BASE as Placement,
    blockAt: () => undefined,
  }));
  assert.equal([report.outcome.kind, report.skippedEvents], ['ok', 1]);
});

writes.run();

const scoped = suite('API scopes');

const scopeVerbs =
  (log: string[]): ToyVerbs =>
  (_machine, plain) => ({
    scopes: {
      enter: () => void log.push('enter'),
      leave: () => void log.push('leave'),
      temp: (bytes) => plain.allocate(bytes, 0),
      adopt: (object) => void log.push(`adopt ${offsetText(object)}`),
      freeAll: () => void log.push('freeAll'),
    },
  });

scoped('end their temporaries, the innermost first, and leave the rest', async () => {
  const log: string[] = [];
  const rows = [
    'enter,0,0,0',
    'temp,1,16,0',
    'enter,0,0,0',
    'temp,2,16,0',
    'heap,3,16,0',
    'leave,0,0,0',
    'alloc,2,16,0',
    'leave,0,0,0',
    'alloc,1,16,0',
    'free,3,0,0',
  ];
  const { report } = await logged(rows, scopeVerbs(log));
  assert.is(report.outcome.kind, 'ok');
  assert.is(report.liveObjectsAtEnd, 2);
  assert.equal(log, ['enter', 'enter', 'leave', 'leave']);
});

scoped('adopt objects, release them by freeall, and may go on afterwards', async () => {
  const log: string[] = [];
  const rows = [
    'heap,1,16,0',
    'enter,0,0,0',
    'adopt,1,0,0',
    'freeall,0,0,0',
    'alloc,1,16,0',
    'temp,2,8,0',
    'leave,0,0,0',
  ];
  const { report } = await logged(rows, scopeVerbs(log));
  assert.equal(log, ['enter', 'adopt @0', 'freeAll', 'leave']);
  assert.equal([report.outcome.kind, report.liveObjectsAtEnd], ['ok', 1]);
});

scoped('must be open', async () => {
  for (const row of ['leave,0,0,0', 'freeall,0,0,0', 'temp,1,8,0']) {
    try {
      await logged([row], scopeVerbs([]));
      assert.unreachable(row);
    } catch (error) {
      assert.instance(error, InputError, row);
      assert.match(
        (error as InputError).message,
        /^event 0: "\w+" outside any call; expected an "enter" before it$/,
      );
    }
  }
});

scoped.run();

const returned = suite('what an engine returns');

returned('is a placement, or the replay ends as corrupt', async () => {
  for (const [value, shown] of [
    [NaN, 'NaN'],
    [undefined, 'undefined'],
    [-16, '-16'],
    [NOTHING, '3'],
    [8, '8'],
    [4095, '4095'],
    [HEAP_BASE + 0.5, `${HEAP_BASE}.5`],
  ] as const) {
    const stack = toyStack(() => ({ allocate: () => value as Placement }));
    const { outcome } = await replay(traceOf(['alloc,1,16,0']), stack, []);
    assert.is(outcome.kind, 'corrupt', shown);
    if (outcome.kind !== 'corrupt') {
      return;
    }
    assert.is(outcome.problem, `the engine returned ${shown}, which is no placement`);
  }
});

returned.run();
