/** What can become of an access, as indices of the cost tables: the same numbers as `../outcomes.ts`. */

/** Access kinds, the low two bits of an entry. */
export const LOAD: i32 = 0;
export const CHASE: i32 = 1;
export const STORE: i32 = 2;
export const UPDATE: i32 = 3;
export const KIND_COUNT: i32 = 4;
export const KIND_MASK: i32 = KIND_COUNT - 1;
export const LINE_SHIFT: i32 = 6;

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
/** An outcome that costs nothing. */
export const NOTHING: i32 = LOCKED + 1;

/** Causes of accesses, as they follow each other in the row of an operation: four levels, prefetched lines, the TLB. */
const L2_CAUSE: i32 = 1;
export const TLB_CAUSE: i32 = 5;
const CAUSE_COUNT: i32 = 4;
const PRICE_SHIFT: i32 = 5;
const prices: usize = memory.data((NOTHING + 1) << PRICE_SHIFT, 16);
const kindCosts: usize = memory.data(KIND_COUNT << 3, 16);
const translationCosts: usize = memory.data((KIND_COUNT * 2) << 3, 16);

/** What an outcome costs: at one of four causes, from L2 to prefetched lines; the others are 0. */
export class Price {
  @inline
  static at(outcome: i32): usize {
    return prices + (outcome << PRICE_SHIFT);
  }

  static describe(outcome: i32, cost: f64, cause: i32): void {
    if (outcome < KIND_COUNT) {
      store<f64>(kindCosts + (outcome << 3), cost);
    } else if (outcome == LOCKED) {
      store<f64>(Price.at(LOCKED), cost);
    } else if (outcome >= SECOND_TLB) {
      store<f64>(translationCosts + ((outcome - SECOND_TLB) << 3), cost);
    } else if (cause >= L2_CAUSE) {
      store<f64>(Price.at(outcome) + ((cause - L2_CAUSE) << 3), cost);
    }
  }

  /** Of an access that is found in L1. */
  @inline
  static inL1(kind: i32): f64 {
    return load<f64>(kindCosts + (kind << 3));
  }

  /** Of a locked update, beside what its line costs. */
  @inline
  static locked(): f64 {
    return load<f64>(Price.at(LOCKED));
  }

  @inline
  static translated(outcome: i32): f64 {
    return load<f64>(translationCosts + ((outcome - SECOND_TLB) << 3));
  }
}
