import { HEAP_BASE, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import type { Machine } from '../../../harness/machine/machine';
import type { Capability, Engine, EngineDefinition } from '../../../harness/replay/port';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { EventColumns } from '../../../traces/columns';
import { OP, TraceEvent, type OpName, type Placement, type Trace } from '../../../traces/trace';

/** What a toy may change of the plain one: any verb, with the machine and the plain engine at hand. */
export type ToyVerbs = (machine: Machine, plain: Engine) => Partial<Engine>;

/**
 * An engine that hands out ever higher addresses, 16 bytes aligned, and never reuses any: nothing in it can go wrong
 * but what a test makes go wrong. The whole heap is held from the start.
 */
export function toyDefinition(
  verbs: ToyVerbs = () => ({}),
  changes: Partial<EngineDefinition> = {},
): EngineDefinition {
  return {
    name: 'toy',
    version: 1,
    summary: 'hands out ever higher addresses',
    lineage: 'made for tests',
    constants: { headerBytes: 0, granuleBytes: 16, blockBytesMin: 16, requestBytesMax: undefined },
    options: {},
    capabilities: [] as readonly Capability[],
    bounds: [],
    quirks: [],
    placementsForm: 'xen',
    ...changes,
    create(machine) {
      const plain = plainEngine(machine);
      return { ...plain, ...verbs(machine, plain) };
    },
  };
}

function plainEngine(machine: Machine): Engine {
  const next = machine.reserve('next', 8);
  const ledger = machine.openLedger(PAGE_BYTES);
  const heapEnd = HEAP_BASE + machine.layout.heapBytes;
  return {
    start: () => {
      machine.store(next, HEAP_BASE);
      ledger.take(HEAP_BASE, machine.layout.heapBytes);
    },
    allocate: (sizeBytes, align) => {
      const granule = Math.max(align, 16);
      const address = Math.ceil(machine.load(next) / granule) * granule;
      if (address + sizeBytes > heapEnd) {
        return 0 as Placement;
      }
      machine.store(next, address + Math.max(Math.ceil(sizeBytes / 16), 1) * 16);
      return address as Placement;
    },
    free: () => machine.prefetch(1),
    blockAt: (object, sizeBytes) => ({
      start: object,
      bytes: Math.max(Math.ceil(sizeBytes / 16), 1) * 16,
      headerBytes: 0,
    }),
    walk: (visit) => visit(HEAP_BASE, machine.layout.heapBytes, 'allocated'),
    check: () => undefined,
  };
}

export function toyStack(verbs?: ToyVerbs, changes?: Partial<EngineDefinition>): Stack {
  return stackOf(toyDefinition(verbs, changes));
}

export function stackOf(definition: EngineDefinition, heapPages = 64): Stack {
  return createStack(definition, {}, { heapPages, virtualPages: 64, accessesMax: 1 << 16 }, () => definition);
}

/** A trace of rows `op,id,size,align,offset,span,cpu,site,call,value`; cells left out at the end are 0 or empty. */
export function traceOf(rows: readonly string[]): Trace {
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (const row of rows) {
    const [op, ...cells] = row.split(',');
    const [id, size, align, offset, span, cpu] = Array.from({ length: 6 }, (_, cell) =>
      Number(cells[cell] ?? 0),
    );
    event.set(OP[op as OpName], id!, size!, align!);
    event.offset = offset!;
    event.span = span!;
    event.cpu = cpu!;
    event.site = columns.texts.intern(cells[6] ?? '');
    event.call = columns.texts.intern(cells[7] ?? '');
    event.value = columns.texts.intern(cells[8] ?? '');
    columns.append(event);
  }
  return columns.trace({ name: 'rows', origin: { kind: 'recorded', format: 'test' } });
}
