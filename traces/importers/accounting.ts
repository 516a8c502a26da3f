/**
 * What an import counted: a recording is never taken on trust, so everything that was left out, mended or doubted has
 * a number here. Events, live objects and peaks are those of the trace that came out, after the filters; the rest is
 * of the recording.
 */
export interface Accounting {
  /** Lines read from the recording. */
  lines: number;
  /** Events of the trace, with the frees that `closeLeaks` appended. */
  events: number;
  allocs: number;
  frees: number;
  reallocs: number;
  /** Events of other operations (`msize`, `compact` of a Plan 9 pool). */
  otherEvents: number;
  /** Frees of an address that is not live: the recorder missed the allocation. */
  orphanFrees: number;
  /** Reallocations of an address that is not live; the result is a new object. */
  orphanReallocs: number;
  /** Allocations at an address that is still live: the recorder missed the free, which was put in. */
  missedFrees: number;
  /** Allocations and reallocations that returned null. */
  failed: number;
  /** Frees of the null pointer. */
  nullFrees: number;
  /** Calls whose result never appeared. */
  unfinishedCalls: number;
  /** Allocations with an alignment that is no power of two; it was rounded up. */
  roundedAligns: number;
  /** Calls that cannot have happened: the recorder took something else for an allocator. */
  implausibleCalls: number;
  /** Lines that the format's grammar does not know. */
  unparsedLines: number;
  /** Lines of processes other than the chosen one. */
  otherPidLines: number;
  /** Lines of the kernel allocator that was not selected. */
  otherSelectionLines: number;
  /** Events left out by `skipEvents`. */
  skippedEvents: number;
  /** Frees of objects allocated in the skipped part. */
  skippedObjectFrees: number;
  /** Allocations left out by `minSizeBytes`. */
  smallAllocs: number;
  /** Frees appended by `closeLeaks`. */
  closedLeaks: number;
  /** Objects live after the last recorded event. */
  liveAtEnd: number;
  liveBytesAtEnd: number;
  /** Greatest number of objects, and of requested bytes, live at once. */
  peakLiveObjects: number;
  peakLiveBytes: number;
  /** Remarks on the recording as a whole, in words. */
  notes: string[];
}

export function emptyAccounting(): Accounting {
  return {
    lines: 0,
    events: 0,
    allocs: 0,
    frees: 0,
    reallocs: 0,
    otherEvents: 0,
    orphanFrees: 0,
    orphanReallocs: 0,
    missedFrees: 0,
    failed: 0,
    nullFrees: 0,
    unfinishedCalls: 0,
    roundedAligns: 0,
    implausibleCalls: 0,
    unparsedLines: 0,
    otherPidLines: 0,
    otherSelectionLines: 0,
    skippedEvents: 0,
    skippedObjectFrees: 0,
    smallAllocs: 0,
    closedLeaks: 0,
    liveAtEnd: 0,
    liveBytesAtEnd: 0,
    peakLiveObjects: 0,
    peakLiveBytes: 0,
    notes: [],
  };
}

/** Whether no line of the recording said anything to the format that it was read as. */
export function saidNothing(accounting: Accounting): boolean {
  return Object.entries(accounting).every(
    ([name, count]) => name === 'lines' || name === 'unparsedLines' || count === 0 || name === 'notes',
  );
}
