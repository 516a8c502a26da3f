import { deflateSync, inflateSync } from 'fflate';
import { isBlock, type Placement, type TraceEvent } from '../../traces/trace';
import { isEngineFailure } from '../machine/failures';
import { HEAP_BASE, PAGE_BYTES } from '../machine/memory-layout';
import type { BlockState } from '../replay/port';
import type { ReplayObserver, ReplayState } from '../replay/replay';

/**
 * Every block of the heap at chosen moments of a replay, as the changes from each moment to the next: enough to draw
 * the heap at any of them. A short replay has every event; a longer one is thinned, first where nothing is pinned.
 */
export interface HeapWalk {
  /** Indices of the events after which the heap was walked, ascending. */
  readonly moments: readonly number[];
  /** The changes of all moments, in the encoding of `encodeChanges`: deflated, in base64. */
  readonly changes: string;
}

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

/** A block of which no allocation is known was made when it was first seen. */
const UNKNOWN = -1;

/** Walks the heap of a replay as often as it may. */
export class HeapWalkRecorder implements ReplayObserver {
  private readonly madeBy = new Map<number, number>();
  private before: readonly WalkedBlock[] = [];
  private changes: HeapChange[] = [];
  private size = 0;
  private visits = 0;
  /** Every so many operations there is a walk; doubled whenever there were too many changes. */
  private stride = 1;
  private operations = 0;
  private isTooMuch = false;

  /** @param pinned operations to walk at whatever is thinned: the extremes of the replay */
  constructor(private readonly pinned: ReadonlySet<number>) {}

  operation(state: ReplayState, event: TraceEvent, placement: Placement): void {
    if (this.isTooMuch) {
      return;
    }
    const { eventIndex, stack } = state;
    this.operations++;
    try {
      if (isBlock(placement)) {
        const block = stack.engine.blockAt(placement, event.size, event.align);
        if (block !== undefined) {
          this.madeBy.set(block.start - HEAP_BASE, eventIndex);
        }
      }
      const isDue =
        this.operations % this.stride === 0 &&
        this.visits <= VISITS_ALLOWANCE + VISITS_PER_EVENT * this.operations;
      if (isDue || this.pinned.has(eventIndex)) {
        this.walk(state);
      }
    } catch (error) {
      if (!isEngineFailure(error)) {
        throw error;
      }
    }
  }

  /** Null where even the pinned moments are too much to keep, or nothing could be walked. */
  finish(): HeapWalk | null {
    const { changes } = this;
    const isKept = !this.isTooMuch && this.size <= CHANGES_MAX && changes.length > 0;
    return isKept ? encodeChanges(changes) : null;
  }

  private walk({ eventIndex, stack }: ReplayState): void {
    const blocks: WalkedBlock[] = [];
    stack.engine.walk((start, bytes, state) => {
      const offset = start - HEAP_BASE;
      const made = state === 'allocated' ? this.madeBy.get(offset) : undefined;
      blocks.push({ offset, bytes, state, madeBy: made ?? UNKNOWN });
    });
    this.visits += blocks.length;
    this.isTooMuch = blocks.length > CHANGES_MAX;
    blocks.sort((a, b) => a.offset - b.offset);
    const change = this.changeTo(blocks, eventIndex);
    this.changes.push(change);
    this.size += sizeOf(change);
    while (this.size > CHANGES_MAX && this.thin()) {
      // Until it fits or only pinned moments are left.
    }
  }

  /** Merges the blocks of a walk with those of the one before: what is the same stays as old as it was. */
  private changeTo(blocks: readonly WalkedBlock[], operation: number): HeapChange {
    const { before } = this;
    const gone: number[] = [];
    const come: WalkedBlock[] = [];
    let old = 0;
    this.before = blocks.map((block) => {
      while (old < before.length && before[old]!.offset < block.offset) {
        gone.push(before[old++]!.offset);
      }
      const same = before[old]?.offset === block.offset ? before[old++] : undefined;
      if (same !== undefined && isSame(same, block)) {
        return same;
      }
      if (same !== undefined) {
        gone.push(same.offset);
      }
      const made = block.madeBy === UNKNOWN ? { ...block, madeBy: operation } : block;
      come.push(made);
      return made;
    });
    gone.push(...before.slice(old).map(({ offset }) => offset));
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

function isSame(old: WalkedBlock, { bytes, state, madeBy }: WalkedBlock): boolean {
  return old.bytes === bytes && old.state === state && (madeBy === UNKNOWN || madeBy === old.madeBy);
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
  const come = new Map(first.come.map((block) => [block.offset, block]));
  const gone = new Set(first.gone);
  for (const offset of second.gone) {
    if (!come.delete(offset)) {
      gone.add(offset);
    }
  }
  for (const block of second.come) {
    come.set(block.offset, block);
  }
  return {
    operation: second.operation,
    gone: [...gone].sort((a, b) => a - b),
    come: [...come.values()].sort((a, b) => a.offset - b.offset),
  };
}

/** States by their code in the encoding. */
export const WALKED_STATES: readonly BlockState[] = ['allocated', 'free', 'metadata'];

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
