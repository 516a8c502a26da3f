import { deflateSync, inflateSync } from 'fflate';
import * as v from 'valibot';
import { isBlock, type Placement, type TraceEvent } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import { HEAP_BASE, PAGE_BYTES } from '../machine/memory-layout';
import { ALLOCATED, BLOCK_STATES, type BlockState, type Engine } from '../replay/port';
import type { ReplayObserver, ReplayState } from '../replay/replay';
import { walkInRows } from '../replay/visit-rows';
import { counts, text, type Shape } from './schema';
import { WalkedHeap } from './walked-heap';

/**
 * Every block of the heap at chosen moments of a replay, as the changes from each moment to the next: enough to draw
 * the heap at any of them. A short replay has every event; a longer one is thinned, first where nothing is pinned.
 */
const shape = v.strictObject({
  /** Indices of the events after which the heap was walked, ascending. */
  moments: counts,
  /** The changes of all moments, in the encoding of `encodeChanges`: deflated, in base64. */
  changes: text,
});
export type HeapWalk = Shape<typeof shape>;

export const heapWalk = v.pipe(
  shape,
  v.check((walk) => isDecodable(walk), 'the changes of a heap at ascending moments'),
);

/** What the encoding's addresses are relative to, and what a page is: for those who draw. */
export { HEAP_BASE, PAGE_BYTES };

/** What a walk saw: a block, and the event that made it. */
export interface WalkedBlock {
  /** From the start of the heap. */
  readonly offset: number;
  readonly bytes: number;
  readonly state: BlockState;
  /** The event that allocated it; of other blocks the first moment at which it was seen. */
  readonly madeBy: number;
}

/** From one moment to the next: first blocks go, then others come. */
export interface HeapChange {
  readonly operation: number;
  /** Offsets, ascending. */
  readonly gone: readonly number[];
  /** By offset. */
  readonly come: readonly WalkedBlock[];
}

/** More than these would not fit a page that also has other things to show. */
export const CHANGES_MAX = 30_000;

/** A walk is as long as the heap has blocks: on average a replay is slowed down by so many visits an event. */
const VISITS_PER_EVENT = 10;
const VISITS_ALLOWANCE = 400_000;
/** A walk that fails costs its engine an exception; of a heap that is broken the next one fails as well. */
const VISITS_OF_FAILURE = 4096;

/** Walks the heap of a replay as often as it may. */
export class HeapWalkRecorder implements ReplayObserver {
  private readonly madeBy = new Map<number, number>();
  /** Where blocks were made since the last walk: one that looks as it did there is another all the same. */
  private readonly madeSince = new Set<number>();
  private before = new WalkedHeap();
  private now = new WalkedHeap();
  private changes: HeapChange[] = [];
  private size = 0;
  private visits = 0;
  /** Every so many operations there is a walk; doubled whenever there were too many changes. */
  private stride = 1;
  private operations = 0;
  private isTooMuch = false;

  /** @param pinned operations to walk at whatever is thinned: the extremes of the replay */
  constructor(private readonly pinned: ReadonlySet<number>) {}

  operation({ eventIndex, stack }: ReplayState, event: TraceEvent, placement: Placement): void {
    this.step(eventIndex, stack.engine, placement, event.size, event.align);
  }

  /** After an operation that placed an object of so many bytes, or nothing. */
  step(eventIndex: number, engine: Engine, placement: Placement, sizeBytes: number, align: number): void {
    if (this.isTooMuch) {
      return;
    }
    this.operations++;
    try {
      if (isBlock(placement)) {
        const block = engine.blockAt(placement, sizeBytes, align);
        if (block !== undefined) {
          const offset = block.start - HEAP_BASE;
          this.madeBy.set(offset, eventIndex);
          this.madeSince.add(offset);
        }
      }
      const isDue =
        this.operations % this.stride === 0 &&
        this.visits <= VISITS_ALLOWANCE + VISITS_PER_EVENT * this.operations;
      if (isDue || this.pinned.has(eventIndex)) {
        this.walk(eventIndex, engine);
      }
    } catch (error) {
      if (!isEngineFailure(error)) {
        throw error;
      }
      this.visits += VISITS_OF_FAILURE;
    }
  }

  /** Null where even the pinned moments are too much to keep, or nothing could be walked. */
  finish(): HeapWalk | null {
    const { changes } = this;
    const isKept = !this.isTooMuch && this.size <= CHANGES_MAX && changes.length > 0;
    return isKept ? encodeChanges(changes) : null;
  }

  private walk(eventIndex: number, engine: Engine): void {
    const { now } = this;
    now.count = 0;
    walkInRows(engine, (rows, count) => now.add(rows, count));
    this.visits += now.count;
    this.isTooMuch = now.count > CHANGES_MAX;
    if (this.isTooMuch) {
      return;
    }
    now.sort();
    const change = this.changeTo(now, eventIndex);
    [this.before, this.now] = [now, this.before];
    this.madeSince.clear();
    this.changes.push(change);
    this.size += sizeOf(change);
    while (this.size > CHANGES_MAX && this.thin()) {
      // Until it fits or only pinned moments are left.
    }
  }

  /** Merges the blocks of a walk with those of the one before: what is the same stays as old as it was. */
  private changeTo(now: WalkedHeap, operation: number): HeapChange {
    const { before } = this;
    const made = Float64Array.from(this.madeSince).sort();
    const gone: number[] = [];
    const come: WalkedBlock[] = [];
    let old = 0;
    let nextMade = 0;
    for (let block = 0; block < now.count; block++) {
      const offset = now.offsets[block]!;
      while (old < before.count && before.offsets[old]! < offset) {
        gone.push(before.offsets[old++]!);
      }
      while (nextMade < made.length && made[nextMade]! < offset) {
        nextMade++;
      }
      const isAtOld = old < before.count && before.offsets[old] === offset;
      const isMade = made[nextMade] === offset && now.states[block] === ALLOCATED;
      if (isAtOld && before.isLike(old, now, block) && !isMade) {
        now.madeBy[block] = before.madeBy[old++]!;
        continue;
      }
      if (isAtOld) {
        gone.push(before.offsets[old++]!);
      }
      const state = WALKED_STATES[now.states[block]!]!;
      const madeBy = (state === 'allocated' ? this.madeBy.get(offset) : undefined) ?? operation;
      now.madeBy[block] = madeBy;
      come.push({ offset, bytes: now.bytes[block]!, state, madeBy });
    }
    while (old < before.count) {
      gone.push(before.offsets[old++]!);
    }
    return { operation, gone, come };
  }

  /** Drops every other moment that is not pinned; false when there is none to drop. */
  private thin(): boolean {
    const { length } = this.changes;
    this.changes = thinnedChanges(this.changes, this.pinned);
    this.size = this.changes.reduce((sum, change) => sum + sizeOf(change), 0);
    this.stride *= 2;
    return this.changes.length < length;
  }
}

function sizeOf({ gone, come }: HeapChange): number {
  return gone.length + come.length;
}

/** Without every other moment of those that are not pinned, their changes told by the moments after them. */
export function thinnedChanges(changes: readonly HeapChange[], pinned: ReadonlySet<number>): HeapChange[] {
  const kept: HeapChange[] = [];
  let pending: HeapChange | undefined;
  let mayDrop = true;
  changes.forEach((change, index) => {
    const joined: HeapChange = pending === undefined ? change : joinedChange(pending, change);
    const isLast = index === changes.length - 1;
    const isDropped = mayDrop && !isLast && index > 0 && !pinned.has(change.operation);
    pending = isDropped ? joined : undefined;
    if (!isDropped) {
      kept.push(joined);
    }
    mayDrop = !isDropped;
  });
  return kept;
}

/** Two changes as one: what came with the first and went with the second was never there. */
function joinedChange(first: HeapChange, second: HeapChange): HeapChange {
  const stillThere = new Set(first.come.map(({ offset }) => offset));
  const gone = second.gone.filter((offset) => !stillThere.delete(offset));
  const come = first.come.filter(({ offset }) => stillThere.has(offset));
  return {
    operation: second.operation,
    gone: merged(first.gone, gone, (offset) => offset),
    come: merged(come, second.come, ({ offset }) => offset),
  };
}

/** Two ascending lists as one, with the last of those that are at the same offset. */
function merged<T>(some: readonly T[], others: readonly T[], offsetOf: (each: T) => number): T[] {
  const all: T[] = [];
  let last = -Infinity;
  const add = (each: T): void => {
    const offset = offsetOf(each);
    all[offset === last ? all.length - 1 : all.length] = each;
    last = offset;
  };
  let next = 0;
  for (const each of others) {
    for (; next < some.length && offsetOf(some[next]!) <= offsetOf(each); next++) {
      add(some[next]!);
    }
    add(each);
  }
  some.slice(next).forEach(add);
  return all;
}

/** States by their code in the encoding, which is that of visits. */
export const WALKED_STATES: readonly BlockState[] = BLOCK_STATES;

/**
 * Changes as bytes: per moment the number of blocks that go and the distances between their addresses, then the number
 * of blocks that come and for each the distance to the one before, 4 × bytes + state, and how many events before the
 * moment it was made. Numbers are little-endian groups of seven bits, the eighth says that more follow.
 */
export function encodeChanges(changes: readonly HeapChange[]): HeapWalk {
  const bytes: number[] = [];
  const put = (value: number): void => {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      bytes.push((rest % 128) + 128);
    }
    bytes.push(rest);
  };
  for (const { operation, gone, come } of changes) {
    let last = 0;
    put(gone.length);
    for (const offset of gone) {
      put(offset + HEAP_BASE - last);
      last = offset + HEAP_BASE;
    }
    last = 0;
    put(come.length);
    for (const block of come) {
      put(block.offset + HEAP_BASE - last);
      last = block.offset + HEAP_BASE;
      put(4 * block.bytes + WALKED_STATES.indexOf(block.state));
      put(operation - block.madeBy);
    }
  }
  // Not Node's own zlib: its bytes differ from version to version.
  const deflated = deflateSync(Uint8Array.from(bytes), { level: 9 });
  return {
    moments: changes.map(({ operation }) => operation),
    changes: Buffer.from(deflated).toString('base64'),
  };
}

/** More bytes than these are no changes that fit `CHANGES_MAX`; what a hostile file inflates to ends there. */
const BYTES_MAX = 0x20_0000;

/** Whether these are changes at ascending moments: a results file may hold anything. */
export function isDecodable(walk: HeapWalk): boolean {
  try {
    const changes = decodeChanges(walk);
    return changes.every(({ operation }, index) => index === 0 || operation > changes[index - 1]!.operation);
  } catch {
    return false;
  }
}

/** The changes behind an encoding. Throws where there are none. */
export function decodeChanges({ moments, changes }: HeapWalk): HeapChange[] {
  const bytes = inflateSync(Buffer.from(changes, 'base64'), { out: new Uint8Array(BYTES_MAX) });
  const reader = new ChangeReader(bytes);
  return moments.map((operation) => {
    let offset = -HEAP_BASE;
    const gone = Array.from({ length: reader.count() }, () => (offset += reader.number()));
    offset = -HEAP_BASE;
    const come = Array.from({ length: reader.count() }, (): WalkedBlock => {
      offset += reader.number();
      const sized = reader.number();
      const state = WALKED_STATES[sized % 4];
      if (state === undefined) {
        throw new RangeError('no state of a block');
      }
      return { offset, bytes: Math.floor(sized / 4), state, madeBy: operation - reader.number() };
    });
    return { operation, gone, come };
  });
}

class ChangeReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  number(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined || weight > Number.MAX_SAFE_INTEGER) {
        throw new RangeError('no number');
      }
      value += (byte % 128) * weight;
      if (byte < 128) {
        return value;
      }
    }
  }

  /** Of things that take a byte each at least. */
  count(): number {
    const count = this.number();
    if (count > this.bytes.length - this.at) {
      throw new RangeError('more changes than bytes');
    }
    return count;
  }
}

/** The blocks at the last of these moments, by offset. */
export function blocksAfter(changes: readonly HeapChange[]): WalkedBlock[] {
  const blocks = new Map<number, WalkedBlock>();
  for (const { gone, come } of changes) {
    gone.forEach((offset) => blocks.delete(offset));
    come.forEach((block) => blocks.set(block.offset, block));
  }
  return [...blocks.values()].sort((a, b) => a.offset - b.offset);
}
