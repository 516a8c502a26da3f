import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { engineNamed } from '../../../allocators/registry';
import { definitionOf } from '../../../harness/cli/names/foreign-engines';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import { ENGINE_KERNEL_SHA256, EngineKernel } from '../../../harness/foreign/engine-kernel';
import type { ForeignModule } from '../../../harness/foreign/foreign-module';
import * as map from '../../../harness/foreign/memory-map';
import {
  END_OF_OPERATION,
  ENTRIES_ENOUGH,
  LOCK_MASK,
  OPERATION_CAPACITY,
  SEGMENT_CAPACITY,
  type AccessStream,
} from '../../../harness/machine/access-stream';
import { NOTED } from '../../../harness/machine/domain-events';
import { HeapCorruption } from '../../../harness/machine/failures';
import { I32, I64 } from '../../../harness/foreign/wasm/opcodes';
import { Ledger } from '../../../harness/machine/ledger';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import { VISIT_NUMBERS, type EngineDefinition } from '../../../harness/replay/port';
import { createStack } from '../../../harness/replay/stack';
import { OP } from '../../../traces/trace';
import { inFolder } from '../cli/command';
import { handMade, NOTHING_ENGINE } from './wat';

/** What the kernel does in an engine's memory in place of JavaScript. */

const ROOT = path.join(__dirname, '../../..');
const FOLDER = path.join(ROOT, 'harness/foreign/kernel');
const BUILT = path.join(FOLDER, 'engine-kernel.wasm');

const build = suite('the built kernel of engines');

build('is what its source compiles to', () =>
  inFolder((folder) => {
    const built = path.join(folder, 'built.wasm');
    execFileSync(process.execPath, [path.join(ROOT, '.ci/build-kernel.js'), 'engine', built], {
      stdio: 'pipe',
    });
    assert.ok(
      readFileSync(built).equals(readFileSync(BUILT)),
      'npm run kernel was not run after the last change',
    );
    return Promise.resolve();
  }),
);

build('is the one that the keys of cached results know', () => {
  assert.is(createHash('sha256').update(readFileSync(BUILT)).digest('hex'), ENGINE_KERNEL_SHA256);
});

build('has the figures that TypeScript has', () => {
  const source = readFileSync(path.join(FOLDER, 'memory-map.ts'), 'utf8').replaceAll(/: (i32|f64) =/g, ' =');
  const names = [...source.matchAll(/^(?:export )?const (\w+)/gm)].map(([, name]) => name!);
  const read = new Function(`${source.replaceAll('export const', 'const')}; return { ${names.join()} };`);
  const figures = read() as Readonly<Record<string, number>>;
  const words = { ...map.CONTROL_WORDS, ...map.CONTROL_NUMBERS };
  const addresses = {
    ...map.STREAM_ADDRESSES,
    ...map.COLUMN_ADDRESSES,
    ...Object.fromEntries(inControl(words)),
  };
  for (const [name, figure] of Object.entries(addresses)) {
    assert.is(figures[constantOf(name)], name === 'frameAccesses' ? undefined : figure, name);
  }
  for (const [name, figure] of Object.entries(map.LOCK_NAME_FIELDS)) {
    assert.is(figures[`LOCK_NAME_${constantOf(name)}`], figure, name);
  }
  const { CONTROL, ENTRIES, FUEL_UNITS, LOCK_NAMES, LOCK_NAME_STRIDE, UNITS_PER_INSTRUCTION } = map;
  const { HELD, JOURNAL, JOURNAL_AFTER, JOURNAL_ROWS, VISITS, VISITS_MAX } = map;
  const plain = {
    ...{ HEAP_BASE, CONTROL, ENTRIES, FUEL_UNITS },
    ...{ LOCK_NAMES, LOCK_NAME_STRIDE, VISITS, VISITS_MAX, HELD },
    ...{ JOURNAL, JOURNAL_AFTER, JOURNAL_ROWS },
  };
  const counted = {
    UNITS_PER_INSTRUCTION,
    VISIT_STRIDE: 8 * VISIT_NUMBERS,
    JOURNAL_ROW_BYTES: 4 * map.JOURNAL_ROW_WORDS,
    SEGMENT_PRICED_STRIDE: 8 * SEGMENT_CAPACITY,
    OPERATION_NOTED_STRIDE: 8 * OPERATION_CAPACITY,
    NOTED_LOCK_ACQUIRES: NOTED.lockAcquires,
    END_OF_OPERATION,
    SEGMENT_LAST: SEGMENT_CAPACITY - 1,
    OPERATION_LAST: OPERATION_CAPACITY - 1,
    ENTRIES_ENOUGH,
  };
  for (const [name, figure] of Object.entries({ ...plain, ...counted })) {
    assert.is(figures[name], figure, name);
  }
});

const inControl = (words: Readonly<Record<string, number>>) =>
  Object.entries(words).map(([name, offset]) => [name, map.CONTROL + offset] as const);
const constantOf = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

build.run();

const held = suite('what is held, as the kernel sees it');

/** The kernel's functions for an engine of that many bits, on a memory of its own. */
function kernelFunctions(ledger: Ledger, word: number) {
  const pages = Math.ceil(HEAP_BASE / map.WASM_PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages });
  const unasked = (): never => {
    throw new Error('nothing is asked');
  };
  const kernel = new EngineKernel(memory, {
    ...{ lockBit: unasked, segmentsFull: unasked, journalFull: unasked },
    ...{ visited: unasked, visitedOutside: unasked },
  });
  kernel.seeHeld(ledger);
  const type = { params: [word], results: [word] };
  const imports = ['ar_held_from', 'ar_held_until'].map((name) => ({ module: 'env', name, type }));
  const module = { image: { imports }, address: (value: number) => value } as unknown as ForeignModule;
  return kernel.functions(module) as Readonly<Record<string, (address: number) => number>>;
}

for (const [bits, word] of [
  [32, I32],
  [64, I64],
] as const) {
  held(`is what the ledger says, for an engine of ${bits} bits`, () => {
    const granules = 61;
    for (const granuleBytes of [4096, 16]) {
      const ledger = new Ledger(HEAP_BASE, granules * granuleBytes, granuleBytes);
      const at = (granule: number): number => HEAP_BASE + granule * granuleBytes;
      // Before the kernel looks, and while it does.
      ledger.take(at(3), 2 * granuleBytes);
      const functions = kernelFunctions(ledger, word);
      const unsigned = (value: number): number => (bits === 32 ? value >>> 0 : value);
      const asked = Array.from({ length: granules + 3 }, (_, granule) => [at(granule - 1), at(granule) - 3]);
      const compare = (): void => {
        for (const address of [0, 5, ...asked.flat(), 0xffff_ffff]) {
          assert.is(unsigned(functions['ar_held_from']!(address)), ledger.heldFrom(address) ?? 0);
          assert.is(unsigned(functions['ar_held_until']!(address)), ledger.heldUntil(address));
        }
      };
      compare();
      for (const [granule, count] of [
        [7, 40],
        [60, 1],
        [5, 2],
        [0, 3],
        [47, 13],
      ] as const) {
        ledger.take(at(granule), count * granuleBytes);
        compare();
      }
      ledger.give(at(9), 33 * granuleBytes);
      compare();
    }
  });
}

held('is left to the ledger where granules are so small that there is no room for all of them', () => {
  const ledger = new Ledger(HEAP_BASE, 16 * (map.HELD_GRANULES_MAX + 1), 16);
  assert.is(kernelFunctions(ledger, I64)['ar_held_from'], undefined);
});

held.run();

const locks = suite('locks of an engine in C');
const engine = loadEngine(path.join(__dirname, 'locks.c'));

/** Of every operation of these sizes the locks held in each of its segments, and how often one was taken. */
function lockings(definition: EngineDefinition, sizes: readonly number[]) {
  const operations: { held: number[]; acquires: number }[] = [];
  let held: number[] = [];
  const drain = (batch: AccessStream): void => {
    let row = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const flags = batch.segmentFlags[segment]!;
      held.push(flags & LOCK_MASK);
      if ((flags & END_OF_OPERATION) !== 0) {
        const acquires = batch.operationNoted[NOTED.lockAcquires]![row++]!;
        operations.push({ held, acquires });
        held = [];
      }
    }
  };
  const { machine, engine: started } = stackOf(definition, drain);
  sizes.forEach((size, index) => {
    machine.stream.beginOperation(index, OP.alloc, index, size, 0);
    machine.stream.endOperation(started.allocate(size, 0));
    started.blockAt(started.allocate(0, 0), 0, 0);
  });
  machine.stream.flush();
  return { operations, names: machine.locks.list().map(({ name }) => name) };
}

const stackOf = (definition: EngineDefinition, drain?: (batch: AccessStream) => void) =>
  createStack(definition, {}, { heapPages: 128, virtualPages: 0, ...(drain && { drain }) }, engineNamed);

locks('are told by their names, wherever these stand and whatever stood there before', () => {
  const { operations, names } = lockings(engine, [0, 1, 2, 3, 3, 4, 5, 1]);
  assert.equal(names, ['one', 'two', 'a name of more bytes than anybody would give a lock, and one']);
  const fortyTimes = Array.from({ length: 40 }, (_, use) => (use % 2 === 0 ? [0, 2] : [0, 1])).flat();
  assert.equal(operations, [
    { held: [0], acquires: 0 },
    { held: [0, 1, 0], acquires: 1 },
    { held: [0, 1, 3, 1, 0], acquires: 2 },
    { held: [0, 1, 0, 2, 0], acquires: 2 },
    { held: [0, 1, 0, 2, 0], acquires: 2 },
    { held: [...fortyTimes, 0], acquires: 40 },
    { held: [0, 4, 0], acquires: 1 },
    { held: [0, 1, 0], acquires: 1 },
  ]);
});

locks('may be taken more often in one operation than a batch has segments', () => {
  const { operations } = lockings(engine, [1, 6, 1]);
  assert.equal(
    operations.map(({ held, acquires }) => [held.filter((locks) => locks === 1).length, acquires]),
    [
      [1, 1],
      [5000, 5000],
      [1, 1],
    ],
  );
});

locks.run();

const walks = suite('a walk of an engine in C');

const STATES = ['allocated', 'free', 'metadata'] as const;

/** The stack of an engine that has reached what its walk visits: 20,000 blocks, and then it finds itself broken. */
function brokenAtTheEnd() {
  const stack = stackOf(engine);
  stack.engine.allocate(20_000 * 16, 0);
  return stack.engine;
}

walks('visits every block in its order, however many there are, before it says what is wrong', () => {
  const visited: unknown[] = [];
  const walk = (): void => brokenAtTheEnd().walk((...block) => visited.push(block));
  assert.throws(
    walk,
    (error: unknown) => error instanceof HeapCorruption && /that was all/.test(error.message),
  );
  const expected = Array.from({ length: 20_000 }, (_, block) => [
    HEAP_BASE + 16 * block,
    16,
    STATES[block % 3],
  ]);
  assert.equal(visited, expected);
});

walks('leaves the first word to a visitor who finds something wrong', () => {
  const walk = (): void =>
    brokenAtTheEnd().walk((start) => {
      if (start === HEAP_BASE + 16 * 10_000) {
        throw new HeapCorruption(start, 'seen by the visitor');
      }
    });
  assert.throws(walk, (error: unknown) => error instanceof HeapCorruption && /seen by/.test(error.message));
});

const OP_CONST = 0x41;
/** `i32.load` of the heap's first word, forgotten. */
const LOAD_FIRST_WORD = [OP_CONST, 0x80, 0x80, 0x80, 0x80, 0x01, 0x28, 2, 0, 0x1a];
/** `i32.store` of 7 to it; its address is what is allocated. */
const STORE_FIRST_WORD = [
  ...LOAD_FIRST_WORD.slice(0, 6),
  OP_CONST,
  7,
  0x36,
  2,
  0,
  ...LOAD_FIRST_WORD.slice(0, 6),
];

walks('overwrites nothing with the entries that it makes, however many there are at once', () => {
  const accesses = 20_000;
  const [start, , free] = NOTHING_ENGINE.functions;
  const module = handMade({
    ...NOTHING_ENGINE,
    functions: [
      start,
      { type: 1, code: STORE_FIRST_WORD },
      free,
      { type: 3, code: Array.from({ length: accesses }, () => LOAD_FIRST_WORD).flat() },
    ],
    exports: { ...NOTHING_ENGINE.exports, ar_check: 3 },
  });
  const { engine: checked, machine } = stackOf(definitionOf('my.wasm', module));
  checked.allocate(16, 0);
  const entries = [...machine.stream.entries.subarray(0, machine.stream.entryCount)];
  checked.check();
  checked.allocate(16, 0);
  assert.is(machine.peek(HEAP_BASE), 7);
  assert.equal([...machine.stream.entries.subarray(0, machine.stream.entryCount)], [...entries, ...entries]);
});

walks.run();
