import type { Machine } from '../../harness/machine/machine';
import type { PoolLayout } from './layout';
import { TWO_TO_32 } from '../../traces/ground/integers';

/**
 * The Pool structure of pool(2), in a control region of its own: parameters, counters, the root of the free tree,
 * the list of arenas, callbacks and flags. Every use of a field is a load or store of the modelled program; the
 * `peek` verbs are for observers.
 */

/** Name of its control region. */
export const POOL_OBJECT_REGION = 'pool object';

/** The flags of pool(2). DEBUGGING is accepted and has no effect: the original never tests it. */
export const FLAG = {
  antagonism: 1,
  paranoia: 2,
  verbosity: 4,
  debugging: 8,
  logging: 16,
  tolerance: 32,
  noReuse: 64,
} as const;
export const FLAGS_MAX = 127;

/** The fields, in the order of the manual page; `root` and `arenas` are the private part. */
const FIELD_NAMES = [
  'name',
  'maxsize',
  'cursize',
  'curfree',
  'curalloc',
  'minarena',
  'quantum',
  'minblock',
  'flags',
  'nfree',
  'lastcompact',
  'alloc',
  'merge',
  'move',
  'lock',
  'unlock',
  'print',
  'panic',
  'logstack',
  'root',
  'arenas',
] as const;
type FieldName = (typeof FIELD_NAMES)[number];

export const FIELD = Object.fromEntries(FIELD_NAMES.map((name, index) => [name, index])) as Readonly<
  Record<FieldName, number>
>;

const INTEGERS: readonly FieldName[] = ['flags', 'nfree', 'lastcompact'];
const WORDS: readonly FieldName[] = [
  ...(['maxsize', 'cursize', 'curfree', 'curalloc', 'minarena', 'quantum', 'minblock'] as const),
];

function fieldBytes(name: FieldName, layout: PoolLayout): 4 | 8 {
  if (INTEGERS.includes(name)) {
    return 4;
  }
  return WORDS.includes(name) ? layout.wordBytes : layout.pointerBytes;
}

export class PoolObject {
  private readonly addresses: number[] = [];
  private readonly widths: number[] = [];

  constructor(
    private readonly machine: Machine,
    layout: PoolLayout,
    readonly address: number,
    /** False for observers. */
    private readonly charged: boolean,
  ) {
    let end = address;
    for (const name of FIELD_NAMES) {
      const bytes = fieldBytes(name, layout);
      end = Math.ceil(end / bytes) * bytes;
      this.addresses.push(end);
      this.widths.push(bytes);
      end += bytes;
    }
  }

  /** Enough for the structure under any layout. */
  static readonly BYTES = FIELD_NAMES.length * 8;

  addressOf(field: number): number {
    return this.addresses[field]!;
  }

  load(field: number): number {
    const address = this.addresses[field]!;
    if (this.charged) {
      if (this.widths[field] === 4) {
        return this.machine.load(address);
      }
      this.machine.load64(address);
    }
    return this.peek(field);
  }

  /** Stores the low bits of an integer, which may be negative: a C counter below zero. */
  store(field: number, value: number): void {
    const address = this.addresses[field]!;
    if (this.widths[field] === 4) {
      this.machine.store(address, value);
    } else {
      this.machine.storeHalves(address, value, Math.floor(value / TWO_TO_32));
    }
  }

  /** Adds to a counter; counters have the word's width and wrap. */
  add(field: number, amount: number): void {
    this.store(field, this.load(field) + amount);
  }

  /** A field; 64-bit counters that wrapped below zero read as the negative number, which is exact. */
  peek(field: number): number {
    const address = this.addresses[field]!;
    const low = this.machine.peek(address);
    return this.widths[field] === 4 ? low : (this.machine.peek(address + 4) | 0) * TWO_TO_32 + low;
  }

  /** A counter as C prints it: unsigned, decimal. */
  peekText(field: number): string {
    return BigInt.asUintN(8 * this.widths[field]!, BigInt(this.peek(field))).toString();
  }
}
