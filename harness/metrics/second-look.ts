import type { Placement, TraceEvent } from '../../traces/trace';
import type { Outcome } from '../replay/outcome';
import type { RepeatableReplay } from '../replay/payload-writer';
import type { PerformedRows } from '../replay/block-rows';
import { repeatable, replay, type ReplayObserver, type ReplayState } from '../replay/replay';
import type { Stack } from '../replay/stack';
import { seeHeap, type HeapSight } from './checkpoints';
import { HeapWalkRecorder, type HeapWalk } from './heap-walk';
import { NotDeterministic } from './repetition';
import { PlacementTrail } from './sightings';

/**
 * A second pass over a replay, for moments of which only its end shows that they matter: bare, and no further than the
 * last of them.
 */

export interface LookedFor {
  /** Operations after which the heap is to be seen, ascending. */
  readonly operations: readonly number[];
  /** Operations at which it is walked block by block, whatever is thinned between; undefined for no walk. */
  readonly walkAt: ReadonlySet<number> | undefined;
  /** The last operation that ended well. */
  readonly lastOperation: number;
}

export interface SecondLookPlan extends LookedFor {
  /** How the first pass ended. */
  readonly outcomeKind: Outcome['kind'];
  /** What the first pass placed. */
  readonly trail: PlacementTrail;
}

export interface SecondLook {
  /** By operation; null where the heap was too broken. */
  readonly sights: ReadonlyMap<number, HeapSight | null>;
  readonly heapWalk: HeapWalk | null;
}

/** Rejects with `NotDeterministic` when the engine does not do the same again. */
export async function lookAgain(replayed: RepeatableReplay, plan: SecondLookPlan): Promise<SecondLook> {
  const { operations, walkAt, lastOperation } = plan;
  const surveyor = new Surveyor(operations);
  const walker = walkAt && new HeapWalkRecorder(walkAt);
  const stack = replayed.createStack({});
  const { outcome } = await replay(
    replayed.trace,
    stack,
    walker === undefined ? [surveyor] : [surveyor, walker],
    {
      ...repeatable(replayed.replay),
      bare: true,
      until: walker === undefined ? operations.at(-1)! : lastOperation,
    },
  );
  // What spoilt a payload is found again where the replay ends.
  const hasEndedLike = outcome.kind === 'ok' || outcome.kind === plan.outcomeKind;
  if (!hasEndedLike || !plan.trail.startsLike(surveyor.trail)) {
    throw new NotDeterministic(
      `${stack.definition.name} placed differently when the same trace was replayed again`,
    );
  }
  return { sights: surveyor.sights, heapWalk: walker?.finish() ?? null };
}

class Surveyor implements ReplayObserver {
  readonly sights = new Map<number, HeapSight | null>();
  readonly trail = new PlacementTrail();
  private next = 0;

  constructor(private readonly moments: readonly number[]) {}

  operation({ eventIndex, stack }: ReplayState, _event: TraceEvent, placement: Placement): void {
    this.trail.add(placement);
    this.seeAfter(eventIndex, stack);
  }

  performed({ eventIndex, stack }: ReplayState, rows: PerformedRows, from: number, until: number): void {
    this.trail.addAll(rows.placements, from, until);
    this.seeAfter(eventIndex, stack);
  }

  nextLook(): number {
    return this.moments[this.next] ?? Infinity;
  }

  private seeAfter(eventIndex: number, stack: Stack): void {
    if (eventIndex === this.moments[this.next]) {
      this.next++;
      this.sights.set(eventIndex, seeHeap(stack));
    }
  }
}
