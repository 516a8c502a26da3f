import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault, HeapCorruption, Runaway } from '../../../harness/machine/failures';
import { RandomStream } from '../../../traces/random';
import { Churn, type ChurnOptions } from './churn';

/** Damaged metadata: `check` and `walk` report it and never hang or crash; the engine ends in a known failure. */

const ENGINES: readonly (readonly [string, ChurnOptions])[] = [
  ['xenheap-pages', {}],
  ['xenheap-pages', { options: { version: 'head', 'idle-scrub': '3' } }],
  ['xmalloc-first-fit', {}],
  ['xmalloc-tlsf-2008', {}],
  ['xmalloc-tlsf', {}],
  ['vmalloc', {}],
  ['vmalloc', { options: { 'page-tables': 'charged', 'page-version': 'head' } }],
  ['xvmalloc', {}],
  ['xmalloc-subpage', { options: { share: '50' } }],
  ['caller-dispatch', {}],
];

const FLIPS = 60;

for (const [engine, options] of ENGINES) {
  const named = `${engine} ${Object.entries(options.options ?? {}).join(' ')}`.trim();
  test(`${named}: flipped bits in its metadata end in a report`, () => {
    for (let seed = 1; seed <= FLIPS; seed++) {
      const churn = new Churn(engine, seed, options);
      churn.run(200, 40);
      churn.stack.engine.check();
      flip(churn, seed);
      reported(() => churn.stack.engine.check(), [HeapCorruption]);
      reported(() => churn.stack.engine.walk(() => undefined), [HeapCorruption]);
      reported(() => churn.run(200, 40), [HeapCorruption, Fault, Runaway]);
      reported(() => churn.stack.engine.check(), [HeapCorruption]);
    }
  });
}

for (const engine of ['xmalloc-tlsf-2008', 'xmalloc-tlsf']) {
  test(`${engine}: any flipped bit of a header that the engine reads is found`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const churn = new Churn(engine, seed, { largestBytes: 3000 });
      churn.run(300, 60);
      const { machine, engine: xmalloc } = churn.stack;
      const headers: number[] = [];
      xmalloc.walk((start, bytes, state) => {
        if (bytes < 4096 || state !== 'metadata') {
          headers.push(start);
        }
      });
      const header = headers[(seed * 7919) % headers.length]!;
      for (let bit = 0; bit < 64; bit++) {
        const word = header + (bit < 32 ? 0 : 8);
        machine.poke(word, machine.peek(word) ^ (1 << (bit & 31)));
        assert.throws(() => xmalloc.check(), HeapCorruptionIs, `bit ${bit} of header ${header.toString(16)}`);
        machine.poke(word, machine.peek(word) ^ (1 << (bit & 31)));
      }
      xmalloc.check();
    }
  });
}

test('xmalloc-first-fit: a damaged size word is found', () => {
  const churn = new Churn('xmalloc-first-fit', 3);
  churn.run(300, 60);
  const { machine, engine } = churn.stack;
  const starts: number[] = [];
  engine.walk((start) => starts.push(start));
  let found = 0;
  for (const start of starts) {
    for (let bit = 0; bit < 32; bit++) {
      machine.poke(start, machine.peek(start) ^ (1 << bit));
      found += thrown(() => engine.check()) === undefined ? 0 : 1;
      machine.poke(start, machine.peek(start) ^ (1 << bit));
    }
  }
  assert.ok(found > 0.97 * 32 * starts.length, `${found} of ${32 * starts.length}`);
});

test.run();

function HeapCorruptionIs(error: unknown): boolean {
  return error instanceof HeapCorruption;
}

/** Flips one bit of a block header, of a free block's links, or of a control region. */
function flip(churn: Churn, seed: number): void {
  const { machine, engine } = churn.stack;
  const random = new RandomStream(seed, 'flip');
  const words: number[] = [];
  if (random.below(2) === 0) {
    engine.walk((start, bytes) => {
      for (let word = start; word < start + Math.min(bytes, 32); word += 4) {
        words.push(word);
      }
    });
  } else {
    const regions = machine.layout.list();
    const { address, bytes } = regions[random.below(regions.length)]!;
    for (let word = address; word < address + Math.min(bytes, 4096); word += 4) {
      words.push(word);
    }
  }
  const word = words[random.below(words.length)]!;
  machine.poke(word, machine.peek(word) ^ (1 << random.below(32)));
}

type Failure = abstract new (...parameters: never[]) => Error;

/** Runs an action that may fail, but in these ways alone. */
function reported(action: () => void, failures: readonly Failure[]): void {
  const error = thrown(action);
  if (error !== undefined && !failures.some((failure) => error instanceof failure)) {
    throw error;
  }
}

function thrown(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
