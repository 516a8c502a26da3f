import { didYouMean, InputError } from '../../traces/input-error';
import { NULL, type Placement } from '../../traces/trace';
import type { StepObserver } from '../../harness/machine/access-stream';
import { Machine } from '../../harness/machine/machine';
import { HEAP_BASE } from '../../harness/machine/memory-layout';
import type { EngineDefinition } from '../../harness/replay/port';
import type { Step } from '../../harness/machine/steps';
import { BackingHeap } from './backing-heap';
import { createBacking } from './definition';
import type { Generation } from './gc-engine';
import { CONTEXT_SLOTS, GC_BYTES, PointerTable } from './pointer-table';
import { GC_STEPS } from './steps';

/**
 * Runs a vector trace (`op,id,size`: add, free, realloc, freeall) through one gc and yields what the original's
 * driver wrote down: the slot that each operation touched and the table's length before and after. Stale ids are
 * freed on purpose, and the run goes on after what would have been an abort.
 */

const LIBXL_VECTOR_OPS = ['add', 'free', 'realloc', 'freeall'] as const;
export type LibxlVectorOp = (typeof LIBXL_VECTOR_OPS)[number];

export interface LibxlVectorOperation {
  readonly op: LibxlVectorOp;
  readonly id: number;
  readonly size: number;
}

/** A row in the golden's form; `slot` −1 where none was touched. */
export interface LibxlVectorRow {
  readonly index: number;
  readonly op: LibxlVectorOp;
  readonly id: number;
  readonly slot: number;
  readonly tableBefore: number;
  readonly tableAfter: number;
  readonly event: string;
}

export const LIBXL_VECTOR_HEADER = 'index,op,id,slot,table_before,table_after,event';

export function formatLibxlVectorRow(row: LibxlVectorRow): string {
  return [row.index, row.op, row.id, row.slot, row.tableBefore, row.tableAfter, row.event].join(',');
}

const VECTOR_HEAP_PAGES = 16_384;

interface Touched {
  readonly slot: number | undefined;
  readonly event: string;
}

export class LibxlVectorRun implements StepObserver {
  /** Slots looked at by the operation whose row was yielded last. */
  probes = 0;
  private readonly machine: Machine;
  private readonly heap: BackingHeap;
  private readonly table: PointerTable;
  private readonly gc: number;
  private readonly probeStep: Step;
  private readonly objects = new Map<number, Placement>();
  private operations = 0;

  /** @param engineNamed finds the engine that `backing` names */
  constructor(
    private readonly generation: Generation,
    backing: string,
    engineNamed: (name: string) => EngineDefinition,
  ) {
    const machine = new Machine({ heapPages: VECTOR_HEAP_PAGES, virtualPages: 0, observer: this });
    const engine = createBacking(machine, { backing }, engineNamed);
    const steps = machine.defineSteps('libxl-gc', GC_STEPS);
    this.machine = machine;
    this.heap = new BackingHeap(machine, engine);
    this.table = new PointerTable(machine, this.heap, steps, generation === 2 ? 'doubled' : 'copied');
    this.gc = machine.reserve('gc', GC_BYTES);
    this.probeStep = steps.probe;
    machine.boot(() => {
      engine.start();
      if (generation === 0) {
        this.table.allocate(this.gc, CONTEXT_SLOTS);
      }
    });
  }

  step(step: Step, times: number): void {
    if (step === this.probeStep) {
      this.probes += times;
    }
  }

  *rows(operations: readonly LibxlVectorOperation[]): Generator<LibxlVectorRow> {
    for (const operation of operations) {
      const index = this.operations++;
      const { op, id, size } = operation;
      const tableBefore = this.table.slotCount(this.gc);
      this.probes = 0;
      this.machine.stream.beginOperation(index, 0, id, size, 0);
      const { slot, event } = this.apply(operation);
      this.machine.stream.endOperation(0);
      yield {
        index,
        op,
        id,
        slot: slot ?? -1,
        tableBefore,
        tableAfter: this.table.slotCount(this.gc),
        event,
      };
    }
  }

  private apply({ op, id, size }: LibxlVectorOperation): Touched {
    switch (op) {
      case 'add':
        return { slot: this.add(id, size), event: '' };
      case 'free':
        return this.generation === 2 ? NOT_APPLICABLE : this.free(id);
      case 'realloc':
        return this.generation === 2 ? { slot: this.reallocate(id, size), event: '' } : NOT_APPLICABLE;
      case 'freeall':
        return { slot: undefined, event: `freed=${this.freeAll()}` };
    }
  }

  private add(id: number, size: number): number | undefined {
    const object = this.heap.allocateZeroed(size);
    this.objects.set(id, object);
    return object === NULL ? undefined : this.table.add(this.gc, object);
  }

  private free(id: number): Touched {
    const object = this.objects.get(id) ?? stalePointer(id);
    this.objects.delete(id);
    const slot = this.table.remove(this.gc, object);
    if (slot === undefined) {
      return { slot, event: this.generation === 0 ? 'returns -1' : 'abort' };
    }
    this.heap.free(object, this.heap.bytes(object));
    return { slot, event: '' };
  }

  private reallocate(id: number, size: number): number | undefined {
    const object = this.objects.get(id) ?? NULL;
    const moved = this.heap.reallocate(object, size, this.heap.bytes(object));
    this.objects.set(id, moved);
    if (object === NULL) {
      return this.table.add(this.gc, moved);
    }
    return moved === object ? this.table.slotOf(this.gc, object) : this.table.replace(this.gc, object, moved);
  }

  private freeAll(): number {
    const released = this.table.releaseObjects(this.gc);
    if (this.generation > 0) {
      this.table.releaseTable(this.gc);
    }
    this.objects.clear();
    return released;
  }
}

const NOT_APPLICABLE: Touched = { slot: undefined, event: 'n/a' };

/** What a stale id stands for: an address that no heap gives. */
function stalePointer(id: number): Placement {
  return (HEAP_BASE - 1 - (id % HEAP_BASE)) as Placement;
}

/** Parses a vector trace. Throws an `InputError` that names file, line and column. */
export function readLibxlVector(text: string, file: string): LibxlVectorOperation[] {
  const [header, ...lines] = text.split('\n').map((line) => line.replace('\r', ''));
  if (header !== 'op,id,size') {
    throw new InputError({
      where: `${file}:1:1`,
      problem: 'no header of a vector trace',
      expected: 'op,id,size',
    });
  }
  return lines.flatMap((line, index) => (line === '' ? [] : [readRow(line, `${file}:${index + 2}`)]));
}

function readRow(line: string, where: string): LibxlVectorOperation {
  const [op, id = '', size = ''] = line.split(',');
  if (!LIBXL_VECTOR_OPS.includes(op as LibxlVectorOp)) {
    throw new InputError({
      where: `${where}:1`,
      problem: `unknown operation "${op}"${didYouMean(op!, LIBXL_VECTOR_OPS)}`,
      expected: `one of ${LIBXL_VECTOR_OPS.join(', ')}`,
    });
  }
  if (!/^\w+(,-?\d{1,15}){0,2}$/.test(line)) {
    throw new InputError({
      where: `${where}:${op!.length + 2}`,
      problem: `"${line}"`,
      expected: 'an operation, an id and a size, both integers',
    });
  }
  return { op: op as LibxlVectorOp, id: Number(id), size: Number(size) };
}
