/**
 * The traces that wee_alloc is tested with, lines of Rust: `Alloc(BYTES),` and `Free(N),`, where N counts the
 * allocations from 0. They were made from valgrind's; a reallocation is a free and an allocation.
 */
import type { LineScanner } from '../input/lines';
import { understoodLines } from './detection';
import type { LineParser, RecorderFormat } from './importer';
import type { Recording } from './recording';

const OPERATION = /^\s*(Alloc|Free)\((\d{1,16})\),?\s*$/;
const BEGINNING = /^\s*(Alloc|Free)\b/;

const open = (recording: Recording): LineParser => new WeeAllocParser(recording);

export const weeAlloc: RecorderFormat = {
  name: 'wee-alloc',
  summary: 'wee_alloc test traces: Alloc(BYTES) and Free(N), N the number of the allocation',
  heeds: [],
  detect: (lines) => understoodLines(open, lines),
  open,
};

class WeeAllocParser implements LineParser {
  private allocations = 0;

  constructor(private readonly recording: Recording) {}

  line(line: LineScanner): void {
    const text = line.text();
    const [, kind, number] = OPERATION.exec(text) ?? [];
    if (kind === 'Alloc') {
      // Keys start at 1, for key 0 is the null pointer.
      this.allocations += 1;
      this.recording.allocated(this.allocations, Number(number));
    } else if (kind === 'Free') {
      this.recording.freed(Number(number) + 1);
    } else if (BEGINNING.test(text)) {
      this.recording.unparsed('"Alloc(BYTES)," or "Free(N),"', 1);
    }
  }
}
