import type { OpName, Placement } from '../../traces/trace';
import type { Machine } from '../machine/machine';

/**
 * How a quirk proves itself: a quirk is a claim about the real allocator, and a claim that never shows is either
 * wrong or not modelled. The conformance suite performs the demonstrations and accepts the broken guarantees.
 */

/** A short run on a fresh engine in which a quirk shows. */
export interface QuirkDemonstration {
  /** One operation each as a row of a canonical trace: `alloc,1,4040,0`, `free,1,0,0`. */
  readonly operations: readonly string[];
  /** Options as on the command line, where the defaults do not show it. */
  readonly options?: Readonly<Record<string, string>>;
  /** Pages of the heap, where it has to be small. */
  readonly heapPages?: number;
  /** Whether the quirk shows in what was seen. */
  shows(seen: Demonstrated): boolean;
}

/** What a demonstration looked like from outside, one element an operation. */
export interface Demonstrated {
  readonly placements: readonly Placement[];
  readonly heldBytes: readonly number[];
  readonly accesses: readonly number[];
  /** The failure that stopped the run before its end. */
  readonly stopped: string | undefined;
  readonly machine: Machine;
}

/** What a caller may take for granted of an allocator, unless one of its quirks says otherwise. */
export const GUARANTEES = {
  served: 'a request within the stated limits succeeds while memory is plentiful',
  aligned: 'an object lies at a multiple of the alignment asked for',
  kept: "an object's bytes stay as its owner wrote them, through moves and resizes too",
  returned: 'what was freed can be used again: the same work done twice needs no more memory',
} as const;
export type Guarantee = keyof typeof GUARANTEES;

/** A guarantee that a quirk breaks, and the requests it breaks it for. */
export interface BrokenGuarantee {
  readonly guarantee: Guarantee;
  by(request: RequestFacts): boolean;
}

/** Whether one of an engine's quirks says that a request breaks a guarantee. */
export function breaksGuarantee(
  quirks: readonly { readonly breaks?: BrokenGuarantee }[],
  guarantee: Guarantee,
  request: RequestFacts,
): boolean {
  return quirks.some(
    ({ breaks }) => breaks !== undefined && breaks.guarantee === guarantee && breaks.by(request),
  );
}

/** A request as far as a broken guarantee can depend on it. */
export interface RequestFacts {
  readonly op: OpName;
  readonly sizeBytes: number;
  /** 0 where the caller has no wish. */
  readonly align: number;
  /** Of the object that is resized; 0 otherwise. */
  readonly oldBytes: number;
  readonly oldAlign: number;
}
