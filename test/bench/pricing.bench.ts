import { Bench } from 'tinybench';
import { Pricing } from '../../harness/pricing/pricing';
import { parsePricing } from '../../harness/pricing/specification';
import { traceFromSpecification } from '../../traces/synthesizers/registry';
import { processorClock } from './processor-clock';
import { recordedStream, type RecordedBatch } from './recorded-stream';

/**
 * How fast pricing alone is, once it is made: recorded address streams without engine and recorders. Millions of
 * accesses in a second of processor time, the best of a few runs; compare figures of one run.
 */

const PRICINGS = ['zen4-2022', 'zen4-2022/4k', 'core2-2008', 'zen4-2022@cold', 'zen4-guest-2026'];

const STREAMS: readonly { readonly name: string; readonly engine: string; readonly trace: string }[] = [
  { name: 'TLSF churn', engine: 'xmalloc-tlsf-2008', trace: 'synth:churn?live=10000&ops=30000' },
  {
    name: 'first-fit near-page',
    engine: 'xmalloc-first-fit',
    trace: 'synth:near-page-storm?live=4000&smallest=3500&ops=300',
  },
  {
    name: 'first-fit half-page',
    engine: 'xmalloc-first-fit',
    trace: 'synth:half-page-storm?live=2500&ops=40',
  },
];

const ITERATIONS = 4;

/** Millions of accesses per second. */
async function speedOf(batches: readonly RecordedBatch[], id: string): Promise<number> {
  const bench = new Bench({
    warmup: false,
    time: 0,
    iterations: ITERATIONS,
    timestampProvider: processorClock,
  });
  const pricing = new Pricing(parsePricing(id));
  bench.add(id, () => {
    pricing.restart();
    batches.forEach((batch) => pricing.price(batch));
  });
  await bench.run();
  const { result } = bench.tasks[0]!;
  if (!('latency' in result)) {
    throw new Error(`${id} did not complete`);
  }
  return batches.reduce((sum, batch) => sum + batch.entryCount, 0) / result.latency.min / 1000;
}

async function main(): Promise<void> {
  console.log('pricing alone          pricing            accesses/s');
  for (const { name, engine, trace } of STREAMS) {
    const batches = await recordedStream(traceFromSpecification(trace), engine);
    for (const id of PRICINGS) {
      const speed = await speedOf(batches, id);
      console.log(name.padEnd(22), id.padEnd(18), `${speed.toFixed(1)} M`.padStart(10));
    }
  }
}

void main();
