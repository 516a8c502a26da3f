import { mixed } from '../../traces/ground/integer-hash';
import { isBlock, NOTHING, NULL, OP_NAMES, ZERO, type Placement } from '../../traces/trace';
import { END_OF_OPERATION, type AccessStream } from '../machine/access-stream';
import { HEAP_BASE } from '../machine/memory-layout';
import type { Outcome } from '../replay/outcome';
import type { RepeatableReplay } from '../replay/payload-writer';
import { repeatable, replay } from '../replay/replay';

/**
 * Whether an engine does the same again, operation by operation: what it returns, which accesses it makes, and what it
 * counts. Ours are held to it by tests; of an engine that a user brings nobody knows before.
 */

/** An engine did not do the same twice. */
export class NotDeterministic extends Error {
  override readonly name = 'NotDeterministic';
}

/** So many operations are kept one by one; of a longer replay the rest is told apart as a whole. */
const OPERATIONS_KEPT_MAX = 1 << 21;

/** Takes batches of the stream, and sees what each operation came to. */
abstract class OperationReader {
  private digest = 0;
  protected operations = 0;

  record(batch: AccessStream): void {
    const { entries, segmentEnds, segmentFlags, segmentPriced } = batch;
    let entry = 0;
    let row = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      let { digest } = this;
      for (; entry < segmentEnds[segment]!; entry++) {
        digest = mixed(digest, entries[entry]!);
      }
      for (const counts of segmentPriced) {
        digest = mixed(digest, counts[segment]!);
      }
      this.digest = digest;
      if ((segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.operation(batch, row++, digest);
        this.digest = 0;
        this.operations++;
      }
    }
  }

  protected abstract operation(batch: AccessStream, row: number, digest: number): void;
}

/** What each operation of a replay came to. */
export class OperationTrail extends OperationReader {
  private placements = new Float64Array(1 << 10);
  private digests = new Int32Array(1 << 10);
  private rest = 0;

  get restDigest(): number {
    return this.rest;
  }

  placementAt(operation: number): Placement {
    return this.placements[operation]! as Placement;
  }

  digestAt(operation: number): number {
    return this.digests[operation]!;
  }

  get length(): number {
    return this.operations;
  }

  protected override operation({ operationPlacements }: AccessStream, row: number, digest: number): void {
    const { operations } = this;
    const placement = operationPlacements[row]!;
    if (operations >= OPERATIONS_KEPT_MAX) {
      this.rest = mixed(mixed(this.rest, placement), digest);
      return;
    }
    if (operations === this.placements.length) {
      this.placements = grown(this.placements, Float64Array);
      this.digests = grown(this.digests, Int32Array);
    }
    this.placements[operations] = placement;
    this.digests[operations] = digest;
  }
}

function grown<Numbers extends Float64Array | Int32Array>(
  full: Numbers,
  Kind: new (length: number) => Numbers,
): Numbers {
  const larger = new Kind(full.length * 2);
  larger.set(full);
  return larger;
}

/** The same replay once more, beside the trail of the first. */
class Repetition extends OperationReader {
  /** The first operation that came to something else. */
  difference: string | undefined;
  private rest = 0;

  constructor(private readonly first: OperationTrail) {
    super();
  }

  get isLikeTheRest(): boolean {
    return this.operations === this.first.length && this.rest === this.first.restDigest;
  }

  protected override operation(batch: AccessStream, row: number, digest: number): void {
    const { first, operations } = this;
    const placement = batch.operationPlacements[row]! as Placement;
    if (operations >= OPERATIONS_KEPT_MAX) {
      this.rest = mixed(mixed(this.rest, placement), digest);
    } else if (this.difference === undefined && operations < first.length) {
      const before = first.placementAt(operations);
      if (placement !== before) {
        this.difference = `${nameOf(batch, row)} came to ${placementText(before)}, then to ${placementText(placement)}`;
      } else if (digest !== first.digestAt(operations)) {
        this.difference = `${nameOf(batch, row)} came to ${placementText(before)} both times, by other accesses or instructions`;
      }
    }
  }
}

function nameOf(batch: AccessStream, row: number): string {
  const size = batch.operationBytes[row]!;
  const bytes = size === 0 ? '' : ` of ${size} ${size === 1 ? 'byte' : 'bytes'}`;
  const op = OP_NAMES[batch.operationCodes[row]!]!;
  return `operation ${batch.operationIndices[row]!}, ${op}${bytes} for object ${batch.operationIds[row]!},`;
}

function placementText(placement: Placement): string {
  if (isBlock(placement)) {
    return `0x${(placement - HEAP_BASE).toString(16)}`;
  }
  return placement === NULL
    ? 'NULL'
    : placement === ZERO
      ? 'ZERO'
      : placement === NOTHING
        ? 'nothing'
        : 'BUG';
}

/**
 * Replays a trace again and holds it against what it came to before. Rejects with `NotDeterministic`, which names the
 * first operation that differs.
 */
export async function expectSameAgain(
  replayed: RepeatableReplay,
  before: OperationTrail,
  outcome: Outcome,
): Promise<void> {
  const repetition = new Repetition(before);
  const stack = replayed.createStack({ drain: (batch) => repetition.record(batch) });
  const again = await replay(replayed.trace, stack, [], repeatable(replayed.replay));
  const difference =
    repetition.difference ??
    (endText(outcome) !== endText(again.outcome)
      ? `the replay ended ${endText(outcome)}, then ${endText(again.outcome)}`
      : repetition.isLikeTheRest
        ? undefined
        : `something behind operation ${OPERATIONS_KEPT_MAX} came to something else`);
  if (difference !== undefined) {
    throw new NotDeterministic(
      `${stack.definition.name} did otherwise when the same trace was replayed again: ${difference}`,
    );
  }
}

/** Replays a trace twice. Rejects as `expectSameAgain` does. */
export async function expectDeterministic(replayed: RepeatableReplay): Promise<void> {
  const trail = new OperationTrail();
  const stack = replayed.createStack({ drain: (batch) => trail.record(batch) });
  const { outcome } = await replay(replayed.trace, stack, [], repeatable(replayed.replay));
  await expectSameAgain(replayed, trail, outcome);
}

const endText = (outcome: Outcome): string =>
  outcome.kind === 'ok'
    ? 'ok'
    : `${outcome.kind} at operation ${outcome.index}: ${'problem' in outcome ? outcome.problem : outcome.reason}`;
