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

/** Every format, sorted by name. */
export const RECORDER_FORMATS: readonly RecorderFormat[] = [
  djMalloc,
  drmemtrace,
  heaptrack,
  kmem,
  ltrace,
  lttng,
  malloclab,
  mbed,
  memleak,
  memoryReplay,
  minimalloc,
  mtrace,
  plan9Log,
  regex,
  riot,
  valgrind,
  weeAlloc,
];

/** The format of that name. Throws a `UsageError` that suggests the nearest. */
export function formatNamed(name: string): RecorderFormat {
  const found = RECORDER_FORMATS.find((format) => format.name === name);
  if (found !== undefined) {
    return found;
  }
  const names = RECORDER_FORMATS.map((format) => format.name);
  throw new UsageError({
    problem: `unknown recording format "${name}"`,
    expected: `one of ${names.join(', ')}${didYouMean(name, names)}`,
  });
}

/** The format of bytes that begin so; undefined for text, and for what none knows. */
export const detectBinaryFormat = (head: Buffer): RecorderFormat | undefined =>
  RECORDER_FORMATS.find((format) => format.binary?.detect(head) === true);

/**
 * The format that most of these lines are of, undefined if none knows any of them; the first by name among equals.
 * `recordingHead` gives the lines.
 */
export function detectFormat(head: readonly string[]): RecorderFormat | undefined {
  let best: RecorderFormat | undefined;
  let bestLines = 0;
  for (const format of RECORDER_FORMATS) {
    const lines = format.detect(head);
    if (lines <= bestLines) {
      continue;
    }
    best = format;
    bestLines = lines;
  }
  return best;
}
