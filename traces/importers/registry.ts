import { didYouMean, UsageError } from '../input-error';
import type { RecorderFormat } from './importer';
import { djMalloc } from './dj-malloc';
import { drmemtrace } from './drmemtrace';
import { heaptrack } from './heaptrack';
import { kmem } from './kmem';
import { ltrace } from './ltrace';
import { lttng } from './lttng';
import { malloclab } from './malloclab';
import { mbed } from './mbed';
import { memleak } from './memleak';
import { memoryReplay } from './memory-replay';
import { minimalloc } from './minimalloc';
import { mtrace } from './mtrace';
import { plan9Log } from './plan9-log';
import { regex } from './regex';
import { riot } from './riot';
import { valgrind } from './valgrind';
import { weeAlloc } from './wee-alloc';

/** Every format, sorted by name. One is read when it is first asked for. */
const READ: Readonly<Record<string, () => RecorderFormat>> = {
  'dj-malloc': () => djMalloc,
  drmemtrace: () => drmemtrace,
  heaptrack: () => heaptrack,
  kmem: () => kmem,
  ltrace: () => ltrace,
  lttng: () => lttng,
  malloclab: () => malloclab,
  mbed: () => mbed,
  memleak: () => memleak,
  'memory-replay': () => memoryReplay,
  minimalloc: () => minimalloc,
  mtrace: () => mtrace,
  'plan9-log': () => plan9Log,
  regex: () => regex,
  riot: () => riot,
  valgrind: () => valgrind,
  'wee-alloc': () => weeAlloc,
};

export const FORMAT_NAMES: readonly string[] = Object.keys(READ);

export const allFormats = (): RecorderFormat[] => Object.values(READ).map((read) => read());

/** The format of that name. Throws a `UsageError` that suggests the nearest. */
export function formatNamed(name: string): RecorderFormat {
  if (!FORMAT_NAMES.includes(name)) {
    throw new UsageError({
      problem: `unknown recording format "${name}"`,
      expected: `one of ${FORMAT_NAMES.join(', ')}${didYouMean(name, FORMAT_NAMES)}`,
    });
  }
  return READ[name]!();
}

/** The format of bytes that begin so; undefined for text, and for what none knows. */
export const detectBinaryFormat = (head: Buffer): RecorderFormat | undefined =>
  allFormats().find((format) => format.binary?.detect(head) === true);

/**
 * The format that most of these lines are of, undefined if none knows any of them; the first by name among equals.
 * `recordingHead` gives the lines.
 */
export function detectFormat(head: readonly string[]): RecorderFormat | undefined {
  let best: RecorderFormat | undefined;
  let bestLines = 0;
  for (const format of allFormats()) {
    const lines = format.detect(head);
    if (lines <= bestLines) {
      continue;
    }
    best = format;
    bestLines = lines;
  }
  return best;
}
