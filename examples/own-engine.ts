/**
 * An engine of one's own beside a registered one. Everything an engine knows lies in the machine's memory; `load`,
 * `chase` and `store` are what it is charged for, `peek` is for its observers.
 */
import { checkConformance, createStack, engineNamed, openTrace, replay } from 'alloc-replay';
import { blockPlacement, HEAP_BASE, HeapCorruption, isBlock, NULL, PAGE_BYTES as page } from 'alloc-replay';
import type { Engine, EngineDefinition, Machine } from 'alloc-replay';

/** A page for every object; the free ones hang on a list through their first words. */
function create(machine: Machine): Engine {
  const list = machine.reserve('free pages', 8);
  const { call } = machine.defineSteps('page-per-object', { call: { instructions: 9 } });
  machine.openLedger(page);
  const push = (address: number) => {
    machine.work(call);
    machine.store(address, machine.load(list));
    machine.store(list, address);
  };
  return {
    start: () => {
      for (let at = 0; at < machine.layout.heapBytes; at += page) {
        push(HEAP_BASE + at);
      }
    },
    allocate: (sizeBytes) => {
      machine.work(call);
      const address = machine.load(list);
      if (sizeBytes > page || address === 0) {
        return NULL;
      }
      machine.store(list, machine.chase(address));
      machine.ledger.take(address, page);
      return blockPlacement(address);
    },
    free: (object) => {
      if (!isBlock(object)) {
        return;
      }
      push(object);
      machine.ledger.give(object, page);
    },
    blockAt: (object) =>
      machine.ledger.holds(object, page) ? { start: object, bytes: page, headerBytes: 0 } : undefined,
    walk: (visit) =>
      machine.ledger.runs(({ address, bytes }) => {
        for (let at = 0; at < bytes; at += page) {
          visit(address + at, page, 'allocated');
        }
      }),
    check: () => {
      let known = machine.ledger.heldBytes;
      for (let at = machine.peek(list); at !== 0; at = machine.peek(at), known += page) {
        const isFree = at % page === 0 && !machine.ledger.holds(at, page);
        if (!isFree || known > machine.layout.heapBytes) {
          throw new HeapCorruption(at, 'the list leads astray');
        }
      }
      if (known !== machine.layout.heapBytes) {
        throw new HeapCorruption(list, 'pages are lost');
      }
    },
  };
}

const definition: EngineDefinition = {
  name: 'page-per-object',
  version: 1,
  summary: 'a page for every object',
  lineage: 'an example',
  constants: {
    headerBytes: 0,
    granuleBytes: page,
    blockBytesMin: page,
    alignBytesMax: page,
    requestBytesMax: page,
  },
  options: {},
  capabilities: [],
  bounds: [],
  quirks: [],
  placementsForm: 'xen',
  create,
};

async function main(): Promise<void> {
  const report = checkConformance({ definition, options: {}, engineNamed }, { randomRuns: 2 });
  console.log(`conformance: ${report.passed ? 'passed' : 'failed'}`);
  const trace = await openTrace('synth:churn?live=50&ops=500');
  for (const engine of [definition, engineNamed('xmalloc-tlsf')]) {
    const stack = createStack(engine, {}, { heapPages: 256, virtualPages: 0 }, engineNamed);
    const { operations, outcome } = await replay(trace, stack, []);
    const heldPages = stack.machine.ledger.heldBytes / page;
    console.log(`${engine.name}: ${operations} operations, ${outcome.kind}, ${heldPages} pages held`);
  }
}

void main();
