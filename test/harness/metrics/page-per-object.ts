import { blockPlacement, NULL, OP, TextTable, type OpName, type Trace } from '../../../traces/trace';
import { HEAP_BASE, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import type { Machine } from '../../../harness/machine/machine';
import type { Engine, EngineDefinition } from '../../../harness/replay/port';
import { createStack, type Stack } from '../../../harness/replay/stack';

/**
 * An engine simple enough to compute by hand: every object has a page of its own, 8 bytes of header hold its size,
 * the rest of the page is a hole. An allocation is a lock, one store and 5 instructions; a free one load.
 */

const HEADER_BYTES = 8;

export const pagePerObject: EngineDefinition = {
  name: 'page-per-object',
  version: 3,
  summary: 'a page for every object',
  lineage: 'none: for tests',
  constants: { headerBytes: HEADER_BYTES, granuleBytes: 8, blockBytesMin: 8, requestBytesMax: 4000 },
  options: {
    pages: { kind: 'integer', summary: 'pages there are', smallest: 1, largest: 1000, byDefault: 4 },
  },
  capabilities: [],
  bounds: [
    { verb: 'alloc', unit: 'accesses', most: 3, statement: 'lock, header, unlock', source: 'its four lines' },
  ],
  quirks: [],
  placementsForm: 'xen',
  create: (machine, { pages }) => makeEngine(machine, Number(pages)),
};

function makeEngine(machine: Machine, pages: number): Engine {
  const ledger = machine.openLedger(PAGE_BYTES);
  const lock = machine.defineLock('pages', machine.reserve('lock', 4));
  const { place } = machine.defineSteps('page-per-object', {
    place: { instructions: 5, event: 'pagesTaken' },
  });
  const granted = (page: number) => HEADER_BYTES + Math.ceil(machine.peek(page) / 8) * 8;
  return {
    start: () => undefined,
    allocate(sizeBytes) {
      for (let page = HEAP_BASE; page < HEAP_BASE + pages * PAGE_BYTES; page += PAGE_BYTES) {
        if (!ledger.holds(page, 1)) {
          machine.lock(lock);
          ledger.take(page, PAGE_BYTES);
          machine.store(page, sizeBytes);
          machine.work(place);
          machine.unlock(lock);
          return blockPlacement(page + HEADER_BYTES);
        }
      }
      return NULL;
    },
    free(object) {
      machine.load(object - HEADER_BYTES);
      ledger.give(object - HEADER_BYTES, PAGE_BYTES);
    },
    blockAt: (object) => ({
      start: object - HEADER_BYTES,
      bytes: granted(object - HEADER_BYTES),
      headerBytes: HEADER_BYTES,
    }),
    walk(visit) {
      ledger.runs(({ address, bytes }) => {
        for (let page = address; page < address + bytes; page += PAGE_BYTES) {
          visit(page, granted(page), 'allocated');
          visit(page + granted(page), PAGE_BYTES - granted(page), 'free');
        }
      });
    },
    check: () => undefined,
  };
}

export function stackOf(
  definition: EngineDefinition,
  machine: Pick<ConstructorParameters<typeof Machine>[0], 'drain'>,
): Stack {
  return createStack(definition, {}, { heapPages: 16, virtualPages: 0, ...machine }, () => definition);
}

/** A trace of the events in a text: `alloc 1 100, free 1`. */
export function traceOf(text: string): Trace {
  const events = text.split(/,\s*/).map((event) => {
    const [op, id, size] = event.split(' ');
    return { op: OP[op as OpName], id: Number(id), size: Number(size ?? 0) };
  });
  const header = { name: 'by-hand', origin: { kind: 'recorded', format: 'test' } } as const;
  return {
    header,
    open() {
      let next = 0;
      return Promise.resolve({
        header,
        texts: new TextTable(),
        next(event) {
          const row = events[next++];
          if (row === undefined) {
            return false;
          }
          event.set(row.op, row.id, row.size, 0);
          return true;
        },
        refill: () => Promise.resolve(false),
        identity: () => 'ab'.repeat(32),
        close: () => Promise.resolve(),
      });
    },
  };
}
