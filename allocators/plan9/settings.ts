import { UsageError } from '../../traces/input-error';
import type { EngineOption, OptionValues } from '../../harness/replay/port';
import { LAYOUT_NAMES, type LayoutName } from './layout';
import type { PoolSettings } from './pool';
import { FLAG, FLAGS_MAX } from './pool-object';

/** The pools that Plan 9 ships: the C library's, and the kernel's two. */
const PRESETS = {
  sbrkmem: { source: 'sbrk', maxsize: 3839 * 0x10_0000, minarena: 4096, flags: 0 },
  /** The boot code replaces `maxsize` by the kernel's share of the memory. */
  mainmem: { source: 'xalloc', maxsize: 4 * 0x10_0000, minarena: 0x2_0000, flags: FLAG.tolerance },
  imagmem: { source: 'xalloc', maxsize: 16 * 0x10_0000, minarena: 0x20_0000, flags: 0 },
} as const;
const PRESET_NAMES = ['sbrkmem', 'mainmem', 'imagmem'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

const QUANTUM_BYTES = 32;
/** What the sources align chunks to; 64-bit links must lie at multiples of it. */
const BLOCK_ALIGN_BYTES = 8;
/** An option left at this keeps what the preset says. */
const PRESET_DECIDES = -1;

const size = (summary: string, smallest: number): EngineOption => ({
  kind: 'integer',
  summary: `${summary}; -1: as the preset`,
  smallest,
  largest: 0xffff_ffff,
  byDefault: PRESET_DECIDES,
});
const onOff = (summary: string, byDefault: 'on' | 'off'): EngineOption => ({
  kind: 'choice',
  summary,
  choices: ['on', 'off'],
  byDefault,
});

/** The options of `plan9-pool`; the pool's own parameters have the names of pool(2). */
export const POOL_OPTIONS = {
  layout: {
    kind: 'choice',
    summary: 'C data model: 386 and arm, Plan 9 on amd64, other 64-bit compilers',
    choices: LAYOUT_NAMES,
    byDefault: 'ilp32',
  },
  preset: {
    kind: 'choice',
    summary: "parameters and arena source of the C library's pool or of the kernel's two",
    choices: PRESET_NAMES,
    byDefault: 'sbrkmem',
  },
  shim: {
    kind: 'choice',
    summary:
      'none: the trace calls the pool; malloc: it calls malloc(2) above the pool, with two tag words a block',
    choices: ['none', 'malloc'],
    byDefault: 'none',
  },
  follow: {
    kind: 'choice',
    summary: 'which to follow where the code differs from the manual page pool(2)',
    choices: ['code', 'manual'],
    byDefault: 'code',
  },
  maxsize: size('most bytes that the pool asks of its source', -1),
  minarena: size('smallest arena in bytes', -1),
  quantum: size(
    'block sizes are rounded up with it as a mask: to multiples of it where it is a power of two, in bytes',
    -1,
  ),
  minblock: size('smallest block in bytes', -1),
  flags: {
    kind: 'integer',
    summary:
      '1 ANTAGONISM, 2 PARANOIA, 4 VERBOSITY, 8 DEBUGGING, 16 LOGGING, 32 TOLERANCE, 64 NOREUSE, added up; -1: as the preset',
    smallest: -1,
    largest: FLAGS_MAX,
    byDefault: PRESET_DECIDES,
  },
  merge: onOff('the merge callback: arenas that touch become one', 'on'),
  move: onOff('the move callback: the pool may compact', 'off'),
  lock: onOff('the lock callbacks; off as the manual page allows, the code would call nil', 'on'),
  logstack: onOff('the logstack callback under LOGGING', 'off'),
  gap: {
    kind: 'integer',
    summary: 'bytes that the source leaves between chunks, so that arenas never touch',
    smallest: 0,
    largest: 0x100_0000,
    byDefault: 0,
  },
  descending: onOff('the source hands out chunks from the heap’s end downwards', 'off'),
  srclimit: {
    kind: 'integer',
    summary: 'the source runs dry beyond this many bytes; 0: at the end of the heap',
    smallest: 0,
    largest: 0xffff_ffff,
    byDefault: 0,
  },
} as const satisfies Record<string, EngineOption>;

/** The pool's parameters from validated options; missing ones take their default. */
export function poolSettings(options: OptionValues): PoolSettings {
  const text = (name: keyof typeof POOL_OPTIONS) => String(options[name] ?? POOL_OPTIONS[name].byDefault);
  const given = (name: keyof typeof POOL_OPTIONS) => Number(options[name] ?? POOL_OPTIONS[name].byDefault);
  const preset = PRESETS[text('preset') as PresetName];
  const orPreset = (name: keyof typeof POOL_OPTIONS, byPreset: number) =>
    given(name) === PRESET_DECIDES ? byPreset : given(name);
  const isOn = (name: keyof typeof POOL_OPTIONS) => text(name) === 'on';
  const manual = text('follow') === 'manual';
  const quantum = orPreset('quantum', QUANTUM_BYTES);
  if (quantum <= 0 || quantum % BLOCK_ALIGN_BYTES !== 0) {
    throw new UsageError({
      where: 'quantum',
      problem: `${quantum} bytes`,
      expected: `a multiple of ${BLOCK_ALIGN_BYTES}, which every block's address is`,
    });
  }
  return {
    layout: text('layout') as LayoutName,
    maxsize: orPreset('maxsize', preset.maxsize),
    minarena: orPreset('minarena', preset.minarena),
    quantum,
    minblock: orPreset('minblock', 0),
    flags: orPreset('flags', preset.flags),
    merge: isOn('merge'),
    move: isOn('move'),
    lock: isOn('lock'),
    logstack: isOn('logstack'),
    source: {
      kind: preset.source,
      gapBytes: given('gap'),
      descending: isOn('descending'),
      limitBytes: given('srclimit'),
    },
    manual,
  };
}
