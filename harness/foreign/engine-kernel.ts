import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../machine/ledger';
import type { ForeignModule } from './foreign-module';
import {
  CONTROL,
  CONTROL_BYTES,
  HELD,
  HELD_GRANULES_MAX,
  LOCK_NAME_BYTES_MAX,
  LOCK_NAME_FIELDS,
  LOCK_NAME_STRIDE,
  LOCK_NAMES,
  LOCK_NAMES_MAX,
  VISITS,
  VISITS_MAX,
  WORD,
} from './memory-map';
import { VISIT_NUMBERS, type VisitReader } from '../replay/port';
import { I32, I64 } from './wasm/opcodes';

/**
 * What engines call all the time, as WebAssembly in their own memory (`kernel/`): locks, which divide the stream, the
 * visits of a walk, and what is held, which walks ask. JavaScript hears of nothing until the engine returns or an
 * array is full.
 */

/** sha256 of the built module: whoever changes the kernel changes this, and with it the keys of cached results. */
export const ENGINE_KERNEL_SHA256 = 'a1a9c97dde6c48146d3bf1ea1d2d86c98bcb72add48edf4a2640af87f5f30901';

const kernelModule = new WebAssembly.Module(readFileSync(join(__dirname, 'kernel', 'engine-kernel.wasm')));

/** What the kernel asks of its harness. */
export interface KernelServices {
  /** The bit of the lock whose name stands at an address. */
  lockBit(name: number): number;
  /** Drains the stream, of which the segments are used up. */
  segmentsFull(): void;
  /** Reads the visits, for which there is no more room. */
  visited(): void;
  /** Throws: a visit goes beyond the memory. */
  visitedOutside(start: number, bytes: number): void;
  /** Keeps the journal, in which there is no more room. */
  journalFull(): void;
}

type KernelFunction = (...values: number[]) => number | void;

/** What the loop over a block calls, in the order of its table. */
export interface RunFunctions {
  readonly allocate: unknown;
  readonly free: unknown;
  readonly blockAt: unknown;
}

interface Forms {
  readonly in32: string;
  readonly in64: string;
  /** Parameters, then results. */
  readonly types32: string;
  readonly types64: string;
}

const FORMS = {
  ar_lock: { in32: 'lock32', in64: 'lock64', ...typesOf([I32], [I64]) },
  ar_unlock: { in32: 'unlock32', in64: 'unlock64', ...typesOf([I32], [I64]) },
  ar_visit: { in32: 'visit32', in64: 'visit64', ...typesOf([I32, I32, I32], [I64, I64, I32]) },
} as const satisfies Readonly<Record<string, Forms>>;
/** Those functions of `alloc-replay.h` that are the kernel's. */
export type KernelFunctionName = keyof typeof FORMS;

/** Those that are the kernel's where it can see what is held. */
const HELD_FORMS = {
  ar_held_from: { in32: 'heldFrom32', in64: 'heldFrom64', ...typesOf([I32, I32], [I64, I64]) },
  ar_held_until: { in32: 'heldUntil32', in64: 'heldUntil64', ...typesOf([I32, I32], [I64, I64]) },
} as const satisfies Readonly<Record<string, Forms>>;

function typesOf(in32: readonly number[], in64: readonly number[]): Pick<Forms, 'types32' | 'types64'> {
  return { types32: in32.join(), types64: in64.join() };
}

export class EngineKernel {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  private readonly octets: Uint8Array;
  private readonly view: DataView;
  private readonly visits: Float64Array;
  seesHeld = false;
  private readonly table = new WebAssembly.Table({ initial: 3, element: 'anyfunc' });
  private readonly exports: Readonly<Record<string, KernelFunction>>;

  constructor(memory: WebAssembly.Memory, services: KernelServices) {
    const { buffer } = memory;
    this.words = new Int32Array(buffer, CONTROL, CONTROL_BYTES / 4);
    this.numbers = new Float64Array(buffer, CONTROL, CONTROL_BYTES / 8);
    this.octets = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.visits = new Float64Array(buffer, VISITS, VISITS_MAX * VISIT_NUMBERS);
    const imports = { env: { memory, table: this.table }, harness: { ...services } };
    this.exports = new WebAssembly.Instance(kernelModule, imports).exports as typeof this.exports;
  }

  /** As an engine's module imports them: directly, or through JavaScript where it declares them in another way. */
  functions(module: ForeignModule): Readonly<Record<string, KernelFunction>> {
    const forms = Object.entries<Forms>({ ...FORMS, ...(this.seesHeld && HELD_FORMS) });
    return Object.fromEntries(forms.map(([name, each]) => [name, this.form(module, name, each)]));
  }

  private form(module: ForeignModule, name: string, forms: Forms): KernelFunction {
    const type = module.image.imports.find((each) => each.name === name)?.type;
    const types = type && [...type.params, ...type.results].join();
    const wide = this.exports[forms.in64]!;
    if (types === forms.types32) {
      return this.exports[forms.in32]!;
    }
    return types === forms.types64 ? wide : (...values) => wide(...values.map(module.address));
  }

  /** Enters in the journal what some bytes hold that are about to be written: 1, 2, 4 or 8. */
  get journal(): (address: number, bytes: number) => void {
    return this.exports['journal'] as (address: number, bytes: number) => void;
  }

  /** Has the ledger keep what is held where the kernel sees it, unless that is too much. */
  seeHeld(ledger: Ledger): void {
    const { words, octets } = this;
    if (ledger.granules <= HELD_GRANULES_MAX) {
      words[WORD.heldGranules] = ledger.granules;
      words[WORD.heldGranuleShift] = ledger.granuleShift;
      ledger.keepIn(octets.subarray(HELD, HELD + ledger.granules));
      this.seesHeld = true;
    }
  }

  /** The loop over a block for these functions of an engine: returns how the run ended, a place in `RUN_ENDS`. */
  loop(
    { allocate, free, blockAt }: RunFunctions,
    pointerBytes: 4 | 8,
  ): (from: number, until: number) => number {
    [allocate, free, blockAt].forEach((entry, place) => this.table.set(place, entry));
    return this.exports[pointerBytes === 4 ? 'run32' : 'run64'] as (from: number, until: number) => number;
  }

  /** Has the kernel know a lock by its name as it stands there now. */
  enterLockName(address: number, name: Uint8Array, bit: number): void {
    const { words, view, octets } = this;
    const count = words[WORD.lockNameCount]!;
    let row = LOCK_NAMES;
    const end = LOCK_NAMES + count * LOCK_NAME_STRIDE;
    while (row < end && view.getUint32(row, true) !== address) {
      row += LOCK_NAME_STRIDE;
    }
    if (name.length > LOCK_NAME_BYTES_MAX || (row === end && count === LOCK_NAMES_MAX)) {
      return;
    }
    view.setUint32(row, address, true);
    view.setUint32(row + LOCK_NAME_FIELDS.bit, bit, true);
    view.setUint32(row + LOCK_NAME_FIELDS.bytes, name.length, true);
    octets.set(name, row + LOCK_NAME_FIELDS.text);
    if (row === end) {
      words[WORD.lockNameCount] = count + 1;
    }
  }

  /** Hands over the visits so far, each once. */
  readVisits(read: VisitReader): void {
    const count = this.words[WORD.visitCount]!;
    this.words[WORD.visitCount] = 0;
    read(this.visits, count);
  }
}
