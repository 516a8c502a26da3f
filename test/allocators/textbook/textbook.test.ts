import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { HeapCorruption } from '../../../harness/machine/failures';
import { HEAP_BASE, PAGE_BYTES } from '../../../harness/machine/memory-layout';
import { replay } from '../../../harness/replay/replay';
import { createStack, type Stack } from '../../../harness/replay/stack';
import { NULL, type Placement } from '../../../traces/trace';
import { robsonBound } from '../../../traces/synthesizers/adversary/robson';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import { robsonHighWater } from './robson-driver';

const POLICIES = ['textbook-first-fit', 'textbook-best-fit'] as const;
/** M, n and the words that Robson's adversary needs of them. */
const ROBSON = [
  [1024, 16, 3057],
  [1024, 64, 4033],
  [4096, 64, 16_321],
  [4096, 256, 20_225],
] as const;

function stackOf(engine: string, options: Readonly<Record<string, string>> = {}, heapPages = 1024): Stack {
  return createStack(engineNamed(engine), options, { heapPages, virtualPages: 1 }, engineNamed);
}

/** Allocates each of the sizes and returns heap offsets, `NULL` as −1. */
function offsets({ engine }: Stack, ...sizes: readonly number[]): number[] {
  return sizes.map((bytes) => {
    const placement = engine.allocate(bytes, 0);
    return placement === NULL ? -1 : placement - HEAP_BASE;
  });
}

function free(stack: Stack, offset: number, bytes: number): void {
  stack.engine.free((HEAP_BASE + offset) as Placement, bytes, 0);
  stack.engine.check();
}

/** The walk as text: `A` allocated, `F` free, `M` metadata, with bytes. */
function layout({ engine }: Stack): string {
  const blocks: string[] = [];
  engine.walk((_start, bytes, state) => blocks.push(`${state[0]!.toUpperCase()}${bytes}`));
  return blocks.join(' ');
}

const robson = suite("Robson's adversary");

for (const policy of POLICIES) {
  for (const [live, largest, words] of ROBSON) {
    robson(`drives ${policy} to exactly ${words} words for M = ${live}, n = ${largest}`, async () => {
      assert.is(robsonBound({ live, largest }), words);
      for (const [headers, unit] of [
        ['no', 16],
        ['yes', 32],
      ] as const) {
        const stack = stackOf(policy, { headers });
        const header = headers === 'yes' ? 16 : 0;
        const trace = traceFromSpecification(
          `synth:adversary/robson?live=${live}&largest=${largest}&unit=${unit}&header=${header}`,
        );
        const report = await replay(trace, stack, []);
        assert.is(report.outcome.kind, 'ok');
        assert.is(stack.machine.ledger.heldBytes, words * unit);
        stack.engine.check();
      }
    });

    robson(
      `does so to ${policy} as a program written apart from the synthesizer, M = ${live}, n = ${largest}`,
      () => {
        const stack = stackOf(policy, { granule: '64' });
        assert.is(robsonHighWater(stack, live, largest, 64), words);
      },
    );
  }
}

robson('is not beaten by luck: a smaller heap fails it', async () => {
  const pages = Math.ceil((3057 * 16) / PAGE_BYTES);
  const trace = traceFromSpecification('synth:adversary/robson?live=1024&largest=16');
  const failed = async (heapPages: number) => {
    const { outcome } = await replay(trace, stackOf('textbook-first-fit', {}, heapPages), []);
    return outcome.kind === 'ok' && outcome.failedAllocations > 0;
  };
  assert.is(await failed(pages), false);
  assert.is(await failed(pages - 1), true);
});

robson.run();

const fits = suite('the fits');

for (const policy of POLICIES) {
  fits(`${policy} chooses as its name says`, () => {
    const stack = stackOf(policy);
    const [, wide, , narrow] = offsets(stack, 16, 160, 16, 48, 16);
    free(stack, wide!, 160);
    free(stack, narrow!, 48);
    const expected = policy === 'textbook-first-fit' ? wide : narrow;
    assert.equal(offsets(stack, 40), [expected]);
  });
}

fits('best fit takes the lowest among equals', () => {
  const stack = stackOf('textbook-best-fit');
  const [low, , high] = offsets(stack, 64, 16, 64, 16);
  free(stack, high!, 64);
  free(stack, low!, 64);
  assert.equal(offsets(stack, 64, 64), [low, high]);
});

fits('best fit takes the block at the break last, whatever its size', () => {
  const stack = stackOf('textbook-best-fit');
  const [large, , top] = offsets(stack, 640, 16, 64);
  free(stack, top!, 64);
  free(stack, large!, 640);
  assert.equal(offsets(stack, 48), [large]);
});

fits('neighbours are joined at once, on either side and on both', () => {
  const stack = stackOf('textbook-first-fit');
  const [a, b, c] = offsets(stack, 32, 48, 64, 16);
  free(stack, a!, 32);
  free(stack, c!, 64);
  assert.is(layout(stack), 'F32 A48 F64 A16');
  free(stack, b!, 48);
  assert.is(layout(stack), 'F144 A16');
  assert.equal(offsets(stack, 144), [a]);
});

fits('what is left of a block stays where it was in the order', () => {
  const stack = stackOf('textbook-first-fit');
  const [a, , b] = offsets(stack, 96, 16, 32, 16);
  free(stack, a!, 96);
  free(stack, b!, 32);
  assert.equal(offsets(stack, 48, 48, 32), [a, a! + 48, b]);
});

fits('the break moves by what is missing, and never back', () => {
  const stack = stackOf('textbook-first-fit');
  const [, top] = offsets(stack, 16, 64);
  assert.is(stack.machine.ledger.heldBytes, 80);
  free(stack, top!, 64);
  assert.is(stack.machine.ledger.heldBytes, 80);
  assert.equal(offsets(stack, 100), [top]);
  assert.is(stack.machine.ledger.heldBytes, 16 + 112);
});

fits('a full heap says NULL, leaves all as it was, and serves again after a free', () => {
  const stack = stackOf('textbook-first-fit', {}, 1);
  const [a] = offsets(stack, PAGE_BYTES - 32, 32);
  assert.equal(offsets(stack, 1), [-1]);
  stack.engine.check();
  free(stack, a!, PAGE_BYTES - 32);
  assert.equal(offsets(stack, 1, PAGE_BYTES), [a, -1]);
});

fits('an aligned object leaves what lies before it free', () => {
  for (const headers of ['no', 'yes']) {
    const stack = stackOf('textbook-first-fit', { headers });
    offsets(stack, 16);
    const object = stack.engine.allocate(100, 1024);
    assert.is(object % 1024, 0);
    stack.engine.check();
    assert.ok(layout(stack).includes('F'));
    stack.engine.free(object, 100, 1024);
    stack.engine.check();
  }
});

fits('sizes round up to the granule, a size of 0 to one', () => {
  for (const granule of ['16', '32', '64', '128', '256']) {
    const bytes = Number(granule);
    const stack = stackOf('textbook-first-fit', { granule });
    assert.equal(offsets(stack, 0, 1, bytes, bytes + 1, 1), [0, bytes, 2 * bytes, 3 * bytes, 5 * bytes]);
  }
});

fits.run();

const resizing = suite('resizing');

for (const headers of ['no', 'yes']) {
  const header = headers === 'yes' ? 16 : 0;
  const resize = (stack: Stack, offset: number, to: number, from: number) =>
    stack.engine.reallocate!((HEAP_BASE + offset) as Placement, to, 0, from) - HEAP_BASE;

  resizing(`shrinks and grows in place where it can, headers ${headers}`, () => {
    const stack = stackOf('textbook-first-fit', { headers });
    const [a, b] = offsets(stack, 160, 16);
    assert.is(resize(stack, a!, 32, 160), a);
    stack.engine.check();
    assert.is(layout(stack), `A${headers === 'yes' ? '48 F128 A32' : '32 F128 A16'}`);
    assert.is(resize(stack, a!, 96, 32), a);
    assert.is(resize(stack, b!, 4000, 16), b);
    stack.engine.check();
    assert.is(stack.machine.ledger.heldBytes, b! + 4000);
  });

  resizing(`moves with its contents where it cannot, headers ${headers}`, () => {
    const stack = stackOf('textbook-first-fit', { headers });
    const [a, b] = offsets(stack, 32, 16);
    for (let byte = 0; byte < 32; byte++) {
      stack.machine.poke8(HEAP_BASE + a! + byte, byte + 1);
    }
    const moved = resize(stack, a!, 64, 32);
    assert.is(moved, b! + 16 + header);
    stack.engine.check();
    for (let byte = 0; byte < 32; byte++) {
      assert.is(stack.machine.peek8(HEAP_BASE + moved + byte), byte + 1);
    }
    assert.equal(offsets(stack, 32), [a]);
  });

  resizing(`keeps the object where nothing larger can be had, headers ${headers}`, () => {
    const stack = stackOf('textbook-first-fit', { headers }, 1);
    const [a] = offsets(stack, 32, 16);
    assert.is(resize(stack, a!, PAGE_BYTES, 32) + HEAP_BASE, NULL);
    stack.engine.check();
    assert.is(resize(stack, a!, 0, 32) + HEAP_BASE, NULL);
    assert.equal(offsets(stack, 32), [a]);
  });
}

resizing.run();

const damage = suite('damage');

damage('a block that is freed twice is noticed', () => {
  for (const headers of ['no', 'yes']) {
    const stack = stackOf('textbook-first-fit', { headers });
    const [a, b] = offsets(stack, 32, 32);
    for (const offset of [a!, b!]) {
      stack.engine.free((HEAP_BASE + offset) as Placement, 32, 0);
      assert.throws(
        () => free(stack, offset, 32),
        (error: unknown) => error instanceof HeapCorruption,
      );
    }
  }
});

damage('a free block that lies about its size is found by the check', () => {
  const stack = stackOf('textbook-first-fit');
  const [a] = offsets(stack, 64, 16);
  free(stack, a!, 64);
  for (const bytes of [0, 24, 32, 80, 96, 4096]) {
    stack.machine.poke(HEAP_BASE + a!, bytes);
    assert.throws(
      () => stack.engine.check(),
      (error: unknown) => error instanceof HeapCorruption,
      `${bytes}`,
    );
  }
  stack.machine.poke(HEAP_BASE + a!, 64);
  stack.engine.check();
});

damage.run();
