import { HEAP_BASE } from '../machine/memory-layout';
import type { OverwrittenWords, Past } from '../machine/past';
import { BLOCK_OPERATIONS_MAX } from '../replay/operation-block';
import { JOURNAL, JOURNAL_AFTER, JOURNAL_ROW_WORDS, JOURNAL_ROWS, WORD } from './memory-map';

/** The past of an engine that is WebAssembly, one row a store: what stood there, in as many bytes. */

/** 64 MiB. */
const ROWS_MAX = 1 << 22;

/** The widths of stores; a range is so many of the largest. */
const BYTES_MOST = 8;

export class WriteJournal implements Past, OverwrittenWords {
  private readonly kept: Int32Array[] = [];
  private readonly rows: Int32Array;
  private readonly afterRows: Int32Array;
  private readonly view: DataView;
  private isOpen = false;
  private isLost = false;
  private stoodAt = 0;

  /**
   * @param words the control block
   * @param enter has the kernel enter what some bytes hold now
   */
  constructor(
    memory: WebAssembly.Memory,
    private readonly words: Int32Array,
    private readonly enter: (address: number, bytes: number) => void,
  ) {
    const { buffer } = memory;
    this.rows = new Int32Array(buffer, JOURNAL, JOURNAL_ROWS * JOURNAL_ROW_WORDS);
    this.afterRows = new Int32Array(buffer, JOURNAL_AFTER, BLOCK_OPERATIONS_MAX);
    this.view = new DataView(buffer);
  }

  /** What was written so far counts for nothing: the engine has been started. */
  begin(): void {
    this.words[WORD.journalCount] = 0;
    this.isOpen = true;
  }

  enterWord(index: number): void {
    this.enter(HEAP_BASE + 4 * index, 4);
  }

  /** Before a write that the engine does not make by itself. */
  beforeWrite(address: number, bytes: number): void {
    const end = address + bytes;
    let at = address;
    for (; at + BYTES_MOST <= end; at += BYTES_MOST) {
      this.enter(at, BYTES_MOST);
    }
    for (let width = BYTES_MOST / 2; at < end; width /= 2) {
      if (at + width <= end) {
        this.enter(at, width);
        at += width;
      }
    }
  }

  /** There is no more room for rows. */
  full(): void {
    if (!this.isOpen) {
      return;
    }
    this.isLost = this.kept.length === ROWS_MAX / JOURNAL_ROWS;
    if (this.isLost) {
      this.isOpen = false;
      this.kept.length = 0;
    } else {
      this.kept.push(this.rows.slice());
    }
  }

  get now(): number | undefined {
    return this.isLost ? undefined : this.count;
  }

  after(row: number): number {
    return this.afterRows[row]!;
  }

  standAt(moment: number): void {
    this.close();
    let row = this.stoodAt;
    while (row > moment) {
      this.exchange(--row);
    }
    while (row < moment) {
      this.exchange(row++);
    }
    this.stoodAt = moment;
  }

  private get count(): number {
    return this.words[WORD.journalCount]!;
  }

  private close(): void {
    if (this.isOpen) {
      this.isOpen = false;
      this.kept.push(this.rows.slice());
      this.stoodAt = this.count;
    }
  }

  /** What memory and a row hold change places. */
  private exchange(row: number): void {
    const { view } = this;
    const rows = this.kept[(row / JOURNAL_ROWS) >>> 0]!;
    const at = (row % JOURNAL_ROWS) * JOURNAL_ROW_WORDS;
    const address = rows[at]! >>> 0;
    const low = rows[at + 2]!;
    switch (rows[at + 1]!) {
      case 1:
        rows[at + 2] = view.getUint8(address);
        view.setUint8(address, low);
        break;
      case 2:
        rows[at + 2] = view.getUint16(address, true);
        view.setUint16(address, low, true);
        break;
      case 4:
        rows[at + 2] = view.getInt32(address, true);
        view.setInt32(address, low, true);
        break;
      default: {
        const high = rows[at + 3]!;
        rows[at + 2] = view.getInt32(address, true);
        rows[at + 3] = view.getInt32(address + 4, true);
        view.setInt32(address, low, true);
        view.setInt32(address + 4, high, true);
      }
    }
  }
}
