import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForeignModule } from './foreign-module';
import {
  CONTROL,
  CONTROL_BYTES,
  LOCK_NAME_BYTES_MAX,
  LOCK_NAME_FIELDS,
  LOCK_NAME_STRIDE,
  LOCK_NAMES,
  LOCK_NAMES_MAX,
  VISIT_NUMBERS,
  VISITS,
  VISITS_MAX,
  WORD,
} from './memory-map';
import { I32, I64 } from './wasm/opcodes';

/**
 * What engines call all the time, as WebAssembly in their own memory (`kernel/`): locks, which divide the stream, and
 * the visits of a walk. JavaScript hears of neither until the engine returns or an array is full.
 */

/** sha256 of the built module: whoever changes the kernel changes this, and with it the keys of cached results. */
export const ENGINE_KERNEL_SHA256 = '5f7da1f8d940d41a48eebfdcd8963ffe1b94a07fa93448b83eedce49b103421b';

const kernelModule = new WebAssembly.Module(readFileSync(join(__dirname, 'kernel', 'engine-kernel.wasm')));

/** What the kernel asks of its harness. */
export interface KernelServices {
  /** The bit of the lock whose name stands at an address. */
  lockBit(name: number): number;
  /** Drains the stream, of which the segments are used up. */
  segmentsFull(): void;
  /** Reads the visits, for which there is no more room. */
  visited(): void;
}

type KernelFunction = (...values: number[]) => number | void;

/** What the loop over a block calls, in the order of its table. */
export interface RunFunctions {
  readonly allocate: unknown;
  readonly free: unknown;
  readonly blockAt: unknown;
}

const FORMS = {
  ar_lock: { in32: 'lock32', in64: 'lock64', params32: [I32], params64: [I64] },
  ar_unlock: { in32: 'unlock32', in64: 'unlock64', params32: [I32], params64: [I64] },
  ar_visit: { in32: 'visit32', in64: 'visit64', params32: [I32, I32, I32], params64: [I64, I64, I32] },
} as const;
/** Those functions of `alloc-replay.h` that are the kernel's. */
export type KernelFunctionName = keyof typeof FORMS;

export class EngineKernel {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  private readonly octets: Uint8Array;
  private readonly view: DataView;
  private readonly visits: Float64Array;
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
  functions(module: ForeignModule): Readonly<Record<KernelFunctionName, KernelFunction>> {
    const form = (name: KernelFunctionName): KernelFunction => {
      const { in32, in64, params32, params64 } = FORMS[name];
      const type = module.image.imports.find((each) => each.name === name)?.type;
      const params = type?.params.join();
      const wide = this.exports[in64]!;
      if (params === params32.join()) {
        return this.exports[in32]!;
      }
      return params === params64.join() ? wide : (...values) => wide(...values.map(module.address));
    };
    return { ar_lock: form('ar_lock'), ar_unlock: form('ar_unlock'), ar_visit: form('ar_visit') };
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
  readVisits(visit: (start: number, bytes: number, state: number) => void): void {
    const { visits, words } = this;
    const count = words[WORD.visitCount]!;
    words[WORD.visitCount] = 0;
    for (let at = 0; at < count * VISIT_NUMBERS; at += VISIT_NUMBERS) {
      visit(visits[at]!, visits[at + 1]!, visits[at + 2]!);
    }
  }
}
