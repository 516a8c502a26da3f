import type { Machine } from '../../harness/machine/machine';

/** Name of its control region. */
export const PRINT_BUFFER_REGION = 'print buffer';

/** The text, and how long it is. */
const TEXT_BYTES = 256;
const LENGTH = TEXT_BYTES;

/**
 * Where the print callback formats what the pool prints. The C library's writes out every line at once. The kernel's
 * must not print under the lock: it collects what one call prints, as far as 256 bytes go, until the call is over.
 */
export class PrintBuffer {
  static readonly BYTES = TEXT_BYTES + 4;

  constructor(
    private readonly machine: Machine,
    private readonly address: number,
    private readonly collects: boolean,
  ) {}

  /** A call begins: what the one before it printed has gone out. */
  clear(): void {
    this.machine.store(this.address + LENGTH, 0);
  }

  /** Formats a line, byte by byte. */
  line(text: string): void {
    const { machine, address } = this;
    let length = this.collects ? machine.load(address + LENGTH) : 0;
    for (let byte = 0; byte <= text.length && length < TEXT_BYTES; byte++) {
      machine.store8(address + length, byte === text.length ? NEWLINE : text.charCodeAt(byte));
      length++;
    }
    machine.store(address + LENGTH, length);
  }

  /** What is in the buffer; uncharged. */
  text(): string {
    const length = Math.min(this.machine.peek(this.address + LENGTH), TEXT_BYTES);
    return Array.from({ length }, (_, byte) =>
      String.fromCharCode(this.machine.peek8(this.address + byte)),
    ).join('');
  }
}

const NEWLINE = 0x0a;
