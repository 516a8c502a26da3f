import * as v from 'valibot';
import { BUG, isBlock, isVirtual, NOTHING, NULL, OP_NAMES, VIRTUAL_BASE, ZERO } from '../../traces/trace';
import type { Placement, TraceEvent } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import { HEAP_BASE } from '../machine/memory-layout';
import type { PerformedRows } from '../replay/block-rows';
import type { Stack } from '../replay/stack';
import { walkInRows } from '../replay/visit-rows';
import { footprintMoment } from './footprint';
import { heapSurvey, SurveyBuilder, type HeapSurvey } from './fragmentation';
import { HeapMapColumn } from './heap-map';
import { count, integer, op, text, type Shape } from './schema';

/** A sampled moment of a replay. */
export const checkpoint = v.strictObject({
  ...footprintMoment.entries,
  /** Null when the heap was not surveyed, or was too broken to be walked. */
  survey: v.nullable(heapSurvey),
});
export type Checkpoint = Shape<typeof checkpoint>;

/** One of the operations that led to the first failed allocation. */
export const recentOperation = v.strictObject({
  operation: count,
  op,
  id: integer,
  sizeBytes: count,
  /** As in placements files: `0x…` heap offset, `v:0x…` virtual offset, `NULL`, `ZERO`, `BUG`, `-`. */
  returned: text,
});
export type RecentOperation = Shape<typeof recentOperation>;

/** What a walk over the heap showed at one moment. */
export interface HeapSight {
  readonly survey: HeapSurvey;
  readonly column: HeapMapColumn;
}

/** Walks the heap as it is now; null where it is too broken for that. */
export function seeHeap({ engine, machine }: Stack): HeapSight | null {
  try {
    const survey = new SurveyBuilder();
    const column = new HeapMapColumn(machine);
    machine.stream.aside(() =>
      walkInRows(engine, (rows, count) => {
        survey.blocks(rows, count);
        column.blocks(rows, count);
      }),
    );
    return { survey: survey.finish(machine), column };
  } catch (error) {
    // A program's overrun can break the heap long before the engine notices; the replay itself goes on.
    if (isEngineFailure(error)) {
      return null;
    }
    throw error;
  }
}

/** How many operations before the first failed allocation are kept, itself included. */
const RECENT_OPERATIONS = 10;

/** Skipped events lie between operations, so a little more than the last ten indices are looked at. */
const LONGEST_GAP = 4096;

/** The operations of a moment ago, written over and over in place. */
export class RecentOperations {
  private readonly indices = new Float64Array(RECENT_OPERATIONS).fill(-LONGEST_GAP);
  private readonly ops = new Uint8Array(RECENT_OPERATIONS);
  private readonly ids = new Float64Array(RECENT_OPERATIONS);
  private readonly sizes = new Float64Array(RECENT_OPERATIONS);
  private readonly placements = new Float64Array(RECENT_OPERATIONS);
  private oldest = 0;

  add(index: number, event: TraceEvent, placement: Placement): void {
    const row = this.oldest;
    this.indices[row] = index;
    this.ops[row] = event.op;
    this.ids[row] = event.id;
    this.sizes[row] = event.size;
    this.placements[row] = placement;
    this.oldest = row + 1 === RECENT_OPERATIONS ? 0 : row + 1;
  }

  /** The last rows of a block. */
  addRows(rows: PerformedRows, from: number, until: number): void {
    for (let row = Math.max(from, until - RECENT_OPERATIONS); row < until; row++) {
      const oldest = this.oldest;
      this.indices[oldest] = rows.firstEvent + row;
      this.ops[oldest] = rows.codes[row]!;
      this.ids[oldest] = rows.ids[row]!;
      this.sizes[oldest] = rows.sizes[row]!;
      this.placements[oldest] = rows.placements[row]!;
      this.oldest = oldest + 1 === RECENT_OPERATIONS ? 0 : oldest + 1;
    }
  }

  /** Those that led to the operation `last`, in their order. */
  upTo(last: number): RecentOperation[] {
    return Array.from(this.indices, (_, age) => (this.oldest + age) % RECENT_OPERATIONS)
      .filter((row) => last - this.indices[row]! < LONGEST_GAP)
      .map((row) => ({
        operation: this.indices[row]!,
        op: OP_NAMES[this.ops[row]!]!,
        id: this.ids[row]!,
        sizeBytes: this.sizes[row]!,
        returned: placementText(this.placements[row]! as Placement),
      }));
  }
}

function placementText(placement: Placement): string {
  if (isVirtual(placement)) {
    return `v:0x${(placement - VIRTUAL_BASE).toString(16)}`;
  }
  if (isBlock(placement)) {
    return `0x${(placement - HEAP_BASE).toString(16)}`;
  }
  return WORDS.get(placement) ?? String(placement);
}

const WORDS: ReadonlyMap<Placement, string> = new Map([
  [NULL, 'NULL'],
  [ZERO, 'ZERO'],
  [BUG, 'BUG'],
  [NOTHING, '-'],
]);
