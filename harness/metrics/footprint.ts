import * as v from 'valibot';
import type { PerformedRows } from '../replay/block-rows';
import type { ReplayObserver, ReplayState } from '../replay/replay';
import { BASIS_POINTS, ExactSum, scaledRatio } from './exact-ratio';
import type { Peak } from './largest';
import { count, type Shape } from './schema';

/** What was live, granted and held after one operation. */
export const footprintMoment = v.strictObject({
  operation: count,
  /** Bytes requested by all successful allocations so far: the time axis. */
  allocatedBytes: count,
  liveObjects: count,
  liveBytes: count,
  grantedBytes: count,
  headerBytes: count,
  heldBytes: count,
});
export type FootprintMoment = Shape<typeof footprintMoment>;

/** One of the four ways to say (held − live) / live; both byte figures are given with the ratio. */
export interface FragmentationRatio {
  readonly heldBytes: number;
  readonly liveBytes: number;
  /** floor((held − live) × 10,000 / live), from exact figures. */
  readonly basisPoints: number;
}

/**
 * Fragmentation as Wilson and Johnstone measure it ("The Memory Fragmentation Problem: Solved?", ISMM 1998). Time is
 * counted in bytes allocated. Undefined where no bytes were live.
 */
export interface WilsonJohnstone {
  /** #1: mean held over mean live; each allocation of s bytes weighs the state after it with s. */
  readonly averages: FragmentationRatio | undefined;
  /** #2: held over live at the first moment of maximal live. */
  readonly atLivePeak: FragmentationRatio | undefined;
  /** #3: held over live at the first moment of maximal held. */
  readonly atHeldPeak: FragmentationRatio | undefined;
  /** #4: maximal held over maximal live, whenever each occurred. */
  readonly peaks: FragmentationRatio | undefined;
}

export interface FootprintSummary {
  readonly liveBytesPeak: Peak;
  readonly grantedBytesPeak: Peak;
  readonly heldBytesPeak: Peak;
  /** The first operation of maximal held. */
  readonly atHeldPeak: FootprintMoment;
  /** The first operation of maximal live. */
  readonly atLivePeak: FootprintMoment;
  readonly atEnd: FootprintMoment;
  readonly wilsonJohnstone: WilsonJohnstone;
}

/** Exact peaks and averages over every operation of a replay. */
export class FootprintRecorder implements ReplayObserver {
  private operations = 0;
  private readonly atLivePeak = new MomentSlot();
  private readonly atGrantedPeak = new MomentSlot();
  private readonly atHeldPeak = new MomentSlot();
  private readonly latest = new MomentSlot();
  private readonly liveOverTime = new ExactSum();
  private readonly heldOverTime = new ExactSum();

  operation(state: ReplayState): void {
    const allocated = state.allocatedBytes - this.latest.allocatedBytes;
    if (allocated > 0) {
      this.liveOverTime.addProduct(state.liveBytes, allocated);
      this.heldOverTime.addProduct(state.heldBytes, allocated);
    }
    this.latest.set(state);
    const first = this.operations++ === 0;
    if (first || state.liveBytes > this.atLivePeak.liveBytes) {
      this.atLivePeak.set(state);
    }
    if (first || state.grantedBytes > this.atGrantedPeak.grantedBytes) {
      this.atGrantedPeak.set(state);
    }
    if (first || state.heldBytes > this.atHeldPeak.heldBytes) {
      this.atHeldPeak.set(state);
    }
  }

  performed(_state: ReplayState, rows: PerformedRows, from: number, until: number): void {
    const { allocatedAfter, liveBytesAfter, grantedAfter, heldBytes } = rows;
    const { allocatedBytes } = this.latest;
    this.liveOverTime.addOverTime(liveBytesAfter, allocatedAfter, allocatedBytes, from, until);
    this.heldOverTime.addOverTime(heldBytes, allocatedAfter, allocatedBytes, from, until);
    let { liveBytes } = this.atLivePeak;
    let { grantedBytes } = this.atGrantedPeak;
    let { heldBytes: held } = this.atHeldPeak;
    let [livePeak, grantedPeak, heldPeak] = [-1, -1, -1];
    if (this.operations === 0) {
      [liveBytes, grantedBytes, held] = [-1, -1, -1];
    }
    for (let row = from; row < until; row++) {
      if (liveBytesAfter[row]! > liveBytes) {
        liveBytes = liveBytesAfter[row]!;
        livePeak = row;
      }
      if (grantedAfter[row]! > grantedBytes) {
        grantedBytes = grantedAfter[row]!;
        grantedPeak = row;
      }
      if (heldBytes[row]! > held) {
        held = heldBytes[row]!;
        heldPeak = row;
      }
    }
    this.operations += until - from;
    this.latest.setRow(rows, until - 1);
    this.atLivePeak.setRow(rows, livePeak);
    this.atGrantedPeak.setRow(rows, grantedPeak);
    this.atHeldPeak.setRow(rows, heldPeak);
  }

  /** Undefined when there was no operation. */
  finish(): FootprintSummary | undefined {
    if (this.operations === 0) {
      return undefined;
    }
    const { atLivePeak, atGrantedPeak, atHeldPeak } = this;
    return {
      liveBytesPeak: { value: atLivePeak.liveBytes, operation: atLivePeak.eventIndex },
      grantedBytesPeak: { value: atGrantedPeak.grantedBytes, operation: atGrantedPeak.eventIndex },
      heldBytesPeak: { value: atHeldPeak.heldBytes, operation: atHeldPeak.eventIndex },
      atHeldPeak: momentOf(atHeldPeak),
      atLivePeak: momentOf(atLivePeak),
      atEnd: momentOf(this.latest),
      wilsonJohnstone: {
        averages: this.averages(),
        atLivePeak: fragmentationRatio(atLivePeak.heldBytes, atLivePeak.liveBytes),
        atHeldPeak: fragmentationRatio(atHeldPeak.heldBytes, atHeldPeak.liveBytes),
        peaks: fragmentationRatio(atHeldPeak.heldBytes, atLivePeak.liveBytes),
      },
    };
  }

  private averages(): FragmentationRatio | undefined {
    const held = this.heldOverTime.value;
    const live = this.liveOverTime.value;
    if (live === 0n) {
      return undefined;
    }
    const time = BigInt(this.latest.allocatedBytes);
    return {
      heldBytes: Number(held / time),
      liveBytes: Number(live / time),
      basisPoints: scaledRatio(held - live, live, BASIS_POINTS),
    };
  }
}

/** What a moment is read from: the replay's state, or a copy of it. */
export type FootprintState = Pick<
  ReplayState,
  'eventIndex' | 'allocatedBytes' | 'liveObjects' | 'liveBytes' | 'grantedBytes' | 'headerBytes' | 'heldBytes'
>;

export function momentOf(state: FootprintState): FootprintMoment {
  return {
    operation: state.eventIndex,
    allocatedBytes: state.allocatedBytes,
    liveObjects: state.liveObjects,
    liveBytes: state.liveBytes,
    grantedBytes: state.grantedBytes,
    headerBytes: state.headerBytes,
    heldBytes: state.heldBytes,
  };
}

/** The state after a row of a block. */
export function rowState(rows: PerformedRows, row: number): FootprintState {
  return {
    eventIndex: rows.firstEvent + row,
    allocatedBytes: rows.allocatedAfter[row]!,
    liveObjects: rows.liveObjectsAfter[row]!,
    liveBytes: rows.liveBytesAfter[row]!,
    grantedBytes: rows.grantedAfter[row]!,
    headerBytes: rows.headersAfter[row]!,
    heldBytes: rows.heldBytes[row]!,
  };
}

function fragmentationRatio(heldBytes: number, liveBytes: number): FragmentationRatio | undefined {
  if (liveBytes === 0) {
    return undefined;
  }
  return { heldBytes, liveBytes, basisPoints: scaledRatio(heldBytes - liveBytes, liveBytes, BASIS_POINTS) };
}

/** A moment written over and over in place: every operation updates one, so none may be allocated. */
class MomentSlot implements FootprintState {
  eventIndex = 0;
  allocatedBytes = 0;
  liveObjects = 0;
  liveBytes = 0;
  grantedBytes = 0;
  headerBytes = 0;
  heldBytes = 0;

  set(state: FootprintState): void {
    this.eventIndex = state.eventIndex;
    this.allocatedBytes = state.allocatedBytes;
    this.liveObjects = state.liveObjects;
    this.liveBytes = state.liveBytes;
    this.grantedBytes = state.grantedBytes;
    this.headerBytes = state.headerBytes;
    this.heldBytes = state.heldBytes;
  }

  /** After a row of a block; nothing for row −1. */
  setRow(rows: PerformedRows, row: number): void {
    if (row >= 0) {
      this.set(rowState(rows, row));
    }
  }
}
