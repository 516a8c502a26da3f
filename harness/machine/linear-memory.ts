import { InputError } from '../../traces/input-error';
import { ENTRY_CAPACITY, OPERATION_CAPACITY, SEGMENT_CAPACITY } from './access-stream';
import type { StreamArrays } from './stream-batch';
import { NOTED_COUNT, PRICED_COUNT } from './domain-events';

/**
 * The memory of a machine whose engine is WebAssembly: one linear memory, in which the machine's addresses are the
 * engine's. Heap and control regions lie where they lie in any machine; what is below the heap is the engine's own,
 * and the stream's arrays are in there too, so that the engine can append to them.
 */

/** Below lies the null pointer and what structures reach of it. */
export const NULL_ZONE_BYTES = 1024;

const WASM_PAGE_SHIFT = 16;

/** Where the arrays of the access stream lie, by their names. */
export type StreamAddresses = { readonly [array in keyof StreamArrays]: number };

export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly stream: StreamArrays;
  /** Told of every write from here before it is made; what an engine writes by itself is not among them. */
  beforeWrite: ((address: number, bytes: number) => void) | undefined;
  private readonly view: DataView;
  private readonly octets: Uint8Array;

  /**
   * @param limit first address beyond the machine's memory
   * @param at where the arrays of the access stream lie
   * Throws an `InputError` when the host refuses the memory.
   */
  constructor(limit: number, at: StreamAddresses) {
    const pages = Math.ceil(limit / (1 << WASM_PAGE_SHIFT));
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch {
      throw new InputError({
        problem: `this host refuses ${limit} bytes of address space for simulated memory`,
        expected: 'a smaller --heap-pages or --virtual-pages, or fewer --workers',
      });
    }
    const { buffer } = this.memory;
    this.view = new DataView(buffer);
    this.octets = new Uint8Array(buffer);
    this.stream = {
      entries: new Int32Array(buffer, at.entries, ENTRY_CAPACITY),
      segmentEnds: new Int32Array(buffer, at.segmentEnds, SEGMENT_CAPACITY),
      segmentFlags: new Int32Array(buffer, at.segmentFlags, SEGMENT_CAPACITY),
      segmentPriced: new Float64Array(buffer, at.segmentPriced, PRICED_COUNT * SEGMENT_CAPACITY),
      operationNoted: new Float64Array(buffer, at.operationNoted, NOTED_COUNT * OPERATION_CAPACITY),
    };
  }

  /** Whether a range is memory: the engine's own, or the machine's from the heap up. */
  contains(address: number, bytes: number): boolean {
    return address >= NULL_ZONE_BYTES && address + bytes <= this.octets.length && bytes >= 0;
  }

  word(address: number): number {
    return this.view.getUint32(address, true);
  }

  setWord(address: number, value: number): void {
    this.beforeWrite?.(address, 4);
    this.view.setUint32(address, value, true);
  }

  octet(address: number): number {
    return this.octets[address]!;
  }

  setOctet(address: number, value: number): void {
    this.beforeWrite?.(address, 1);
    this.octets[address] = value;
  }

  fill(address: number, bytes: number, value: number): void {
    this.beforeWrite?.(address, bytes);
    this.octets.fill(value, address, address + bytes);
  }

  move(destination: number, source: number, bytes: number): void {
    this.beforeWrite?.(destination, bytes);
    this.octets.copyWithin(destination, source, source + bytes);
  }

  /** The text at an address, up to its zero byte: at most `TEXT_BYTES_MAX`, whatever a hostile engine points at. */
  text(address: number): string {
    const end = Math.min(this.octets.length, address + TEXT_BYTES_MAX);
    const zero = this.octets.subarray(address, end).indexOf(0);
    return new TextDecoder().decode(this.octets.slice(address, zero < 0 ? end : address + zero));
  }
}

const TEXT_BYTES_MAX = 4096;
