/** The pool's constants, the three C data models, and what a pool is set up with. */

export interface Layout {
  /** Bytes of a word and of a pointer. */
  readonly U: number;
  readonly P: number;
  readonly BH: bigint;
  readonly BT: bigint;
  readonly MINBLOCK: bigint;
  /** Bytes of an arena's header. */
  readonly AR: bigint;
}

export const LAYOUTS: Readonly<Record<string, Layout>> = {
  ilp32: { U: 4, P: 4, BH: 8n, BT: 8n, MINBLOCK: 32n, AR: 24n },
  llp64: { U: 4, P: 8, BH: 8n, BT: 8n, MINBLOCK: 48n, AR: 32n },
  lp64: { U: 8, P: 8, BH: 16n, BT: 16n, MINBLOCK: 64n, AR: 48n },
};

export const MAGIC = {
  free: 0xba5eba11n,
  allocated: 0x0a110c09n,
  inTransit: 0xcab00d1fn,
  arena: 0xc0a1e5cfn,
  arenaTail: 0xec5e1a0dn,
  destroyed: 0xdeadfa11n,
  dead: 0xdeaddeadn,
  floating: 0xcbcbcbcbn,
  filler: 0xa1f1d1c1n,
} as const;

export const POISON = 0xcafebaben;
export const TAIL_MAGIC = [0xbe, 0xef] as const;
/** Bytes of the red zone, by address. */
export const RED_ZONE = [0xfe, 0xf1, 0xf0, 0xfa] as const;

export const FLAG = {
  antagonism: 1,
  paranoia: 2,
  verbosity: 4,
  logging: 16,
  tolerance: 32,
  noReuse: 64,
} as const;

export interface Settings {
  readonly layout: string;
  readonly preset: 'sbrkmem' | 'mainmem' | 'imagmem';
  readonly maxsize: number;
  readonly minarena: number;
  readonly quantum: number;
  readonly minblock: number;
  readonly flags: number;
  readonly merge: boolean;
  readonly move: boolean;
  readonly logstack: boolean;
  readonly gap: number;
  readonly descending: boolean;
  /** 0: the region is the limit. */
  readonly srclimit: number;
}

const MIB = 2 ** 20;

const PRESETS = {
  sbrkmem: { maxsize: 3839 * MIB, minarena: 4096, flags: 0 },
  mainmem: { maxsize: 4 * MIB, minarena: 128 * 1024, flags: FLAG.tolerance },
  imagmem: { maxsize: 16 * MIB, minarena: 2 * MIB, flags: 0 },
} as const;

/** Settings as the goldens' manifest tells them: a preset, and what differs from it. */
export function settingsOf(layout: string, config: string): Settings {
  const [preset, ...overrides] = config.split(' ') as [Settings['preset'], ...string[]];
  const given = Object.fromEntries(overrides.map((each) => each.split('=') as [string, string]));
  const number = (name: string, byDefault: number): number => Number(given[name] ?? byDefault);
  return {
    layout,
    preset,
    maxsize: number('maxsize', PRESETS[preset].maxsize),
    minarena: number('minarena', PRESETS[preset].minarena),
    quantum: number('quantum', 32),
    minblock: number('minblock', 0),
    flags: number('flags', PRESETS[preset].flags),
    merge: number('merge', 1) === 1,
    move: number('move', 0) === 1,
    logstack: number('logstack', 0) === 1,
    gap: number('gap', 0),
    descending: number('descending', 0) === 1,
    srclimit: number('srclimit', 0),
  };
}
