/** What can become of an access, as indices of the cost tables: the same numbers as `../outcomes.ts`. */

/** Access kinds, the low two bits of an entry. */
export const LOAD: i32 = 0;
export const CHASE: i32 = 1;
export const STORE: i32 = 2;
export const UPDATE: i32 = 3;
export const KIND_COUNT: i32 = 4;

export const L1: i32 = 0;
export const L2: i32 = 1;
export const L3: i32 = 2;
export const DRAM: i32 = 3;
const LEVEL_COUNT: i32 = 4;

const LEVEL_STRIDE: i32 = 8;
const OVERLAPPED: i32 = KIND_COUNT;
const DEEPENED: i32 = KIND_COUNT + 1;
const DRAINED: i32 = KIND_COUNT + 3;
const PREFETCHED: i32 = LEVEL_COUNT * LEVEL_STRIDE;

export function found(level: i32, kind: i32): i32 {
  return level * LEVEL_STRIDE + kind;
}

export function overlapped(level: i32): i32 {
  return level * LEVEL_STRIDE + OVERLAPPED;
}

export function deepened(level: i32, from: i32): i32 {
  return level * LEVEL_STRIDE + DEEPENED + from - L2;
}

export function drained(level: i32): i32 {
  return level * LEVEL_STRIDE + DRAINED;
}

export function prefetched(level: i32): i32 {
  return PREFETCHED + level;
}

export const SECOND_TLB: i32 = PREFETCHED + LEVEL_COUNT;
export const WALKED: i32 = SECOND_TLB + KIND_COUNT;
export const LOCKED: i32 = WALKED + KIND_COUNT;
export const OUTCOME_COUNT: i32 = LOCKED + 1;
export const NOTHING: i32 = -1;

const COST_SHIFT: i32 = 4;
const costs: usize = memory.data(OUTCOME_COUNT << COST_SHIFT, 16);

/** What an outcome costs, and where in the row of an operation its cause is, in bytes. */
@unmanaged
export class OutcomeCost {
  cost: f64;
  causeOffset: usize;

  @inline
  static of(outcome: i32): OutcomeCost {
    return changetype<OutcomeCost>(costs + (outcome << COST_SHIFT));
  }
}
