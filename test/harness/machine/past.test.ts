import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import * as path from 'node:path';
import { allEngines, engineNamed } from '../../../allocators/registry';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import { ForeignModule } from '../../../harness/foreign/foreign-module';
import { JOURNAL_ROWS, WORD } from '../../../harness/foreign/memory-map';
import { WriteJournal } from '../../../harness/foreign/write-journal';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Machine } from '../../../harness/machine/machine';
import type { Past } from '../../../harness/machine/past';
import { HeapHistory } from '../../../harness/metrics/heap-history';
import { HeapWalkRecorder } from '../../../harness/metrics/heap-walk';
import type { EngineDefinition } from '../../../harness/replay/port';
import { replay, type ReplayObserver } from '../../../harness/replay/replay';
import { createStack, type Stack } from '../../../harness/replay/stack';
import type { Trace } from '../../../traces/trace';
import { traceOf } from '../replay/toy-engine';
import { cEngine } from '../foreign/c-engine';
import { handMade, NOTHING_ENGINE } from '../foreign/wat';

const ENGINES: readonly EngineDefinition[] = [
  loadEngine(path.join(__dirname, '../foreign/journal.c')),
  cEngine('first-fit'),
  cEngine('tlsf'),
  ...allEngines().filter(({ isAllInMemory }) => isAllInMemory === true),
];

const pastOf = ({ engine, machine }: Stack): Past | undefined => engine.past ?? machine.past;

const stackOf = (definition: EngineDefinition, keepsPast: boolean): Stack =>
  createStack(definition, {}, { heapPages: 24, virtualPages: 0, keepsPast }, engineNamed);

/** Heap, frame table and all, and what is held. */
function memoryOf({ layout, ledger, peek8 }: Machine, machine: Machine): string {
  const runs: unknown[] = [];
  ledger.runs((run) => runs.push(run));
  const bytes = Array.from({ length: layout.limit - HEAP_BASE }, (_, at) =>
    peek8.call(machine, HEAP_BASE + at),
  );
  return `${JSON.stringify(runs)} ${Buffer.from(bytes).toString('base64')}`;
}

/** Remembers the memory after some events, and when that was; blocks end there. */
class Witness implements ReplayObserver {
  readonly seen: { readonly moment: number; readonly memory: string }[] = [];

  constructor(private readonly every: number) {}

  operation({ eventIndex, stack }: Parameters<ReplayObserver['operation']>[0]): void {
    this.look(eventIndex, stack, pastOf(stack)!.now!);
  }

  performed(...[state, rows, , until]: Parameters<NonNullable<ReplayObserver['performed']>>): void {
    const { eventIndex, stack } = state;
    const moment = pastOf(stack)!.after(until - 1);
    assert.is(rows.firstEvent + until - 1, eventIndex);
    this.look(eventIndex, stack, moment);
  }

  nextLook(event: number): number {
    return Math.ceil(event / this.every) * this.every;
  }

  private look(event: number, { machine }: Stack, moment: number): void {
    if (event % this.every === 0) {
      this.seen.push({ moment, memory: memoryOf(machine, machine) });
    }
  }
}

/** Allocations and frees of few objects, more at a time than the heap has room for. */
const traces = fc
  .array(fc.record({ id: fc.nat(40), size: fc.oneof(fc.nat(300), fc.nat(9000)) }), {
    minLength: 30,
    maxLength: 200,
    size: 'max',
  })
  .map((rows): Trace => {
    const live = new Set<number>();
    return traceOf(
      rows.map(({ id, size }) => {
        const isFree = live.delete(id);
        if (!isFree) {
          live.add(id);
        }
        return isFree ? `free,${id},0,0` : `alloc,${id},${size},0`;
      }),
    );
  });

const test = suite('an engine whose writes are kept');

for (const definition of ENGINES) {
  test(`${definition.name}: has its memory as it was at any moment`, () =>
    fc.assert(
      fc.asyncProperty(traces, fc.constantFrom(0, 7, 1024), async (trace, blockEventsMax) => {
        const stack = stackOf(definition, true);
        const witness = new Witness(13);
        await replay(trace, stack, [witness], { blockEventsMax });
        const past = pastOf(stack);
        for (const { moment, memory } of [...witness.seen.slice().reverse(), ...witness.seen]) {
          past!.standAt(moment);
          assert.ok(memoryOf(stack.machine, stack.machine) === memory, `at ${moment}`);
        }
      }),
      { seed: 20261129, numRuns: 4 },
    ));

  test(`${definition.name}: is walked afterwards as it would have been in another replay`, () =>
    fc.assert(
      fc.asyncProperty(traces, fc.constantFrom(0, 7, 1024), async (trace, blockEventsMax) => {
        const pinned = new Set([3, 20, 21]);
        const stack = stackOf(definition, true);
        const history = new HeapHistory(stack, pastOf(stack)!, 200);
        const { events } = await replay(trace, stack, [history], { blockEventsMax });
        const recorder = new HeapWalkRecorder(pinned);
        await replay(trace, stackOf(definition, false), [recorder]);
        const wanted = { operations: [], walkAt: pinned, lastOperation: events - 1 };
        assert.equal(history.lookBack(wanted), { sights: new Map(), heapWalk: recorder.finish() });
      }),
      { seed: 20261129, numRuns: 6 },
    ));
}

test('keeps nothing unless it is asked to', () => {
  for (const definition of ENGINES) {
    assert.is(pastOf(stackOf(definition, false)), undefined);
  }
});

test('keeps nothing of a module that knows something outside its memory', () => {
  const knowing = (globals: readonly number[]): boolean =>
    new ForeignModule(handMade({ ...NOTHING_ENGINE, globals })).isAllInMemory;
  // The stack pointer is at rest between two calls.
  assert.ok(knowing([]) && knowing([65_536]));
  assert.not.ok(knowing([65_536, 0]));
});

test.run();

const journal = suite('the journal of writes');

journal('is given up where more is written than it keeps', () => {
  const words = new Int32Array(1024);
  const memory = new WebAssembly.Memory({ initial: HEAP_BASE / 0x1_0000 });
  const subject = new WriteJournal(memory, words, () => undefined);
  subject.begin();
  for (let full = 0; full < 128; full++) {
    words[WORD.journalCount]! += JOURNAL_ROWS;
    subject.full();
    assert.is(subject.now, words[WORD.journalCount]);
  }
  words[WORD.journalCount]! += JOURNAL_ROWS;
  subject.full();
  assert.is(subject.now, undefined);
});

journal.run();
