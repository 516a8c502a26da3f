import { engineNamed } from '../../allocators/registry';
import type { AccessStream } from '../../harness/machine/access-stream';
import type { PricedStream } from '../../harness/pricing/pricing';
import { replay } from '../../harness/replay/replay';
import { createStack } from '../../harness/replay/stack';
import type { Trace } from '../../traces/trace';

/** A batch kept for pricing. */
export type RecordedBatch = PricedStream & Pick<AccessStream, 'entryCount'>;

/** Replays the trace without a price and keeps a copy of every batch. */
export async function recordedStream(
  trace: Trace,
  engine: string,
  heapPages = 65_536,
): Promise<RecordedBatch[]> {
  const batches: RecordedBatch[] = [];
  const drain = (batch: AccessStream): void => {
    batches.push({
      entries: batch.entries.slice(),
      entryCount: batch.entryCount,
      segmentEnds: batch.segmentEnds.slice(),
      segmentFlags: batch.segmentFlags.slice(),
      segmentPriced: batch.segmentPriced.map((counts) => counts.slice()),
      pricedEvents: batch.pricedEvents,
      segmentCount: batch.segmentCount,
      operationCodes: batch.operationCodes.slice(),
      operationCount: batch.operationCount,
    });
  };
  const stack = createStack(engineNamed(engine), {}, { heapPages, virtualPages: 0, drain }, engineNamed);
  await replay(trace, stack, []);
  return batches;
}
