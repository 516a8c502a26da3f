import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measure } from '../../../harness/metrics/measurement';
import { BATCH_COUNT, SharedBatches } from '../../../harness/metrics/shared-batches';
import { parsePricing } from '../../../harness/pricing/specification';
import { AccessStream } from '../../../harness/machine/access-stream';
import type { StreamBatch } from '../../../harness/machine/stream-batch';
import { NOTED, PRICED } from '../../../harness/machine/domain-events';
import { StepTable } from '../../../harness/machine/steps';
import type { PlacementPage } from '../../../harness/replay/placements';
import { holdEvents } from '../../../traces/columns';
import { InputError } from '../../../traces/input-error';
import { OP, TraceEvent, type Trace } from '../../../traces/trace';
import { pagePerObject, stackOf, traceOf } from './page-per-object';

const test = suite('recording in a thread');

/** A batch holds a thousand operations at most: these fill the ring more than once. */
const PAIRS = 25_000;
const pairs = Array.from({ length: PAIRS }, (_, id) => `alloc ${id} ${id % 3000}, free ${id}`).join();

const measured = (trace: Trace | string, pricesBeside: boolean, survey = true) =>
  measure({
    trace: typeof trace === 'string' ? traceOf(trace) : trace,
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

test('the identity of a trace that is held is that of its events', async () => {
  const held = await holdEvents(await traceOf(pairs).open());
  const beside = await measured(held.trace(traceOf(pairs).header), true);
  assert.is(beside.trace.sha256, held.identity());
});

test('a trace that is held and has a text without identity is told as ever', async () => {
  const held = await holdEvents(await traceOf(pairs).open());
  const event = new TraceEvent();
  event.set(OP.alloc, PAIRS, 8, 0);
  event.site = held.texts.intern('\0');
  held.append(event);
  const refused = async (pricesBeside: boolean): Promise<string> => {
    try {
      await measured(held.trace(traceOf(pairs).header), pricesBeside);
    } catch (error) {
      assert.instance(error, InputError);
      return String(error);
    }
    return 'nothing';
  };
  assert.match(await refused(true), 'NUL');
  assert.is(await refused(true), await refused(false));
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

test('a ring hands over what was written', () => {
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
  ring.pageToFill().ids[1] = 7;
  ring.writePage(2);
  const page = (page: PlacementPage, lines: number) => void seen.push([page.ids[1]!, lines]);
  const batch = ({ entries, entryCount, operationIndices, segmentEnds }: StreamBatch) =>
    void seen.push([entries[0]!, entryCount, operationIndices[0]!, segmentEnds[0]!]);
  ring.end();
  reader.readAll({ batch, page, workAside: () => false });
  const batches = [[0x1000_0000, 1, 0, 1], [0x1000_0041, 1, 1, 1], [0x1000_0082, 1, 2, 1]]; // prettier-ignore
  assert.equal(seen, [...batches, [7, 2]]);
});

test('a place in the ring has the counts of the batch that is there, and none of those before', () => {
  const ring = new SharedBatches();
  const stream = new AccessStream(new StepTable(false), 1000, undefined, (batch) => ring.write(batch));
  const most = 3 * BATCH_COUNT;
  let operation = 0;
  const write = () => {
    stream.beginOperation(operation, 0, operation, 8, 0);
    // Of the batches that have a place one after the other, one maps pages, and another one moves a block.
    const round = Math.floor(operation / BATCH_COUNT);
    if (round === 0) {
      stream.countPriced(PRICED.maps, 1 + operation);
    } else if (round === 1) {
      stream.countNoted(NOTED.moves, 1 + operation);
    }
    stream.endOperation(0);
    stream.flush();
    if (++operation === most) {
      ring.end();
    }
  };
  const seen: number[][] = [];
  new SharedBatches(ring.buffer).readAll({
    batch: ({ segmentPriced, operationNoted }) => {
      seen.push([segmentPriced[PRICED.maps]![0]!, operationNoted[NOTED.moves]![0]!]);
    },
    page: () => undefined,
    workAside: () => {
      write();
      return true;
    },
  });
  const counts = Array.from({ length: most }, (_, index) => [
    index < BATCH_COUNT ? 1 + index : 0,
    index >= BATCH_COUNT && index < 2 * BATCH_COUNT ? 1 + index : 0,
  ]);
  assert.equal(seen, counts);
});

test('whoever writes hears of a reader that failed', () => {
  const ring = new SharedBatches();
  const stream = new AccessStream(new StepTable(false), 1000, undefined, () => undefined);
  ring.write(stream);
  assert.throws(() =>
    new SharedBatches(ring.buffer).readAll({
      batch() {
        throw new Error('no');
      },
      page: () => undefined,
      workAside: () => false,
    }),
  );
  assert.throws(() => {
    for (;;) {
      ring.write(stream);
    }
  }, /has stopped/);
});

test.run();
