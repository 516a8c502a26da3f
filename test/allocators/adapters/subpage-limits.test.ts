import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isBlock, NULL } from '../../../traces/trace';
import { booted } from '../booted';

/** Proposals 1 and 2: what is refused, what is served, and what it costs in pages. */

const LIMITS = [
  ['xmalloc-first-fit', 3968],
  ['xmalloc-tlsf-2008', 4032],
  ['xmalloc-tlsf', 4032],
] as const;

const subpage = suite('xmalloc-subpage');

for (const [engine, limitBytes] of LIMITS) {
  subpage(`over ${engine} serves up to ${limitBytes} bytes in one page and refuses more`, () => {
    const { engine: xmalloc, machine } = booted('xmalloc-subpage', { engine });
    xmalloc.free(xmalloc.allocate(16, 0), 16, 0);
    const idleBytes = machine.ledger.heldBytes;
    assert.ok(isBlock(xmalloc.allocate(limitBytes, 0)));
    assert.is(machine.ledger.heldBytes, idleBytes + 4096);
    for (const bytes of [limitBytes + 1, 4095, 4096, 4097, 8192, 2 ** 40]) {
      const peakBytes = machine.ledger.heldBytesPeak;
      assert.is(xmalloc.allocate(bytes, 0), NULL, `${bytes} bytes`);
      assert.is(machine.ledger.heldBytesPeak, peakBytes, `${bytes} bytes take no page`);
    }
    xmalloc.check();
  });
}

subpage('answers a request of nothing like the engine below', () => {
  for (const [engine] of LIMITS) {
    const below = booted(engine).engine.allocate(0, 0);
    assert.is(booted('xmalloc-subpage', { engine }).engine.allocate(0, 0), below, engine);
  }
});

subpage('refuses an engine that brings a page source of its own', () => {
  assert.throws(() => booted('xmalloc-subpage', { engine: 'plan9-pool' }), /does not stand on Xen's page/);
});

subpage.run();

const array = suite('xmalloc-array');

array('serves arrays of any size and refuses the rest above the limit', () => {
  const { engine } = booted('xmalloc-array', {}, 1 << 15);
  let refused = 0;
  for (const bytes of [100, 4032, 4033, 5000, 100_000]) {
    engine.callSite!('', 'xmalloc_array');
    assert.ok(isBlock(engine.allocate(bytes, 0)) || (bytes > 4032 && bytes < 4064), `array of ${bytes}`);
    engine.callSite!('', 'xmalloc');
    refused += engine.allocate(bytes, 0) === NULL ? 1 : 0;
  }
  assert.is(refused, 3);
  engine.check();
});

array('returns NULL where the number of elements overflows, as xmalloc_array does', () => {
  const { engine, machine } = booted('xmalloc-array', { engine: 'xmalloc-tlsf' });
  engine.callSite!('', 'xmalloc_array');
  assert.is(engine.allocate(2 ** 32, 0), NULL);
  assert.is(machine.ledger.heldBytesPeak, 0);
});

array.run();
