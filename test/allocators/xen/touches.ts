import type { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';

/** What an action touches, word by word in order, in the notation of the engines' descriptions. */

const KINDS = ['L', 'L', 'S', 'RMW'];
/** Page records of the allocator of 2008. */
const RECORD_BYTES = 40;
const RECORD_FIELDS: Readonly<Record<number, string>> = {
  0: 'next',
  8: 'prev',
  16: 'count',
  20: 'order',
  24: 'type',
  36: 'stamp',
};

const AREA_FIELDS: Readonly<Record<number, string>> = { 0: 'base', 8: 'end', 16: 'low', 20: 'top' };

/**
 * @param place names an address of the heap, given as its offset
 */
export function touches(machine: Machine, place: (offset: number) => string, action: () => void): string[] {
  machine.stream.flush();
  machine.stream.beginOperation(0, 0, 0, 0, 0);
  action();
  machine.stream.endOperation(0);
  const { entries, entryCount } = machine.stream;
  const lines = Array.from(entries.subarray(0, entryCount), (entry) => {
    const kind = (entry >>> 0) & 3;
    return `${KINDS[kind]} ${nameOf(machine, (entry >>> 0) - kind, place)}`;
  });
  machine.stream.flush();
  return lines;
}

function nameOf(machine: Machine, address: number, place: (offset: number) => string): string {
  if (address < HEAP_BASE + machine.layout.heapBytes) {
    return place(address - HEAP_BASE);
  }
  const region = machine.layout.list().find((each) => address < each.address + each.bytes)!;
  const offset = address - region.address;
  switch (region.name) {
    case 'frame table':
      return `rec[${Math.floor(offset / RECORD_BYTES)}].${RECORD_FIELDS[offset % RECORD_BYTES]}`;
    case 'free list heads':
      return `head[${Math.floor(offset / 16)}].${offset % 16 === 0 ? 'next' : 'prev'}`;
    case 'allocation bitmap':
      return 'bitmap';
    case 'free page counter':
      return 'avail';
    case 'free list':
      return offset === 8 ? 'list.next' : 'list.prev';
    case 'first bitmap pages':
      return 'bitmap';
    case 'virtual area':
      return AREA_FIELDS[offset]!;
    default:
      return region.name;
  }
}
