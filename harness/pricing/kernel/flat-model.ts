import { batch, chargeUpdates } from './batch';
import { CHASE, KIND_MASK, LOAD, Price, STORE, UPDATE } from './outcomes';

/** The flat model: accesses cost what their kind does, wherever they go. */
export class FlatModel {
  static priceAccesses(segmentCount: i32): void {
    let row = batch.causeCosts;
    let at = batch.entries;
    for (let segment = 0; segment < segmentCount; segment++) {
      const end = batch.entries + (load<i32>(batch.segmentEnds + (segment << 2)) << 2);
      const segmentCost = batch.costOf(segment);
      store<f64>(segmentCost, load<f64>(segmentCost) + FlatModel.priceSegment(at, end, row));
      at = end;
      if (batch.endsAt(segment)) {
        row += batch.rowBytes;
      }
    }
  }

  /** Counts four accesses at once, and the last ones singly. */
  @inline
  private static priceSegment(from: usize, to: usize, row: usize): f64 {
    let chases = i32x4.splat(0);
    let stores = i32x4.splat(0);
    let updates = i32x4.splat(0);
    let at = from;
    for (; at + 16 <= to; at += 16) {
      const kinds = v128.and(v128.load(at), i32x4.splat(KIND_MASK));
      chases = i32x4.sub(chases, i32x4.eq(kinds, i32x4.splat(CHASE)));
      stores = i32x4.sub(stores, i32x4.eq(kinds, i32x4.splat(STORE)));
      updates = i32x4.sub(updates, i32x4.eq(kinds, i32x4.splat(UPDATE)));
    }
    const chaseCount = FlatModel.sumOf(chases);
    const storeCount = FlatModel.sumOf(stores);
    let updateCount = FlatModel.sumOf(updates);
    const loadCount = <i32>((at - from) >> 2) - chaseCount - storeCount - updateCount;
    let cost =
      <f64>loadCount * Price.inL1(LOAD) +
      <f64>chaseCount * Price.inL1(CHASE) +
      <f64>storeCount * Price.inL1(STORE);
    for (; at < to; at += 4) {
      const kind = load<i32>(at) & KIND_MASK;
      updateCount += i32(kind == UPDATE);
      cost += Price.inL1(kind);
    }
    const cause = row + batch.accessCauses;
    store<f64>(cause, load<f64>(cause) + cost);
    return cost + chargeUpdates(updateCount, row);
  }

  @inline
  private static sumOf(counts: v128): i32 {
    const pairs = i32x4.add(counts, v128.shuffle<i32>(counts, counts, 2, 3, 0, 1));
    return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
  }
}
