import type { LineScanner } from '../input/lines';

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
  /** Calls within another call that they serve: one call, seen twice. */
  innerCalls: number;
  /** Lines that are plainly the recorder's, or name an allocator's function, and are not understood. */
  unparsedLines: number;
  /** Lines that say nothing of an allocation: banners, other functions, the program's own output. */
  chatterLines: number;
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
  /** The unparsed lines by what they are not; the counts add up to theirs. */
  unparsedKinds: UnparsedKind[];
  /** Remarks on the recording as a whole, in words. */
  notes: string[];
}

/** Unparsed lines of one kind, with the first of them as the example. */
export interface UnparsedKind {
  /** The function's or event's name, where it is known, and what was expected of it. */
  readonly expected: string;
  lines: number;
  readonly line: number;
  readonly column: number;
  /** The beginning of the line. */
  readonly text: string;
}

/** A grammar expects only so much; what more a hostile recording can make of it is one kind. */
const KINDS_MAX = 32;
const EXAMPLE_CHARACTERS = 120;

/** Enters the line that stands at the scanner among the unparsed ones. */
export function countUnparsed(
  accounting: Accounting,
  line: LineScanner,
  expected: string,
  column: number,
): void {
  accounting.unparsedLines += 1;
  const { unparsedKinds } = accounting;
  const known =
    unparsedKinds.find((kind) => kind.expected === expected) ??
    (unparsedKinds.length < KINDS_MAX ? undefined : unparsedKinds[KINDS_MAX - 1]);
  if (known !== undefined) {
    known.lines += 1;
    return;
  }
  const text = line.text(1).slice(0, EXAMPLE_CHARACTERS);
  unparsedKinds.push({ expected, lines: 1, line: line.number, column, text });
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
    innerCalls: 0,
    unparsedLines: 0,
    chatterLines: 0,
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
    unparsedKinds: [],
    notes: [],
  };
}

/** What a line may be counted as although it says nothing to the format, or to the part of it that was asked for. */
const NOTHING_UNDERSTOOD: readonly (keyof Accounting)[] = ['lines', 'unparsedLines', 'chatterLines'];

/** Lines that were understood and are not what the user asked for. */
const NOT_ASKED_FOR: readonly (keyof Accounting)[] = ['otherPidLines', 'otherSelectionLines'];

/** Whether no line of the recording said anything to the format that it was read as. */
export const saidNothing = (accounting: Accounting): boolean => onlyCounts(accounting, NOTHING_UNDERSTOOD);

/** Whether every line that said something is of a process, or of an allocator, that was not asked for. */
export const saidOther = (accounting: Accounting): boolean =>
  onlyCounts(accounting, [...NOTHING_UNDERSTOOD, ...NOT_ASKED_FOR]);

function onlyCounts(accounting: Accounting, names: readonly (keyof Accounting)[]): boolean {
  return Object.entries(accounting).every(
    ([name, count]) => typeof count !== 'number' || count === 0 || names.includes(name as keyof Accounting),
  );
}
