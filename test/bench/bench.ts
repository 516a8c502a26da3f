import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { engineNamed } from '../../allocators/registry';
import { openRequested } from '../../harness/cli/names/registries';
import { measure } from '../../harness/metrics/measurement';
import { OP_KINDS } from '../../harness/metrics/op-kinds';
import { parsePricing } from '../../harness/pricing/specification';
import { createStack } from '../../harness/replay/stack';
import { writeAtr } from '../../traces/formats/atr-writer';
import { traceFromSpecification } from '../../traces/synthesizers/registry';

/**
 * How fast the harness itself is: what `run` does with a trace file, all that is measured included, without its command
 * line and its reports; under one flat pricing, one with caches, and three at once. Processor time of whole processes,
 * the best of a few; host speed, so ratios within one run, never a test.
 *
 * Every row is a process of its own, as a user's run is one, and replays once: V8 compiles shared code for all that a
 * process has seen, and slower for several engines and pricings than for one.
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
  { name: 'TLSF churn', engine: 'xmalloc-tlsf-2008', trace: 'synth:churn?live=10000&ops=1000000' },
  {
    name: 'TLSF near-page',
    engine: 'xmalloc-tlsf-2008',
    trace: 'synth:near-page-storm?live=4000&ops=500000',
  },
  {
    name: 'first-fit near-page',
    engine: 'xmalloc-first-fit',
    trace: 'synth:near-page-storm?live=4000&smallest=3500&ops=40000',
  },
];

/** As `run` has it. */
const MACHINE = { heapPages: 65_536, virtualPages: 0 };
const ROUNDS = 3;

/** What a row's process prints. */
interface Measured {
  readonly events: number;
  readonly accesses: number;
  readonly seconds: number;
}

async function measuredHere(file: string, engine: string, pricings: readonly string[]): Promise<Measured> {
  const { trace, metrics } = await measure({
    trace: await openRequested({ specification: file }),
    createStack: (machine) => createStack(engineNamed(engine), {}, { ...MACHINE, ...machine }, engineNamed),
    pricings: pricings.map((id) => parsePricing(id)),
  });
  const accesses = OP_KINDS.map((kind) => metrics[`${kind}.accesses.mean`]?.ratio?.[0] ?? 0);
  const { user, system } = process.cpuUsage();
  return {
    events: trace.events,
    accesses: accesses.reduce((sum, each) => sum + each),
    seconds: (user + system) / 1e6,
  };
}

/** The best of a few processes. */
function measuredApart(file: string, engine: string, pricings: readonly string[]): Measured {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const output = execFileSync(process.execPath, [__filename, file, engine, ...pricings]);
    return JSON.parse(output.toString()) as Measured;
  });
  return { ...rounds[0]!, seconds: Math.min(...rounds.map(({ seconds }) => seconds)) };
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
    `${(events / seconds / 1e6).toFixed(3)} M`.padStart(8),
    `${(accesses / seconds / 1e6).toFixed(1)} M`.padStart(12),
    (seconds / flat).toFixed(2).padStart(10),
  );
}

async function main([file, engine, ...pricings]: readonly string[]): Promise<void> {
  if (file !== undefined && engine !== undefined) {
    console.log(JSON.stringify(await measuredHere(file, engine, pricings)));
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-bench-'));
  try {
    console.log(
      'workload               pricings                               events/s   accesses/s   times flat',
    );
    for (const [index, workload] of WORKLOADS.entries()) {
      const written = path.join(folder, `${index}.atr`);
      await writeAtr(await traceFromSpecification(workload.trace).open(), written);
      let flatSeconds: number | undefined;
      for (const each of PRICINGS) {
        const row = measuredApart(written, workload.engine, each);
        flatSeconds ??= row.seconds;
        printRow(workload, each, row, flatSeconds);
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

void main(process.argv.slice(2));
