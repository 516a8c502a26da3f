import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parsePricing } from '../../harness/pricing/specification';
import { writeAtr } from '../../traces/formats/atr-writer';
import { traceFromSpecification } from '../../traces/synthesizers/registry';
import type { Trace } from '../../traces/trace';
import { buildNative, missingTools, nativeEvents, nativeInput } from '../harness/foreign/native/valgrind';
import { stagesOf, STAGES, type Stage } from './stages';

/**
 * How fast the harness is beside what its users would take instead: an engine in C, native under valgrind's tools, the
 * same C through WebAssembly here, and our model of it. Whole processes as users start them, on one trace file: `run`
 * with its metrics and reports, valgrind with its caches as large as those of the pricing. Rounds alternate between the
 * rows, and each row shows its best; host speed, so ratios within one run, never a test.
 *
 * `npm run bench:peers [ROUNDS]`; needs gcc and valgrind (Debian: `apt-get install gcc valgrind`).
 */

const ROUNDS = 3;
const PRICING = 'zen4-2022';

interface Workload {
  readonly name: string;
  /** The allocator of `allocators/c`: here as it ships, natively over the pages of `test/harness/foreign/native`. */
  readonly engine: string;
  readonly model: string;
  readonly trace: string;
  /** Lackey prints a line an access: of long traces it gets the first events only. */
  readonly lackeyEventsMax: number;
}

const WORKLOADS: readonly Workload[] = [
  {
    name: 'TLSF churn',
    engine: 'tlsf',
    model: 'xmalloc-tlsf-2008',
    trace: 'synth:churn?live=10000&ops=1000000',
    lackeyEventsMax: 50_000,
  },
  {
    name: 'first-fit near-page',
    engine: 'first-fit',
    model: 'xmalloc-first-fit',
    trace: 'synth:near-page-storm?live=4000&smallest=3500&ops=40000',
    lackeyEventsMax: 4000,
  },
];

const root = path.join(__dirname, '../..');
const commandLine = path.join(root, 'dist/harness/cli/main.js');

/** A process to start, and how many events it works on. */
interface Row {
  readonly name: string;
  readonly command: readonly string[];
  readonly input?: string;
  readonly events: number;
}

interface Taken {
  /** Of all processors, and on the clock. */
  readonly processorSeconds: number;
  readonly seconds: number;
}

async function main([rounds = String(ROUNDS)]: readonly string[]): Promise<void> {
  const missing = missingTools();
  if (missing.length > 0) {
    throw new Error(`no ${missing.join(', no ')} here; on Debian: apt-get install ${missing.join(' ')}`);
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-peers-'));
  try {
    for (const workload of WORKLOADS) {
      await compare(workload, Number(rounds), folder);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function compare(workload: Workload, rounds: number, folder: string): Promise<void> {
  const trace = traceFromSpecification(workload.trace);
  const file = path.join(folder, `${workload.engine}.atr`);
  await writeAtr(await trace.open(), file);
  const native = await nativeRows(workload, trace, folder);
  const ours = ourRows(workload, file, folder, native[0]!.events);
  const rows = [...native, ...ours];
  ours.forEach(timed);
  const best = rows.map((): Taken => ({ processorSeconds: Infinity, seconds: Infinity }));
  for (let round = 0; round < rounds; round++) {
    rows.forEach((row, index) => {
      const { processorSeconds, seconds } = timed(row);
      const before = best[index]!;
      best[index] = {
        processorSeconds: Math.min(before.processorSeconds, processorSeconds),
        seconds: Math.min(before.seconds, seconds),
      };
    });
  }
  print(workload, rows, best);
  ours.forEach((row, index) => {
    printStages(row, stagesOf(row.command, folder), best[native.length + index]!);
  });
}

/** The engine in C, natively: alone, and under each tool. */
async function nativeRows(
  { engine, lackeyEventsMax }: Workload,
  trace: Trace,
  folder: string,
): Promise<readonly Row[]> {
  const program = buildNative(engine, folder);
  const events = await nativeEvents(trace);
  const input = path.join(folder, `${engine}.rows`);
  fs.writeFileSync(input, nativeInput(events));
  const short = path.join(folder, `${engine}.short.rows`);
  fs.writeFileSync(short, nativeInput(events.slice(0, lackeyEventsMax)));
  const count = events.length;
  const under = (tool: string, ...options: string[]): readonly string[] => [
    ...['valgrind', `--tool=${tool}`, ...options, program],
  ];
  const out = path.join(folder, 'valgrind.out');
  return [
    { name: 'C, native', command: [program], input, events: count },
    {
      name: 'C, cachegrind',
      command: under('cachegrind', '--cache-sim=yes', ...cacheOptions(), `--cachegrind-out-file=${out}`),
      input,
      events: count,
    },
    {
      name: 'C, callgrind',
      command: under('callgrind', '--cache-sim=yes', ...cacheOptions(), `--callgrind-out-file=${out}`),
      input,
      events: count,
    },
    {
      name: 'C, lackey',
      command: under('lackey', '--trace-mem=yes'),
      input: short,
      events: Math.min(count, lackeyEventsMax),
    },
  ];
}

function ourRows({ engine, model }: Workload, file: string, folder: string, events: number): readonly Row[] {
  const run = (name: string, ...pricings: string[]): readonly string[] => [
    ...[process.execPath, commandLine, 'run', file, '-a', name, '-p', pricings.join()],
    ...['--out', path.join(folder, 'out')],
  ];
  const compiled = path.join(root, 'allocators/c', `${engine}.engine.yaml`);
  return [
    { name: 'C, WebAssembly, flat', command: run(compiled, 'flat'), events },
    { name: `C, WebAssembly, ${PRICING}`, command: run(compiled, PRICING), events },
    { name: `model, flat`, command: run(model, 'flat'), events },
    { name: `model, ${PRICING}`, command: run(model, PRICING), events },
    {
      name: 'model, three pricings',
      command: run(model, PRICING, 'core2-2008', `${PRICING}@cold`),
      events,
    },
  ];
}

/** Valgrind has two levels: the pricing's first and its last. */
function cacheOptions(): readonly string[] {
  const { profile } = parsePricing(PRICING);
  if (profile.model !== 'caches') {
    throw new Error(`${PRICING} has no caches`);
  }
  const { l1, l3 } = profile.caches;
  const geometry = ({ bytes, ways }: { bytes: number; ways: number }): string => `${bytes},${ways},64`;
  return [`--D1=${geometry(l1)}`, `--LL=${geometry(l3!)}`];
}

/** Runs the process to its end; the shell tells what its children took of the processors. */
function timed({ name, command, input }: Row): Taken {
  const script = `"$@" >/dev/null 2>&1 <"$INPUT" && times`;
  const began = process.hrtime.bigint();
  const { stdout, status } = spawnSync('sh', ['-c', script, 'sh', ...command], {
    env: { ...process.env, INPUT: input ?? '/dev/null' },
    encoding: 'utf8',
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (status !== 0) {
    throw new Error(`${name} ended with ${String(status)}: ${command.join(' ')}`);
  }
  const processorSeconds = [...stdout.split('\n')[1]!.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + 60 * Number(minutes) + Number(rest),
    0,
  );
  return { processorSeconds, seconds };
}

/** By processor time, which others on the machine disturb less, and by the clock, for which users wait. */
function print({ name, trace }: Workload, rows: readonly Row[], best: readonly Taken[]): void {
  const rates = rows.map(({ events }, row) => ({
    processor: events / best[row]!.processorSeconds / 1e6,
    clock: events / best[row]!.seconds / 1e6,
  }));
  const rateUnder = (tool: string) => rates[rows.findIndex((row) => row.name.endsWith(tool))]!;
  const [cachegrind, callgrind] = [rateUnder('cachegrind'), rateUnder('callgrind')];
  console.log(`\n${name}: ${trace}, ${rows[0]!.events} events\n`);
  console.log(
    '| process | processor s | s | M events/s | × cachegrind | by the clock | × callgrind by the clock |',
  );
  console.log('|---|---|---|---|---|---|---|');
  rows.forEach((row, index) => {
    const { processorSeconds, seconds } = best[index]!;
    const { processor, clock } = rates[index]!;
    const ratios = [
      processor,
      processor / cachegrind.processor,
      clock / cachegrind.clock,
      clock / callgrind.clock,
    ];
    const figures = [
      processorSeconds.toFixed(2),
      seconds.toFixed(2),
      ...ratios.map((ratio) => ratio.toPrecision(3)),
    ];
    console.log(`| ${row.name} | ${figures.join(' | ')} |`);
  });
}

/** Shares of the samples, which run on while others have the processor, of the processor time that was taken. */
function printStages(
  { name, events }: Row,
  stages: Readonly<Record<Stage, number>>,
  { processorSeconds }: Taken,
): void {
  const sampled = STAGES.reduce((sum, stage) => sum + stages[stage], 0);
  const parts = STAGES.map((stage) => {
    const nanoseconds = ((stages[stage] / sampled) * processorSeconds * 1e9) / events;
    return `${stage} ${Math.round(nanoseconds)}`;
  });
  console.log(`\n${name}, ns an event: ${parts.join(', ')}`);
}

void main(process.argv.slice(2));
