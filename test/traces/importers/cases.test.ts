import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as path from 'node:path';
import { openTrace } from '../../../traces/open';
import type { ImportOptions } from '../../../traces/importers/options';

/** Recordings of the kinds that people post, each with what its author would say happened. */

const cases = path.join(__dirname, '../../recordings/cases');

/** What is expected; orphans, missed frees, unparsed lines and live objects are 0 where nothing is said. */
interface Expected {
  readonly format: string;
  readonly events: number;
  readonly peakLiveBytes: number;
  readonly orphanFrees?: number;
  readonly liveAtEnd?: number;
  readonly otherSelectionLines?: number;
  readonly reallocs?: number;
}

const AOSP: Partial<ImportOptions> = {
  patterns: {
    alloc: [
      String.raw`: malloc (?<addr>\w+) (?<size>\d+)`,
      String.raw`: calloc (?<addr>\w+) (?<count>\d+) (?<size>\d+)`,
      String.raw`: memalign (?<addr>\w+) (?<align>\d+) (?<size>\d+)`,
    ],
    free: String.raw`: free (?<addr>\w+)`,
    realloc: String.raw`: realloc (?<new>\w+) (?<old>\w+) (?<size>\d+)`,
  },
};
const MBED: Partial<ImportOptions> = {
  patterns: {
    alloc: [
      String.raw`#m:(?<addr>\w+);\w+-(?<size>\d+)`,
      String.raw`#c:(?<addr>\w+);\w+-(?<count>\d+);(?<size>\d+)`,
    ],
    free: String.raw`#f:\w+;\w+-(?<addr>\w+)`,
    realloc: String.raw`#r:(?<new>\w+);\w+-(?<old>\w+);(?<size>\d+)`,
  },
};
const LTTNG: Partial<ImportOptions> = {
  patterns: {
    alloc: [
      String.raw`:malloc: .*\bsize = (?<size>\d+), ptr = (?<addr>\w+)`,
      String.raw`:calloc: .*\bnmemb = (?<count>\d+), size = (?<size>\d+), ptr = (?<addr>\w+)`,
    ],
    free: String.raw`:free: .*\bptr = (?<addr>\w+)`,
    realloc: String.raw`:realloc: .*\bin_ptr = (?<old>\w+), size = (?<size>\d+), ptr = (?<new>\w+)`,
  },
};

const EXPECTED: readonly (readonly [file: string, Expected, Partial<ImportOptions>?])[] = [
  ['kmem-trace-cmd-caller.kmem.txt', { format: 'kmem', events: 6, peakLiveBytes: 307 }],
  [
    'kmem-mixed-caller.kmem.txt',
    { format: 'kmem', events: 4, peakLiveBytes: 5560, liveAtEnd: 2, otherSelectionLines: 1 },
  ],
  [
    'ltrace-no-arrow-prefixes.f-ttt-T.txt',
    { format: 'ltrace', events: 3, peakLiveBytes: 65_536, liveAtEnd: 1 },
  ],
  ['ltrace-no-arrow-prefixes.ttt.txt', { format: 'ltrace', events: 3, peakLiveBytes: 400, liveAtEnd: 1 }],
  ['ltrace-no-arrow-prefixes.iS.txt', { format: 'ltrace', events: 4, peakLiveBytes: 608 }],
  ['ltrace-no-arrow-prefixes.pid-term.txt', { format: 'ltrace', events: 4, peakLiveBytes: 200 }],
  ['ltrace-no-arrow-prefixes.n2.txt', { format: 'ltrace', events: 3, peakLiveBytes: 56, liveAtEnd: 1 }],
  ['ltrace-x-inside-libc.x-libc.txt', { format: 'ltrace', events: 4, peakLiveBytes: 572 }],
  ['ltrace-x-inside-libc.x-tt.txt', { format: 'ltrace', events: 5, peakLiveBytes: 9036, reallocs: 1 }],
  ['ltrace-memalign-four-arguments.m.txt', { format: 'ltrace', events: 12, peakLiveBytes: 5091 }],
  ['ltrace-operator-new.mangled.txt', { format: 'ltrace', events: 4, peakLiveBytes: 8256, orphanFrees: 1 }],
  ['ltrace-operator-new.demangled.txt', { format: 'ltrace', events: 6, peakLiveBytes: 184 }],
  ['malloclab-two-line-header.small.rep', { format: 'malloclab', events: 6, peakLiveBytes: 4080 }],
  [
    'malloclab-headerless-script.t.script',
    { format: 'malloclab', events: 7, peakLiveBytes: 8368, reallocs: 1 },
  ],
  ['minimalloc-short-row.s.csv', { format: 'minimalloc', events: 4, peakLiveBytes: 33 }],
  ['valgrind-time-stamp.ts.txt', { format: 'valgrind', events: 5, peakLiveBytes: 73_004, reallocs: 1 }],
  ['regex-count-times-size.aosp.txt', { format: 'regex', events: 7, peakLiveBytes: 352, reallocs: 1 }, AOSP],
  ['regex-count-times-size.mbed.txt', { format: 'regex', events: 5, peakLiveBytes: 200, reallocs: 1 }, MBED],
  [
    'regex-count-times-size.lttng.txt',
    { format: 'regex', events: 5, peakLiveBytes: 4384, reallocs: 1 },
    LTTNG,
  ],
];

for (const [file, expected, importOptions] of EXPECTED) {
  test(`${file}: ${expected.events} events`, async () => {
    const trace = await openTrace(path.join(cases, file), {
      ...(importOptions && { importOptions, format: 'regex' }),
    });
    const counts = trace.accounting!;
    const { events, peakLiveBytes, orphanFrees, liveAtEnd, otherSelectionLines, reallocs } = counts;
    const nothing = { orphanFrees: 0, liveAtEnd: 0, otherSelectionLines: 0, reallocs: 0 };
    assert.equal(
      { format: trace.format, events, peakLiveBytes, orphanFrees, liveAtEnd, otherSelectionLines, reallocs },
      { ...nothing, ...expected },
    );
    assert.equal([counts.unparsedLines, counts.missedFrees, counts.orphanReallocs], [0, 0, 0]);
  });
}

test.run();
