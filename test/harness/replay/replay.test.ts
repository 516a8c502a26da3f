import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { HeapCorruption } from '../../../harness/machine/failures';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { replay, type ReplayObserver, type ReplayOptions } from '../../../harness/replay/replay';
import type { Stack } from '../../../harness/replay/stack';
import { InputError } from '../../../traces/input-error';
import { BUG, NULL, ZERO, type Placement, type Trace } from '../../../traces/trace';
import { toyStack, traceOf, type ToyVerbs } from './toy-engine';

/** A replay of rows on a toy: its report, the placements text without its header, what observers saw. */
async function replayed(rows: readonly string[], stack: Stack = toyStack(), options: ReplayOptions = {}) {
  const seen: string[] = [];
  const observer: ReplayObserver = {
    operation: (state, event, placement) =>
      seen.push(
        [state.eventIndex, event.id, placement >= 4096 ? placement - HEAP_BASE : `=${placement}`].join(' '),
      ),
  };
  let text = '';
  const placements = (chunk: Uint8Array) => void (text += Buffer.from(chunk).toString('latin1'));
  const report = await replay(traceOf(rows), stack, [observer], { ...options, placements });
  assert.is(report.placementsSha256, createHash('sha256').update(text).digest('hex'));
  return { report, seen, lines: text.trimEnd().split('\n').slice(1) };
}

async function rejects(run: Promise<unknown>, problem: RegExp): Promise<void> {
  try {
    await run;
  } catch (error) {
    assert.instance(error, InputError);
    assert.match((error as InputError).message, problem);
    assert.not.match((error as InputError).message, /\n/);
    return;
  }
  assert.unreachable(`expected an InputError: ${problem}`);
}

const ok = suite('a replay that goes well');

ok('reports what ran, and where everything was placed', async () => {
  const { report, seen, lines } = await replayed([
    'alloc,5,100,0',
    'alloc,9,1,64',
    'free,5,0,0',
    'alloc,5,16,0',
  ]);
  assert.equal(lines, ['0,alloc,5,0x0', '1,alloc,9,0x80', '2,free,5,-', '3,alloc,5,0x90']);
  assert.equal(seen, ['0 5 0', '1 9 128', '2 5 =3', '3 5 144']);
  assert.equal(report.outcome, { kind: 'ok', failedAllocations: 0, firstFailureIndex: undefined });
  assert.equal(
    [report.events, report.operations, report.skippedEvents, report.liveObjectsAtEnd],
    [4, 4, 0, 2],
  );
});

ok('keeps the books as each operation changes them', async () => {
  const books: number[][] = [];
  const observer: ReplayObserver = {
    operation: ({ liveObjects, liveBytes, grantedBytes, heldBytes, allocatedBytes }) =>
      books.push([liveObjects, liveBytes, grantedBytes, heldBytes / 4096, allocatedBytes]),
  };
  const rows = ['alloc,1,10,0', 'alloc,2,20,0', 'realloc,1,40,0', 'free,2,0,0', 'free,1,0,0'];
  await replay(traceOf(rows), toyStack(), [observer]);
  assert.equal(books, [
    [1, 10, 16, 64, 10],
    [2, 30, 48, 64, 30],
    [2, 60, 80, 64, 70],
    [1, 40, 48, 64, 70],
    [0, 0, 0, 64, 70],
  ]);
});

ok('counts failed allocations and skips what later happens to their objects', async () => {
  const { report, seen, lines } = await replayed([
    'alloc,1,16,0',
    'alloc,2,10000000,0',
    'realloc,2,20,0',
    'free,2,0,0',
    'alloc,3,10000000,0',
    'free,1,0,0',
  ]);
  assert.equal(report.outcome, { kind: 'ok', failedAllocations: 2, firstFailureIndex: 1 });
  assert.equal(lines.slice(1, 5), ['1,alloc,2,NULL', '2,realloc,2,-', '3,free,2,-', '4,alloc,3,NULL']);
  assert.equal([report.operations, report.skippedEvents, report.liveObjectsAtEnd], [4, 2, 0]);
  assert.equal(seen, ['0 1 0', '1 2 =0', '4 3 =0', '5 1 =3']);
});

ok('takes ZERO for an object without a block that is freed all the same, BUG for a failure', async () => {
  const freed: Placement[] = [];
  const verbs: ToyVerbs = (_machine, plain) => ({
    allocate: (bytes, align) => (bytes === 0 ? ZERO : bytes === 1 ? BUG : plain.allocate(bytes, align)),
    free: (object) => void freed.push(object),
  });
  const rows = ['alloc,1,0,0', 'alloc,2,1,0', 'free,1,0,0', 'free,2,0,0'];
  const { report, lines } = await replayed(rows, toyStack(verbs));
  assert.equal(lines, ['0,alloc,1,ZERO', '1,alloc,2,BUG', '2,free,1,-', '3,free,2,-']);
  assert.equal(report.outcome, { kind: 'ok', failedAllocations: 1, firstFailureIndex: 1 });
  assert.equal(freed, [ZERO]);
});

ok('tells the engine the size and alignment that the caller remembers', async () => {
  const freed: unknown[] = [];
  const verbs: ToyVerbs = () => ({ free: (_object, bytes, align) => void freed.push([bytes, align]) });
  await replayed(['alloc,1,77,64', 'alloc,2,5,0', 'free,2,0,0', 'free,1,0,0'], toyStack(verbs));
  assert.equal(freed, [
    [5, 0],
    [77, 64],
  ]);
});

ok('tells the engine where it was called from, before the verb', async () => {
  const calls: string[] = [];
  const verbs: ToyVerbs = (_machine, plain) => ({
    callSite: (site, call) => void calls.push(`${site}/${call}`),
    allocate: (bytes, align) => {
      calls.push('allocate');
      return plain.allocate(bytes, align);
    },
  });
  await replayed(['alloc,1,8,0,0,0,0,boot,xzalloc', 'alloc,2,8,0'], toyStack(verbs));
  assert.equal(calls, ['boot/xzalloc', 'allocate', '/', 'allocate']);
});

ok('names the trace by its events, however the replay went', async () => {
  const rows = ['alloc,1,8,0', 'free,1,0,0'];
  const [one, other] = [
    await replayed(rows),
    await replayed(
      rows,
      toyStack(() => ({ allocate: () => NULL })),
    ),
  ];
  assert.match(one.report.traceSha256!, /^[0-9a-f]{64}$/);
  assert.is(one.report.traceSha256, other.report.traceSha256);
  assert.is.not(one.report.placementsSha256, other.report.placementsSha256);
});

ok('says how far it is', async () => {
  const rows = Array.from({ length: 200_000 }, (_, index) =>
    index % 2 === 0 ? 'alloc,1,0,0' : 'free,1,0,0',
  );
  const told: number[] = [];
  const verbs: ToyVerbs = () => ({ allocate: () => ZERO });
  await replayed(rows, toyStack(verbs), { progress: (events) => told.push(events) });
  assert.equal(told, [65_536, 131_072, 196_608]);
});

ok.run();

const stopped = suite('a replay that is stopped');

const failing: readonly [kind: string, verbs: ToyVerbs, problem: RegExp][] = [
  ['corrupt', () => ({ free: (object) => corruption(object) }), /red zone overwritten/],
  ['faulted', (machine) => ({ free: () => void machine.load(8) }), /access to 0x8 .*null pointer/],
  ['runaway', (machine) => ({ free: () => chaseForEver(machine) }), /limit of 65536 memory accesses/],
  ['corrupt', (_machine, plain) => ({ free: () => void plain, allocate: () => at(64) }), /over a live one/],
  ['corrupt', () => ({ allocate: (_bytes, align) => at(align === 0 ? 0 : 8) }), /not aligned to 64/],
  ['corrupt', () => ({ allocate: (bytes) => at(bytes === 300 ? 64 * 4096 - 256 : 0) }), /outside the memory/],
];

for (const [kind, verbs, problem] of failing) {
  stopped(`says that it is ${kind}, ${problem.source}, at which operation`, async () => {
    const stack = toyStack((machine, plain) => {
      const steps = machine.defineSteps('toy', { search: { instructions: 1 } });
      const changed = verbs(machine, plain);
      return {
        ...changed,
        allocate: (bytes, align) => {
          machine.work(steps.search);
          return (changed.allocate ?? plain.allocate)(bytes, align);
        },
      };
    });
    const rows = [
      'alloc,1,100,0',
      ...(/live one/.test(problem.source) ? [] : ['free,1,0,0']),
      'alloc,2,300,64',
    ];
    const { report, lines, seen } = await replayed(rows, stack);
    const { outcome } = report;
    assert.is(outcome.kind, kind);
    if (outcome.kind === 'ok' || outcome.kind === 'unsupported') {
      return assert.unreachable();
    }
    assert.match(outcome.problem, problem);
    assert.is(outcome.index, lines.length);
    assert.is(outcome.lastStep, 'toy: search');
    assert.equal([outcome.op, outcome.id], rows[outcome.index]!.split(',').slice(0, 2).map((cell, index) => (index === 0 ? cell : Number(cell)))); // prettier-ignore
    assert.is(seen.length, lines.length);
    assert.is(report.traceSha256, undefined);
    assert.is(report.events, outcome.index);
  });
}

function corruption(block: number): never {
  throw new HeapCorruption(block, 'red zone overwritten');
}

function chaseForEver(machine: Stack['machine']): never {
  for (;;) {
    machine.chase(HEAP_BASE);
  }
}

const at = (offset: number) => (HEAP_BASE + offset) as Placement;

stopped('because the engine lacks a verb says which', async () => {
  for (const [row, verb] of [
    ['alignedalloc,2,8,64,4', 'alignedAllocate'],
    ['msize,1,0,0', 'usableSize'],
    ['compact,0,0,0', 'compact'],
    ['check,0,0,0', 'poolCheck'],
    ['dump,0,0,0', 'dump'],
    ['enter,0,0,0', 'scopes'],
    ['temp,2,8,0', 'scopes'],
    ['freeall,0,0,0', 'scopes'],
  ] as const) {
    const { report } = await replayed(['alloc,1,8,0', row, 'free,1,0,0']);
    const op = row.split(',')[0];
    const reason = `toy has no ${verb}, which the operation "${op}" needs`;
    assert.equal(report.outcome, { kind: 'unsupported', index: 1, verb, reason });
    assert.is(report.events, 1);
  }
});

stopped('by an error that is nobody of the three fails itself', async () => {
  const stack = toyStack(() => ({
    allocate: () => {
      throw new TypeError('a defect of the engine');
    },
  }));
  try {
    await replayed(['alloc,1,8,0'], stack);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

stopped('still closes its source', async () => {
  const trace = traceOf(['alloc,1,8,0', 'check,0,0,0']);
  let closed = 0;
  const watched: Trace = {
    header: trace.header,
    open: async () => {
      const source = await trace.open();
      const close = source.close.bind(source);
      source.close = () => {
        closed++;
        return close();
      };
      return source;
    },
  };
  await replay(watched, toyStack(), []);
  assert.is(closed, 1);
});

stopped.run();

const ids = suite('ids');

ids('that live already or live no more are the fault of the trace', async () => {
  await rejects(
    replayed(['alloc,7,8,0', 'alloc,7,8,0']),
    /^event 1: alloc of object 7, which is live already$/,
  );
  await rejects(
    replayed(['alloc,7,8,0', 'free,7,0,0', 'free,7,0,0']),
    /^event 2: free of object 7, which is not live$/,
  );
  for (const row of ['realloc,1,8,0', 'msize,1,0,0', 'overrun,1,1,0', 'fill,1,0,0']) {
    const stack = toyStack(() => ({ usableSize: () => 16 }));
    await rejects(replayed([row], stack), /^event 0: \w+ of object 1, which is not live$/);
  }
});

ids('may be huge, and come back once freed', async () => {
  const huge = Number.MAX_SAFE_INTEGER;
  const rows = [`alloc,${huge},8,0`, `alloc,${huge - 1},8,0`, `free,${huge},0,0`, `alloc,${huge},8,0`];
  const { report, lines } = await replayed(rows);
  assert.is(report.outcome.kind, 'ok');
  assert.is(lines[3], `3,alloc,${huge},0x20`);
});

ids.run();
