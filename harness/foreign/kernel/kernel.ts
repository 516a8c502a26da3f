import { visited, visitedOutside } from './harness';
import { heldFrom, heldUntil } from './held';
import { enterInJournal } from './journal';
import { runOperations } from './operations';
import { acquire, release } from './stream';
import { VISIT_COUNT, VISIT_STRIDE, VISITS, VISITS_MAX } from './memory-map';

/**
 * What an engine's module imports in place of calls into JavaScript, in the forms of 64-bit and of 32-bit engines, and
 * what `../block-runner.ts` calls.
 */

const METADATA: u32 = 2;

export function lock64(name: f64): void {
  acquire(name);
}

export function lock32(name: u32): void {
  acquire(<f64>name);
}

export function unlock64(name: f64): void {
  release(name);
}

export function unlock32(name: u32): void {
  release(<f64>name);
}

export function visit64(start: f64, bytes: f64, state: i32): void {
  if (!(start >= 0 && bytes >= 0 && start + bytes <= <f64>((<u64>memory.size()) << 16))) {
    visitedOutside(start, bytes);
  }
  const count = load<i32>(VISIT_COUNT);
  const row = VISITS + count * VISIT_STRIDE;
  store<f64>(row, start);
  store<f64>(row, bytes, 8);
  // What is neither allocated nor free is the engine's own, whatever it calls that.
  store<f64>(row, <f64>min(<u32>state, METADATA), 16);
  store<i32>(VISIT_COUNT, count + 1);
  if (count == VISITS_MAX - 1) {
    visited();
  }
}

export function visit32(start: u32, bytes: u32, state: i32): void {
  visit64(<f64>start, <f64>bytes, state);
}

export function heldFrom64(address: f64): f64 {
  return heldFrom(address);
}

export function heldFrom32(address: u32): u32 {
  return <u32>heldFrom(<f64>address);
}

export function heldUntil64(address: f64): f64 {
  return heldUntil(address);
}

export function heldUntil32(address: u32): u32 {
  return <u32>heldUntil(<f64>address);
}

export function journal(address: u32, bytes: i32): void {
  enterInJournal(address, bytes);
}

export function run64(from: i32, until: i32): i32 {
  return runOperations(from, until, 8);
}

export function run32(from: i32, until: i32): i32 {
  return runOperations(from, until, 4);
}
