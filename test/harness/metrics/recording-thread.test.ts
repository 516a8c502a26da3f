import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measure } from '../../../harness/metrics/measurement';
import { SharedBatches } from '../../../harness/metrics/shared-batches';
import { parsePricing } from '../../../harness/pricing/specification';
import { AccessStream } from '../../../harness/machine/access-stream';
import { StepTable } from '../../../harness/machine/steps';
import { InputError } from '../../../traces/input-error';
import { pagePerObject, stackOf, traceOf } from './page-per-object';

const test = suite('recording in a thread');

/** A batch holds a thousand operations at most: these fill the ring more than once. */
const PAIRS = 25_000;
const pairs = Array.from({ length: PAIRS }, (_, id) => `alloc ${id} ${id % 3000}, free ${id}`).join();

const measured = (trace: string, pricesBeside: boolean, survey = true) =>
  measure({
    trace: traceOf(trace),
    createStack: (machine) => stackOf(pagePerObject, machine),
    pricings: [parsePricing('flat'), parsePricing('zen4-2022@cold')],
    pictures: false,
    pricesBeside,
    survey,
  });

test('results are those of one thread', async () => {
  assert.equal(await measured(pairs, true), await measured(pairs, false));
});

test('results are those of one thread where nobody foresees how long the replay is', async () => {
  assert.equal(await measured(pairs, true, false), await measured(pairs, false, false));
});

test('a replay that is too short for a thread does without', async () => {
  const short = 'alloc 1 8, alloc 2 9, free 1';
  assert.equal(await measured(short, true), await measured(short, false));
});

test('a trace that is malformed far behind is told as ever', async () => {
  try {
    await measured(`${pairs}, free ${PAIRS}`, true);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, InputError);
    assert.match(String(error), `event ${2 * PAIRS}`);
  }
});

test('a ring hands over what was written, and whoever writes hears of a reader that failed', () => {
  const ring = new SharedBatches();
  const stream = new AccessStream(new StepTable(false), 1000, undefined, (batch) => ring.write(batch));
  for (let operation = 0; operation < 3; operation++) {
    stream.beginOperation(operation, 0, operation, 8, 0);
    stream.append(0x1000_0000 + 64 * operation, operation);
    stream.endOperation(0);
    stream.flush();
  }
  const seen: number[][] = [];
  const reader = new SharedBatches(ring.buffer);
  reader.readWritten(({ entries, entryCount, operationIndices, segmentEnds }) =>
    seen.push([entries[0]!, entryCount, operationIndices[0]!, segmentEnds[0]!]),
  );
  assert.equal(seen, [[0x1000_0000, 1, 0, 1], [0x1000_0041, 1, 1, 1], [0x1000_0082, 1, 2, 1]]); // prettier-ignore
  ring.write(stream);
  assert.throws(() =>
    reader.readAll(() => {
      throw new Error('no');
    }),
  );
  assert.throws(() => {
    for (;;) {
      ring.write(stream);
    }
  }, /has stopped/);
});

test.run();
