import { execFileSync } from 'node:child_process';
import { Bench } from 'tinybench';
import { engineNamed } from '../../allocators/registry';
import { Pricing } from '../../harness/pricing/pricing';
import { parsePricing } from '../../harness/pricing/specification';
import { replay } from '../../harness/replay/replay';
import { createStack } from '../../harness/replay/stack';
import { holdEvents } from '../../traces/columns';
import { traceFromSpecification } from '../../traces/synthesizers/registry';
import type { Trace } from '../../traces/trace';
import { processorClock } from './processor-clock';

/**
 * How fast the harness itself is: whole replays (oracle, books and placements included) of a trace held in memory,
 * under one flat pricing, one with caches, and three at once. Processor time of the best of a few runs; host speed, so
 * ratios within one run, never a test.
 *
 * Every row is measured in a process of its own, as a user's run is one: V8 compiles shared code for all that a process
 * has seen, and slower for several engines and pricings than for one.
 */

/** What is priced in one replay. */
const PRICINGS: readonly (readonly string[])[] = [
  ['flat'],
  ['zen4-2022'],
  ['zen4-2022', 'core2-2008', 'zen4-2022@cold'],
];

interface Workload {
  readonly name: string;
  readonly engine: string;
  readonly trace: string;
}

const WORKLOADS: readonly Workload[] = [
  { name: 'TLSF churn', engine: 'xmalloc-tlsf-2008', trace: 'synth:churn?live=10000&ops=400000' },
  {
    name: 'TLSF near-page',
    engine: 'xmalloc-tlsf-2008',
    trace: 'synth:near-page-storm?live=4000&ops=300000',
  },
  {
    name: 'first-fit near-page',
    engine: 'xmalloc-first-fit',
    trace: 'synth:near-page-storm?live=4000&smallest=3500&ops=2000',
  },
];

const ITERATIONS = 5;

interface Work {
  events: number;
  accesses: number;
}

/** One replay; the work it did is the same every time. */
async function replayOnce(trace: Trace, engine: string, ids: readonly string[]): Promise<Work> {
  const priced = ids.map((id) => new Pricing(parsePricing(id)));
  let accesses = 0;
  const stack = createStack(
    engineNamed(engine),
    {},
    {
      heapPages: 65_536,
      virtualPages: 0,
      drain: (batch) => {
        accesses += batch.entryCount;
        for (const each of priced) {
          each.price(batch);
        }
      },
    },
    engineNamed,
  );
  const { events } = await replay(trace, stack, []);
  return { events, accesses };
}

async function heldTrace(specification: string): Promise<Trace> {
  const trace = traceFromSpecification(specification);
  const held = await holdEvents(await trace.open());
  if (held === undefined) {
    throw new Error(`${specification} is too long to hold in memory`);
  }
  held.identity();
  return held.trace(trace.header);
}

/** What a row's process prints. */
interface Measured extends Work {
  readonly seconds: number;
}

async function measured(
  { name, engine, trace: specification }: Workload,
  pricing: readonly string[],
): Promise<Measured> {
  const trace = await heldTrace(specification);
  let work: Work = { events: 0, accesses: 0 };
  const bench = new Bench({
    warmup: false,
    time: 0,
    iterations: ITERATIONS,
    timestampProvider: processorClock,
  });
  bench.add(name, async () => {
    work = await replayOnce(trace, engine, pricing);
  });
  await bench.run();
  const { result } = bench.tasks[0]!;
  if (!('latency' in result)) {
    throw new Error(`${name} did not complete`);
  }
  return { ...work, seconds: result.latency.min / 1000 };
}

function measuredApart(workload: number, pricing: number): Measured {
  const output = execFileSync(process.execPath, [__filename, String(workload), String(pricing)]);
  return JSON.parse(output.toString()) as Measured;
}

function printRow(
  { name }: Workload,
  pricings: readonly string[],
  { events, accesses, seconds }: Measured,
  flat: number,
): void {
  console.log(
    name.padEnd(22),
    pricings.join('+').padEnd(38),
    `${(events / seconds / 1e6).toFixed(2)} M`.padStart(8),
    `${(accesses / seconds / 1e6).toFixed(1)} M`.padStart(12),
    (seconds / flat).toFixed(2).padStart(10),
  );
}

async function main([workload, pricing]: readonly string[]): Promise<void> {
  if (workload !== undefined && pricing !== undefined) {
    console.log(JSON.stringify(await measured(WORKLOADS[Number(workload)]!, PRICINGS[Number(pricing)]!)));
    return;
  }
  console.log(
    'workload               pricings                                  ops/s    accesses/s   times flat',
  );
  for (const [workloadIndex, each] of WORKLOADS.entries()) {
    let flatSeconds: number | undefined;
    for (const [pricingIndex, priced] of PRICINGS.entries()) {
      const row = measuredApart(workloadIndex, pricingIndex);
      flatSeconds ??= row.seconds;
      printRow(each, priced, row, flatSeconds);
    }
  }
}

void main(process.argv.slice(2));
