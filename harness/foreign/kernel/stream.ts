import { lockBit, segmentsFull } from './harness';
import {
  BIT_SCANS,
  END_OF_OPERATION,
  ENTRIES,
  FUEL,
  FUEL_UNITS,
  INSTRUCTIONS,
  LOCK_NAME_BIT,
  LOCK_NAME_BYTES,
  LOCK_NAME_COUNT,
  LOCK_NAME_STRIDE,
  LOCK_NAME_TEXT,
  LOCK_NAMES,
  LOCKS_HELD,
  NOTED_LOCK_ACQUIRES,
  OBSERVING,
  OPERATION_COUNT,
  OPERATION_NOTED,
  OPERATION_NOTED_STRIDE,
  POSITION,
  SEGMENT_BIT_SCANS,
  SEGMENT_COUNT,
  SEGMENT_ENDS,
  SEGMENT_FLAGS,
  SEGMENT_LAST,
  SEGMENT_PRICED,
  SEGMENT_PRICED_STRIDE,
  UNITS,
  UNITS_GIVEN,
  UNITS_PER_INSTRUCTION,
} from './memory-map';

/** What `AccessStream` does at locks and at the ends of operations, where the engine has the stream. */

/** Adds what the engine has counted since to the segment under way. */
export function settleCounts(): void {
  const units = load<f64>(UNITS) + <f64>(FUEL_UNITS - load<i32>(FUEL));
  store<f64>(UNITS, units);
  store<i32>(FUEL, FUEL_UNITS);
  const instructions = floor((units + UNITS_PER_INSTRUCTION / 2) / UNITS_PER_INSTRUCTION);
  store<f64>(INSTRUCTIONS, load<f64>(INSTRUCTIONS) + instructions - load<f64>(UNITS_GIVEN));
  store<f64>(UNITS_GIVEN, instructions);
  store<i32>(SEGMENT_BIT_SCANS, load<i32>(SEGMENT_BIT_SCANS) + load<i32>(BIT_SCANS));
  store<i32>(BIT_SCANS, 0);
}

function closeSegment(flags: i32): void {
  const segment = load<i32>(SEGMENT_COUNT);
  const at = segment << 2;
  store<i32>(SEGMENT_ENDS + at, (load<i32>(POSITION) - ENTRIES) >> 2);
  store<i32>(SEGMENT_FLAGS + at, load<i32>(LOCKS_HELD) | flags);
  const priced = SEGMENT_PRICED + (segment << 3);
  store<f64>(priced, load<f64>(INSTRUCTIONS));
  store<f64>(priced, <f64>load<i32>(SEGMENT_BIT_SCANS), SEGMENT_PRICED_STRIDE);
  store<f64>(INSTRUCTIONS, 0);
  store<i32>(SEGMENT_BIT_SCANS, 0);
  store<i32>(SEGMENT_COUNT, segment + 1);
}

export function closeOperation(): void {
  closeSegment(END_OF_OPERATION);
  store<i32>(OPERATION_COUNT, load<i32>(OPERATION_COUNT) + 1);
}

function closeWithinOperation(): void {
  settleCounts();
  closeSegment(0);
  if (load<i32>(SEGMENT_COUNT) == SEGMENT_LAST - 1) {
    segmentsFull();
  }
}

/** Whether the bytes of a known name still stand where the name was: eight at a time, the last eight overlapping. */
function isSame(row: i32, name: i32): bool {
  const bytes = load<i32>(row + LOCK_NAME_BYTES);
  const text = row + LOCK_NAME_TEXT;
  if (bytes < 8) {
    return isSameShort(text, name, bytes);
  }
  for (let at = 0; at + 8 < bytes; at += 8) {
    if (load<u64>(text + at) != load<u64>(name + at)) {
      return false;
    }
  }
  return load<u64>(text + bytes - 8) == load<u64>(name + bytes - 8);
}

function isSameShort(text: i32, name: i32, bytes: i32): bool {
  for (let at = 0; at < bytes; at++) {
    if (load<u8>(text + at) != load<u8>(name + at)) {
      return false;
    }
  }
  return true;
}

function bitOf(name: f64): i32 {
  const count = load<i32>(LOCK_NAME_COUNT);
  const address = <i32>(<u32>name);
  for (let lock = 0; lock < count; lock++) {
    const row = LOCK_NAMES + lock * LOCK_NAME_STRIDE;
    if (load<i32>(row) == address && isSame(row, address)) {
      return load<i32>(row + LOCK_NAME_BIT);
    }
  }
  return lockBit(name);
}

export function acquire(name: f64): void {
  if (load<i32>(OBSERVING)) {
    return;
  }
  const bit = bitOf(name);
  closeWithinOperation();
  store<i32>(LOCKS_HELD, load<i32>(LOCKS_HELD) | bit);
  const noted =
    OPERATION_NOTED + NOTED_LOCK_ACQUIRES * OPERATION_NOTED_STRIDE + (load<i32>(OPERATION_COUNT) << 3);
  store<f64>(noted, load<f64>(noted) + 1);
}

export function release(name: f64): void {
  if (load<i32>(OBSERVING)) {
    return;
  }
  const bit = bitOf(name);
  closeWithinOperation();
  store<i32>(LOCKS_HELD, load<i32>(LOCKS_HELD) & ~bit);
}
