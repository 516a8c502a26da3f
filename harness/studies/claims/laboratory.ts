import { OP, type Placement, type Trace } from '../../../traces/trace';
import { HEAP_PAGES_DEFAULT, VIRTUAL_PAGES_DEFAULT, type Machine } from '../../machine/machine';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import { parsePricing } from '../../pricing/specification';
import { minimumHeap, type MinimumHeap } from '../../replay/minimum-heap';
import type { Outcome } from '../../replay/outcome';
import { replay } from '../../replay/replay';
import { createStack, type Stack } from '../../replay/stack';
import { runCell, type Cell, type Registries } from '../../results/cell';
import { OperationCosts, type OperationCost } from './operation-costs';

/** What trials work with: replays with all their metrics, short scripts operation by operation, smallest heaps. */
export interface Laboratory {
  /** One replay with all metrics; the same cell is run once. */
  measure(cell: ExperimentCell): Promise<MeasuredReplay>;
  /** One replay seen operation by operation. */
  watch(subject: WatchedSubject): Promise<Watched>;
  /** The allocations of a trace as xmalloc of today gets them: adaptive generators answer to what they are given. */
  callsOf(specification: string): Promise<readonly AllocationCall[]>;
  /** The smallest heap, up to `HEAP_PAGES_DEFAULT`, on which the trace completes. */
  smallestHeap(specification: string, engine: string): Promise<MinimumHeap>;
  /** The rules that an audit of a shipped annotated trace finds broken, in the order of the rules. */
  auditedRules(policyTrace: string, generation: 0 | 1 | 2): Promise<readonly string[]>;
}

/** A cell with everything but trace and engine left to its default: one warm pricing, no survey, no pictures. */
export type ExperimentCell = Pick<Cell, 'trace' | 'engine'> & Partial<Cell>;

export interface WatchedSubject {
  readonly engine: string;
  readonly options?: Readonly<Record<string, string>>;
  /** A trace's specification, or rows of a canonical trace: `alloc,1,4040,0`. */
  readonly trace: string | readonly string[];
  readonly heapPages?: number;
  readonly pricing?: string;
}

export interface AllocationCall {
  readonly sizeBytes: number;
  /** The API function that was called; empty where the trace names none. */
  readonly call: string;
}

/** An operation that reached the engine and ended. */
export interface WatchedOperation extends OperationCost {
  /** Index of the event. */
  readonly index: number;
  readonly id: number;
  readonly sizeBytes: number;
  readonly placement: Placement;
  /** After the operation. */
  readonly heldBytes: number;
  readonly liveBytes: number;
}

export interface Watched {
  readonly operations: readonly WatchedOperation[];
  readonly outcome: Outcome;
  /** The engine and its machine after the last operation, to look into. */
  readonly stack: Stack;
}

/** What a laboratory is made of, handed in by the composition root. */
export interface LaboratoryParts {
  readonly registries: Registries;
  /** A trace of canonical rows; see `WatchedSubject`. */
  traceOfRows(rows: readonly string[]): Promise<Trace>;
  auditedRules: Laboratory['auditedRules'];
}

const WARM = 'zen4-2022';
const CALLED_ENGINE = 'xmalloc-tlsf';

export function createLaboratory({ registries, traceOfRows, auditedRules }: LaboratoryParts): Laboratory {
  const measured = new Map<string, Promise<MeasuredReplay>>();
  const stackOf = (
    engine: string,
    options: Readonly<Record<string, string>>,
    heapPages: number,
    drain?: (batch: Machine['stream']) => void,
  ): Stack =>
    createStack(
      registries.engineNamed(engine),
      options,
      { heapPages, virtualPages: VIRTUAL_PAGES_DEFAULT, ...(drain !== undefined && { drain }) },
      (name) => registries.engineNamed(name),
    );
  return {
    auditedRules,
    measure: (cell) => {
      const key = JSON.stringify(cell);
      const known = measured.get(key) ?? runCell(filled(cell), registries);
      measured.set(key, known);
      return known;
    },
    watch: async ({ engine, options = {}, trace, heapPages = HEAP_PAGES_DEFAULT, pricing = WARM }) => {
      const opened =
        typeof trace === 'string'
          ? await registries.openTrace({ specification: trace })
          : await traceOfRows(trace);
      const costs = new OperationCosts(parsePricing(pricing));
      return watched(opened, stackOf(engine, options, heapPages, costs.drain), costs);
    },
    callsOf: async (specification) =>
      allocationsOf(
        await registries.openTrace({ specification }),
        stackOf(CALLED_ENGINE, {}, HEAP_PAGES_DEFAULT),
      ),
    smallestHeap: async (specification, engine) =>
      minimumHeap(
        await registries.openTrace({ specification }),
        (heapPages) => stackOf(engine, {}, heapPages),
        HEAP_PAGES_DEFAULT,
      ),
  };
}

function filled(cell: ExperimentCell): Cell {
  return {
    options: {},
    pricings: [WARM],
    heapPages: HEAP_PAGES_DEFAULT,
    virtualPages: VIRTUAL_PAGES_DEFAULT,
    survey: false,
    pictures: false,
    ...cell,
  };
}

async function watched(trace: Trace, stack: Stack, costs: OperationCosts): Promise<Watched> {
  const seen: Omit<WatchedOperation, keyof OperationCost>[] = [];
  const { outcome } = await replay(trace, stack, [
    {
      operation: ({ eventIndex, heldBytes, liveBytes }, { id, size }, placement) => {
        seen.push({ index: eventIndex, id, sizeBytes: size, placement, heldBytes, liveBytes });
      },
    },
  ]);
  return {
    operations: seen.map((operation) => ({ ...operation, ...costs.of(operation.index) })),
    outcome,
    stack,
  };
}

async function allocationsOf(trace: Trace, stack: Stack): Promise<AllocationCall[]> {
  const source = await trace.open();
  const calls: AllocationCall[] = [];
  await replay({ ...trace, open: () => Promise.resolve(source) }, stack, [
    {
      operation: (_, { op, size, call }) => {
        if (op === OP.alloc) {
          calls.push({ sizeBytes: size, call: source.texts.text(call) });
        }
      },
    },
  ]);
  return calls;
}
