import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { engineNamed } from '../../../allocators/registry';
import { definitionOf } from '../../../harness/cli/names/foreign-engines';
import { createStack } from '../../../harness/replay/stack';
import { InputError } from '../../../traces/input-error';
import { F32, handMade, NOTHING_ENGINE, type HandMade } from './wat';

/** Modules that are none, or that ask for what no machine offers: one line each, before anything runs. */

const engineOf = (made: HandMade) => definitionOf('my.wasm', handMade(made));

function started(made: HandMade): void {
  createStack(engineOf(made), {}, { heapPages: 1024, virtualPages: 0, accessesMax: 1 << 20 }, engineNamed);
}

function refused(action: () => unknown, words: RegExp): void {
  assert.throws(action, (error: unknown) => {
    assert.instance(error, InputError);
    assert.match((error as Error).message, words);
    assert.not.match((error as Error).message, /\n/);
    return true;
  });
}

test('an engine that does nothing starts', () => {
  started(NOTHING_ENGINE);
});

test('what is no module is refused', () => {
  refused(() => definitionOf('my.wasm', new Uint8Array()), /my\.wasm: is no WebAssembly module/);
  refused(() => definitionOf('my.wasm', Buffer.from('not wasm at all')), /is no WebAssembly module/);
});

test('a truncated module is refused wherever it ends', () => {
  const whole = handMade(NOTHING_ENGINE);
  for (let length = 0; length < whole.length; length++) {
    refused(() => definitionOf('my.wasm', whole.subarray(0, length)), /^my\.wasm: /);
  }
});

test('a module of damaged bytes is refused or is an engine, and nothing else', () => {
  const whole = handMade(NOTHING_ENGINE);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      const damaged = whole.slice();
      damaged[at] = value;
      try {
        const definition = definitionOf('my.wasm', damaged);
        createStack(definition, {}, { heapPages: 16, virtualPages: 0, accessesMax: 1 << 16 }, engineNamed);
      } catch (error) {
        assert.instance(error, InputError, String((error as Error).stack));
      }
    }),
    { seed: 12, numRuns: 600 },
  );
});

test('imports that no machine offers are named', () => {
  const imports = [{ module: 'wasi_snapshot_preview1', name: 'fd_write', type: 3 }];
  const exports = { ar_start: 1, ar_allocate: 2, ar_free: 3 };
  refused(
    () => engineOf({ ...NOTHING_ENGINE, imports, exports }),
    /imports "wasi_snapshot_preview1\.fd_write"/,
  );
  const wrong = [{ module: 'env', name: 'ar_page_alloc', type: 3 }];
  refused(() => engineOf({ ...NOTHING_ENGINE, imports: wrong, exports }), /imports "ar_page_alloc" as \(\)/);
});

test('missing exports and those of other types are named', () => {
  refused(
    () => engineOf({ ...NOTHING_ENGINE, exports: {} }),
    /exports no ar_start, no ar_allocate, no ar_free/,
  );
  refused(() => engineOf({ ...NOTHING_ENGINE, exports: { ar_start: 0, ar_allocate: 1 } }), /no ar_free/);
  const types = [{ params: [F32], results: [] }, ...NOTHING_ENGINE.types.slice(1)];
  refused(() => engineOf({ ...NOTHING_ENGINE, types }), /exports ar_start as \(f32\)/);
});

test('a memory as large as the address space is refused', () => {
  refused(() => started({ ...NOTHING_ENGINE, memoryPages: 65_536 }), /wants a memory of 65536 pages/);
});

test('a start function that never returns is stopped', () => {
  const functions = [...NOTHING_ENGINE.functions, { type: 3, code: [0x03, 0x40, 0x0c, 0x00, 0x0b] }];
  refused(
    () => started({ ...NOTHING_ENGINE, functions, start: 3 }),
    /cannot start: operation passed its limit/,
  );
});

test('code that does not validate is refused', () => {
  const functions = [NOTHING_ENGINE.functions[0], { type: 1, code: [0x6a] }, NOTHING_ENGINE.functions[2]];
  refused(() => started({ ...NOTHING_ENGINE, functions }), /takes more values than it has|is not valid/);
  const simd = [NOTHING_ENGINE.functions[0], { type: 1, code: [0xfd, 0x0c] }, NOTHING_ENGINE.functions[2]];
  refused(() => started({ ...NOTHING_ENGINE, functions: simd }), /uses SIMD/);
});

test.run();
