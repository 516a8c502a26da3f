/**
 * What a user may ask of an import, beyond the recording itself. Every format heeds the filters that the shared
 * bookkeeping applies; the options named by `FormatOption` mean something to some formats only.
 */
import { UsageError } from '../input-error';
import { LARGEST_INTEGER } from '../trace';

/** Which of several equal candidates: the one allocated last or first. */
export type AgeOrder = 'newest' | 'oldest';

/** The two allocators whose events a Linux kmem trace mixes. */
export type KmemSelection = 'kmalloc' | 'pages';

/** Regular expressions of the `regex` format, the first that matches a line; regex.ts has the groups they name. */
export interface LinePatterns {
  readonly alloc: string | readonly string[];
  readonly free: string | readonly string[];
  readonly realloc?: string | readonly string[];
}

export interface ImportOptions {
  /** Refuse what the formats' leniency forgives: unparsed lines, orphan frees, missed frees, implausible calls. */
  readonly strict: boolean;
  /** Append frees of what is live at the end, in this order. */
  readonly closeLeaks?: AgeOrder;
  /** Leave out objects while they are smaller than this: their allocations, frees and reallocations. */
  readonly minSizeBytes: number;
  /** Leave out this many events from the start; objects that they allocated are unknown afterwards. */
  readonly skipEvents: number;
  /** Stop after this many events; the frees of `closeLeaks` come on top. */
  readonly limitEvents: number;
  /** Fill the site column (and, for kmem, the value column) from what the recorder says of the caller. */
  readonly sites: boolean;
  /** Take the lines of this process only. */
  readonly pid?: number;
  /** Heaptrack's interpreted files say of a freed block only its size and backtrace: which of those it was. */
  readonly match: AgeOrder;
  /** Which allocator's events; by default kmalloc if the recording begins with any of it, else pages. */
  readonly kmem?: KmemSelection;
  readonly patterns?: LinePatterns;
}

export const DEFAULT_IMPORT_OPTIONS: ImportOptions = {
  strict: false,
  minSizeBytes: 0,
  skipEvents: 0,
  limitEvents: LARGEST_INTEGER,
  sites: false,
  match: 'newest',
};

/** The options that mean something to some formats only. */
export type FormatOption = 'sites' | 'pid' | 'match' | 'kmem' | 'patterns';

const FORMAT_OPTIONS: readonly FormatOption[] = ['sites', 'pid', 'match', 'kmem', 'patterns'];

/**
 * The options with defaults filled in. Throws a `UsageError` for a number out of range, and for an option that was
 * given although the format has no use for it.
 */
export function completeImportOptions(
  given: Partial<ImportOptions>,
  format: { readonly name: string; readonly heeds: readonly FormatOption[] },
): ImportOptions {
  const options: ImportOptions = { ...DEFAULT_IMPORT_OPTIONS, ...given };
  for (const name of ['minSizeBytes', 'skipEvents', 'limitEvents', 'pid'] as const) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) {
      continue;
    }
    throw new UsageError({ where: name, problem: `${value}`, expected: 'a whole number from 0 to 2^53 - 1' });
  }
  for (const name of FORMAT_OPTIONS) {
    const isGiven = given[name] !== undefined && given[name] !== false;
    if (!isGiven || format.heeds.includes(name)) {
      continue;
    }
    const heeded = format.heeds.length === 0 ? 'none' : `only ${format.heeds.join(', ')}`;
    throw new UsageError({
      where: name,
      problem: `the format ${format.name} has no use for this option`,
      expected: `of the options that depend on the format, ${heeded}`,
    });
  }
  return options;
}

/** How the command line spells what it does not call as we do. */
const SPELLED: Readonly<Record<string, string>> = {
  closeLeaks: '--close-leaks',
  minSizeBytes: '--min-size',
  skipEvents: '--skip',
  limitEvents: '--limit',
  patterns: '--re-alloc',
};

/**
 * Refuses options of an import for a trace that is none: canonical traces and synthesizers are taken as they are, and
 * an option that does nothing would go unnoticed. Throws a `UsageError`.
 */
export function refuseImportOptions(given: Partial<ImportOptions> | undefined, format: string): void {
  const [name] =
    Object.entries(given ?? {}).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name !== undefined) {
    throw new UsageError({
      where: SPELLED[name] ?? `--${name}`,
      problem: `${format} is no recording, and has no use for this option`,
      expected: 'it with a recording; `trace slice` takes a part of any trace',
    });
  }
}
