import { plan9Pool, type Plan9Pool } from '../../../allocators/plan9/plan9-pool';
import { replay, type ReplayReport } from '../../../harness/replay/replay';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { EventColumns } from '../../../traces/columns';
import { OP, TraceEvent, type OpName, type Placement } from '../../../traces/trace';

/** Small helpers to run rows of a canonical trace through the pool and to look at what came of it. */

/** 8 MiB: more than any test needs, and quick to boot. */
export const HEAP_PAGES = 2048;

export function stackOf(options: Readonly<Record<string, string>> = {}): Stack & { engine: Plan9Pool } {
  const stack = createStack(plan9Pool, options, { heapPages: HEAP_PAGES, virtualPages: 0 }, () => plan9Pool);
  // Verbs that tests call without a replay are all of one operation.
  stack.machine.stream.beginOperation(0, 0, 0, 0, 0);
  return stack as Stack & { engine: Plan9Pool };
}

export interface Replayed {
  readonly report: ReplayReport;
  readonly stack: Stack & { engine: Plan9Pool };
  readonly placements: readonly Placement[];
  readonly heldBytes: readonly number[];
  /** The text of `--placements`. */
  readonly text: string;
}

/** Replays rows `op,id,size,align,offset,span,cpu,site,call,value`; missing trailing cells are 0 or empty. */
export async function replayed(
  rows: readonly string[],
  options: Readonly<Record<string, string>> = {},
): Promise<Replayed> {
  const stack = stackOf(options);
  const columns = new EventColumns();
  const event = new TraceEvent();
  for (const row of rows) {
    const [op, id, size, align, offset, span, , , , value] = row.split(',');
    event.set(OP[op as OpName], Number(id), Number(size ?? 0), Number(align ?? 0));
    event.offset = Number(offset ?? 0);
    event.span = Number(span ?? 0);
    event.value = columns.texts.intern(value ?? '');
    columns.append(event);
  }
  const header = { name: 'test', origin: { kind: 'recorded', format: 'csv' } } as const;
  const placements: Placement[] = [];
  const heldBytes: number[] = [];
  const chunks: string[] = [];
  const observer = {
    operation: (state: { heldBytes: number }, _: TraceEvent, placement: Placement) => {
      placements.push(placement);
      heldBytes.push(state.heldBytes);
    },
  };
  const report = await replay(columns.trace(header), stack, [observer], {
    placements: (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')),
  });
  return { report, stack, placements, heldBytes, text: chunks.join('') };
}
