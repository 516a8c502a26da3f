/**
 * glibc's experimental tracing malloc (branch dj/malloc): its workloads (`.wl`, which allocator authors publish) and
 * its raw traces, decoded to a line a call by `dj-workload.ts`. A workload names blocks by numbers from 1.
 */
import { NULL_ADDRESS, type AddressKey, type LineScanner } from '../input/lines';
import { isRawTrace, isWorkload, workloadLines } from './dj-workload';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';
import { PAGE_BYTES } from '../ground/integers';

export const djMalloc: RecorderFormat = {
  name: 'dj-malloc',
  summary: "glibc's tracing malloc (dj/malloc): workloads (.wl) and raw traces",
  heeds: [],
  detect: () => 0,
  open: (recording) => new DjMallocParser(recording),
  binary: { detect: (head) => isWorkload(head) || isRawTrace(head), lines: workloadLines },
};

/** A raw trace's reallocation that was served by the allocation and the free that follow in its thread. */
interface Moved {
  readonly result: AddressKey;
  readonly old: AddressKey;
}

class DjMallocParser implements LineParser {
  private readonly moved = new Map<AddressKey, Moved>();

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const name = line.takeWord();
    const values: AddressKey[] = [];
    while (line.takeBlanks()) {
      const word = line.takeWord();
      const value = BigInt(/^-?\d{1,20}$/.test(word) ? word : 0);
      values.push(Number.isSafeInteger(Number(value)) ? Number(value) : value);
    }
    if (!this.call(name, values)) {
      this.recording.unparsed(`a call of the allocator, not ${name}`, 1);
    }
  }

  private call(name: string, values: readonly AddressKey[]): boolean {
    const { recording } = this;
    const [result = NULL_ADDRESS, second = NULL_ADDRESS, third = NULL_ADDRESS] = values;
    if (name === 'malloc' || name === 'calloc') {
      if (!this.servesMove(values[2], (move) => move.result === result, false)) {
        recording.allocated(result, Number(second));
      }
    } else if (name === 'valloc') {
      recording.allocated(result, Number(second), PAGE_BYTES);
    } else if (name === 'pvalloc') {
      recording.allocated(result, Math.ceil(Number(second) / PAGE_BYTES) * PAGE_BYTES, PAGE_BYTES);
    } else if (name === 'memalign') {
      recording.allocated(result, Number(third), Number(second));
    } else if (name === 'realloc' || name === 'moved') {
      recording.reallocated(second, result, Number(third));
      if (name === 'moved' && values[3] !== undefined) {
        this.moved.set(values[3], { result, old: second });
      }
    } else if (name === 'free') {
      if (!this.servesMove(values[1], (move) => move.old === result, true)) {
        recording.freed(result);
      }
    } else {
      return false;
    }
    return true;
  }

  /** Whether a call is a part of the reallocation before it in its thread; its last part ends that. */
  private servesMove(
    thread: AddressKey | undefined,
    isPart: (move: Moved) => boolean,
    isLast: boolean,
  ): boolean {
    const move = thread === undefined ? undefined : this.moved.get(thread);
    if (move === undefined || !isPart(move)) {
      return false;
    }
    if (isLast) {
      this.moved.delete(thread!);
    }
    this.recording.innerCall();
    return true;
  }
}
