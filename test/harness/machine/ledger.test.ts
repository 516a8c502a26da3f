import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { Ledger, type HeldRun } from '../../../harness/machine/ledger';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';

const ledger = suite('the ledger');

const runsOf = (of: Ledger): HeldRun[] => {
  const runs: HeldRun[] = [];
  of.runs((run) => runs.push(run));
  return runs;
};

ledger('agrees with a plain array of granules', () => {
  const granules = 40;
  const stretch = fc.record({ first: fc.nat(granules - 1), count: fc.integer({ min: 1, max: granules }) });
  fc.assert(
    fc.property(
      fc.constantFrom(16, 4096, 65_536),
      fc.array(stretch, { maxLength: 40, size: 'max' }),
      (granuleBytes, stretches) => {
        const held: boolean[] = new Array(granules).fill(false);
        const subject = new Ledger(HEAP_BASE, granules * granuleBytes, granuleBytes);
        let peak = 0;
        for (const { first, count } of stretches) {
          // Take what is free as a whole, give back what is held as a whole: the page source does nothing else.
          const range = held.slice(first, first + count);
          const address = HEAP_BASE + first * granuleBytes;
          const take = range.every((granule) => !granule);
          if (!take && !range.every((granule) => granule)) {
            continue;
          }
          if (take) {
            subject.take(address, range.length * granuleBytes);
          } else {
            subject.give(address, range.length * granuleBytes);
          }
          held.fill(take, first, first + range.length);
          // What was told of the runs must not outlive a change.
          if (first % 2 === 0) {
            runsOf(subject);
          }
          peak = Math.max(peak, held.filter(Boolean).length);
        }
        assert.is(subject.heldBytes, held.filter(Boolean).length * granuleBytes);
        assert.is(subject.heldBytesPeak, peak * granuleBytes);
        const covered = new Array(granules).fill(false);
        let end = 0;
        for (const { address, bytes } of runsOf(subject)) {
          assert.ok(address > end, 'runs ascend and do not touch');
          end = address + bytes;
          covered.fill(true, (address - HEAP_BASE) / granuleBytes, (end - HEAP_BASE) / granuleBytes);
        }
        assert.equal(covered, held);
        for (let granule = 0; granule < granules; granule++) {
          const asked = HEAP_BASE + granule * granuleBytes + 1;
          const nextOf = (value: boolean): number | undefined => {
            const found = held.indexOf(value, granule);
            return found < 0 ? undefined : Math.max(asked, HEAP_BASE + found * granuleBytes);
          };
          assert.is(subject.heldFrom(asked), nextOf(true));
          assert.is(subject.heldUntil(asked), nextOf(false) ?? HEAP_BASE + granules * granuleBytes);
          for (const count of [1, 2, 7]) {
            const inside = granule + count <= granules && held.slice(granule, granule + count).every(Boolean);
            const address = HEAP_BASE + granule * granuleBytes;
            assert.is(subject.holds(address, count * granuleBytes), inside);
            assert.is(subject.holds(address + 1, count * granuleBytes - 1), inside);
          }
        }
      },
    ),
    { seed: 20081121, numRuns: 60 },
  );
});

ledger('holds nothing outside its region, and asks for the byte itself when a range is empty', () => {
  const subject = new Ledger(HEAP_BASE, 4 * 4096, 4096);
  subject.take(HEAP_BASE, 4 * 4096);
  assert.ok(subject.holds(HEAP_BASE, 4 * 4096));
  assert.ok(subject.holds(HEAP_BASE + 4095, 0));
  for (const [address, bytes] of [
    [HEAP_BASE - 1, 1],
    [HEAP_BASE - 1, 0],
    [HEAP_BASE, 4 * 4096 + 1],
    [HEAP_BASE + 4 * 4096, 0],
    [HEAP_BASE + 2 ** 32, 1],
    [HEAP_BASE + 2 ** 44, 16],
    [HEAP_BASE, 2 ** 44],
    [0, 1],
    [2 ** 53 - 1, 1],
    [NaN, 1],
  ] as const) {
    assert.not.ok(subject.holds(address, bytes), `${address} ${bytes}`);
  }
});

ledger('counts what was held at another moment, up to the highest granule that ever was', () => {
  const subject = new Ledger(HEAP_BASE, 8 * 4096, 4096);
  subject.take(HEAP_BASE + 4096, 3 * 4096);
  subject.give(HEAP_BASE + 4096, 3 * 4096);
  subject.putBack(1, 1);
  subject.putBack(3, 1);
  subject.recount();
  assert.is(subject.heldBytes, 2 * 4096);
});

ledger('is opened once a machine, by its page source', () => {
  const machine = new Machine({ heapPages: 4, virtualPages: 1 });
  assert.throws(() => machine.ledger, /no page source/);
  const opened = machine.openLedger(4096);
  assert.is(machine.ledger, opened);
  assert.throws(() => machine.openLedger(4096), /one page source/);
});

ledger.run();
