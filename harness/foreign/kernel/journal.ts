import { journalFull } from './harness';
import { JOURNAL, JOURNAL_COUNT, JOURNAL_ROW_BYTES, JOURNAL_ROWS } from './memory-map';

/** Keeps what 1, 2, 4 or 8 bytes hold that are about to be written. What lies outside memory is not written either. */
export function enterInJournal(address: u32, bytes: i32): void {
  if (<u64>address + <u64>bytes > (<u64>memory.size()) << 16) {
    return;
  }
  const count = load<i32>(JOURNAL_COUNT);
  const row = JOURNAL + (count & (JOURNAL_ROWS - 1)) * JOURNAL_ROW_BYTES;
  const at = <usize>address;
  store<u32>(row, address);
  store<i32>(row, bytes, 4);
  if (bytes == 8) {
    store<u64>(row, load<u64>(at), 8);
  } else if (bytes == 4) {
    store<u32>(row, load<u32>(at), 8);
  } else if (bytes == 2) {
    store<u32>(row, load<u16>(at), 8);
  } else {
    store<u32>(row, load<u8>(at), 8);
  }
  store<i32>(JOURNAL_COUNT, count + 1);
  if (((count + 1) & (JOURNAL_ROWS - 1)) == 0) {
    journalFull();
  }
}
