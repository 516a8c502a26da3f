import {
  ALIGNS,
  BIT_SCANS,
  BYTES,
  ENTRIES,
  ENTRIES_BUDGET_END,
  ENTRIES_ENOUGH,
  ENTRIES_MAX,
  FUEL,
  FUEL_UNITS,
  GRANTED_BYTES,
  GRANULE_BYTES,
  HEADER_BYTES,
  HEAP_BASE,
  HEAP_END,
  HELD_BYTES,
  HELD_NOW,
  JOURNAL_AFTER,
  JOURNAL_COUNT,
  OBJECTS,
  OBSERVING,
  OPERATION,
  OPERATION_COUNT,
  OPERATION_LAST,
  OPERATION_START,
  PHASE,
  PLACEMENTS,
  POSITION,
  REQUEST_BYTES_MAX,
  SEGMENT_COUNT,
  SEGMENT_LAST,
  STOP,
  TOUCHED,
  UNITS,
  UNITS_GIVEN,
  VERBS,
} from './memory-map';
import { closeOperation, settleCounts } from './stream';

/**
 * Runs the operations of a block on the engine, which stands in the table that both share. What is out of the ordinary
 * is left to JavaScript, before or after the engine has had its turn.
 */

/** Places in the table. */
const ALLOCATE: i32 = 0;
const FREE: i32 = 1;
const BLOCK_AT: i32 = 2;

const IS_FREE: i32 = 1;

/** Who is at work in the operation under way. */
const ENGINE: i32 = 1;
const OBSERVER: i32 = 2;

/** How a run ends: at its end or where it was asked to stop, behind a whole operation; before one; within one. */
const BETWEEN: i32 = 0;
const BEFORE: i32 = 1;
const WITHIN: i32 = 2;

/** What `STOP` asks for: behind the operation under way, within it. */
const STOP_WITHIN: i32 = 2;

/** Operations whose objects are looked at together. */
const TOUCHED_TOGETHER: i32 = 32;
/** Headers stand right before objects. */
const HEADER_REACH: i32 = 16;

/**
 * Looks at what the next frees will look at first, around their objects: the host fetches it all at once, and not one
 * line after the other while the engine waits. Returns what nobody wants, so that it is not left out.
 */
function touchObjects(from: i32, until: i32, end: f64): i32 {
  let sum = 0;
  for (let operation = from; operation < until; operation++) {
    const at = operation << 3;
    const object = load<f64>(OBJECTS + at);
    const behind = object + load<f64>(BYTES + at);
    if (object >= HEAP_BASE + HEADER_REACH && behind + HEADER_REACH <= end) {
      sum += load<i32>(<i32>(<u32>object) - HEADER_REACH) + load<i32>(<i32>(<u32>behind));
    }
  }
  return sum;
}

export function runOperations(from: i32, until: i32, pointerBytes: i32): i32 {
  for (let operation = from; operation < until; operation++) {
    store<i32>(OPERATION, operation);
    if ((operation - from) % TOUCHED_TOGETHER == 0) {
      store<i32>(
        TOUCHED,
        touchObjects(operation, min(operation + TOUCHED_TOGETHER, until), load<f64>(HEAP_END)),
      );
    }
    const at = operation << 3;
    store<f64>(UNITS, 0);
    store<f64>(UNITS_GIVEN, 0);
    const start = load<i32>(POSITION);
    store<i32>(OPERATION_START, start);
    const bytes = load<f64>(BYTES + at);
    const align = load<f64>(ALIGNS + at);
    const isFree = load<i32>(VERBS + (operation << 2)) == IS_FREE;
    if (isFree) {
      let object = load<f64>(OBJECTS + at);
      if (object < 0) {
        object = load<f64>(PLACEMENTS + (~(<i32>object) << 3));
        store<f64>(OBJECTS + at, object);
      }
      if (object < HEAP_BASE) {
        return BEFORE;
      }
      store<i32>(PHASE, ENGINE);
      call_indirect<void>(FREE, object, bytes, align);
    } else {
      if (bytes > load<f64>(REQUEST_BYTES_MAX)) {
        return BEFORE;
      }
      store<i32>(PHASE, ENGINE);
      store<f64>(PLACEMENTS + at, call_indirect<f64>(ALLOCATE, bytes, align));
    }
    settleCounts();
    const position = load<i32>(POSITION);
    if (
      load<i32>(STOP) == STOP_WITHIN ||
      position - start > load<i32>(ENTRIES_MAX) ||
      position > load<i32>(ENTRIES_BUDGET_END)
    ) {
      return WITHIN;
    }
    if (!isFree && !lookAtBlock(at, pointerBytes)) {
      return WITHIN;
    }
    store<f64>(HELD_BYTES + at, load<f64>(HELD_NOW));
    store<i32>(JOURNAL_AFTER + (operation << 2), load<i32>(JOURNAL_COUNT));
    closeOperation();
    if (
      load<i32>(STOP) ||
      load<i32>(OPERATION_COUNT) == OPERATION_LAST ||
      load<i32>(SEGMENT_COUNT) >= SEGMENT_LAST - 1 ||
      position >= ENTRIES + (ENTRIES_ENOUGH << 2)
    ) {
      store<i32>(OPERATION, operation + 1);
      return BETWEEN;
    }
  }
  store<i32>(OPERATION, until);
  return BETWEEN;
}

/** Asks the engine for the block of the object just placed; false where anything about it is not as it mostly is. */
function lookAtBlock(at: i32, pointerBytes: i32): bool {
  const object = load<f64>(PLACEMENTS + at);
  if (!(object >= HEAP_BASE && object < load<f64>(HEAP_END))) {
    return false;
  }
  if (<u32>object % <u32>load<f64>(GRANULE_BYTES) != 0) {
    return false;
  }
  const position = load<i32>(POSITION);
  store<i32>(OBSERVING, position);
  store<i32>(PHASE, OBSERVER);
  const found = call_indirect<f64>(BLOCK_AT, object);
  store<i32>(POSITION, position);
  store<i32>(OBSERVING, 0);
  store<i32>(FUEL, FUEL_UNITS);
  store<i32>(BIT_SCANS, 0);
  if (found == 0) {
    return false;
  }
  const block = <i32>found;
  let start: f64, bytes: f64, headerBytes: f64;
  if (pointerBytes == 4) {
    start = <f64>load<u32>(block);
    bytes = <f64>load<u32>(block, 4);
    headerBytes = <f64>load<u32>(block, 8);
  } else {
    start = <f64>load<u64>(block);
    bytes = <f64>load<u64>(block, 8);
    headerBytes = <f64>load<u64>(block, 16);
  }
  if (!(start + headerBytes <= object && bytes <= load<f64>(HEAP_END) - HEAP_BASE)) {
    return false;
  }
  store<f64>(GRANTED_BYTES + at, bytes);
  store<f64>(HEADER_BYTES + at, headerBytes);
  return true;
}
