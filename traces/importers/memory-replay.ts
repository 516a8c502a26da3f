/**
 * Android's `record_allocs` (bionic's malloc debug), which `memory_replay` replays: a line a call, behind the thread.
 * The recordings that the Android sources ship are zip files of this text.
 *
 *     186: malloc 0xb6038060 20                 186: memalign 0x85423660 16 104      result, alignment, size
 *     186: calloc 0xb609f080 32 4               186: free 0xb609f080
 *     186: realloc 0xb609f0c0 0xb6038060 120    187: thread_done 0x0                  result, old block, size
 *
 * Newer ones add the nanoseconds of beginning and end, which change nothing.
 */
import { wideAddress, type AddressKey, type LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const RECORD =
  /^(\d+): (malloc|calloc|realloc|memalign|free|thread_done) (?:0x)?0*([0-9a-f]{1,16})((?: \S+)*) *$/;
/** How a record of this recorder begins, however it goes on. */
const BEGINNING = /^\d+: (malloc|calloc|realloc|memalign|free|thread_done)\b/;
const NUMBER = /^\d{1,16}$/;
const ADDRESS = /^0x0*([0-9a-f]{1,16})$/;

/** What follows the result: numbers, behind the old block for a reallocation. */
const ARGUMENTS: Readonly<Record<string, number>> = {
  malloc: 1,
  calloc: 2,
  realloc: 2,
  memalign: 2,
  free: 0,
};

const open = (recording: Recording): LineParser => new MemoryReplayParser(recording);

export const memoryReplay: RecorderFormat = {
  name: 'memory-replay',
  summary: "Android's record_allocs, which memory_replay replays; plain or in a .zip",
  heeds: [],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class MemoryReplayParser implements LineParser {
  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const text = line.text();
    const [, , kind, result, rest] = RECORD.exec(text) ?? [];
    if (kind === 'thread_done') {
      this.recording.understood();
    } else if (kind === undefined || !this.record(kind, wideAddress(result!), rest!.split(' ').slice(1))) {
      const name = BEGINNING.exec(text)?.[1];
      if (name !== undefined) {
        this.recording.unparsed(`"TID: ${name} POINTER" and its numbers`);
      }
    }
  }

  /** Whether there are as many numbers as the call has, or two times more. */
  private record(kind: string, result: AddressKey, words: readonly string[]): boolean {
    const count = ARGUMENTS[kind]!;
    if (words.length !== count && words.length !== count + 2) {
      return false;
    }
    const old = kind === 'realloc' ? ADDRESS.exec(words[0]!)?.[1] : undefined;
    const numbers = kind === 'realloc' ? words.slice(1) : words;
    if ((kind === 'realloc' && old === undefined) || !numbers.every((word) => NUMBER.test(word))) {
      return false;
    }
    const [first, second] = numbers.map(Number);
    if (kind === 'malloc') {
      this.recording.allocated(result, first!);
    } else if (kind === 'calloc') {
      this.recording.allocated(result, first! * second!);
    } else if (kind === 'memalign') {
      this.recording.allocated(result, second!, first!);
    } else if (kind === 'realloc') {
      this.recording.reallocated(wideAddress(old!), result, first!);
    } else {
      this.recording.freed(result);
    }
    return true;
  }
}
