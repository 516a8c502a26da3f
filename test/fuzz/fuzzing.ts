import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { engineNamed } from '../../allocators/registry';
import { createRegistries } from '../../harness/cli/names/registries';
import { createSuiteRegistries } from '../../harness/cli/names/suite-registries';
import { resultsOf } from '../../harness/cli/output/report-files';
import { compareResults } from '../../harness/compare/compare';
import { appendToHistory, readHistory } from '../../harness/compare/history';
import { trendOf } from '../../harness/compare/trend';
import { Pricing } from '../../harness/pricing/pricing';
import { parseProfile } from '../../harness/pricing/profile-file';
import { parsePricing } from '../../harness/pricing/specification';
import { replay } from '../../harness/replay/replay';
import { createStack } from '../../harness/replay/stack';
import { runCell } from '../../harness/results/cell';
import { parseResults } from '../../harness/results/results-file';
import { resultsText } from '../../harness/results/results-text';
import { matrixOf } from '../../harness/suite/matrix';
import { mergeShards, shardEnvironment } from '../../harness/suite/shard-results';
import { readSuite } from '../../harness/suite/suite-file';
import { EMITTERS } from '../../reports/ci/registry';
import { COMPARISON_FORMATS } from '../../reports/comparison/registry';
import { TREND_FORMATS } from '../../reports/comparison/trend';
import { REPORTS } from '../../reports/registry';
import { InputError, UsageError } from '../../traces/input-error';
import { openTrace } from '../../traces/open';
import { RandomStream } from '../../traces/random';
import { traceFromSpecification } from '../../traces/synthesizers/registry';
import { writeTrace } from '../../traces/tools/write';
import { forEachEvent } from '../traces/importers/importing';
import { mutated } from '../traces/importers/mutating';

/**
 * Files of every kind that this program reads, damaged: each is refused in one line or read, and then everything that
 * is made of it is made. Nothing may crash, take long or take memory, or say what no person says.
 */

const CASE_MILLISECONDS_MAX = 2000;
const MEMORY_BYTES_MAX = 256 << 20;
const NONSENSE = /\bNaN\b|\bundefined\b|\[object|internal error/;

/** A kind of file: samples of it, and what is done with a damaged one; resolves to all that was said of it. */
interface Subject {
  readonly samples: readonly Buffer[];
  readonly use: (bytes: Buffer) => Promise<readonly string[]> | readonly string[];
}

export interface FuzzFigures {
  readonly cases: number;
  readonly refused: number;
  readonly slowestMilliseconds: number;
  readonly memoryBytesMax: number;
}

export const SUBJECTS = ['traces', 'results', 'shards', 'suites', 'profiles', 'histories'] as const;

/** Uses `count` damaged files. Rejects at the first that misbehaves, with what makes it again. */
export async function fuzz(
  kind: (typeof SUBJECTS)[number],
  seed: number,
  count: number,
): Promise<FuzzFigures> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'alloc-replay-fuzz-'));
  try {
    const subject = await subjects(folder)[kind]();
    const random = new RandomStream(seed, kind);
    const figures = { cases: 0, refused: 0, slowestMilliseconds: 0, memoryBytesMax: 0 };
    const before = memoryBytes();
    for (let number = 0; number < count; number++) {
      const bytes = damaged(subject.samples[number % subject.samples.length]!, random);
      const started = process.cpuUsage();
      const fail = (problem: unknown): never => {
        const file = path.join(tmpdir(), `alloc-replay-fuzz-${kind}-${seed}-${number}`);
        fs.writeFileSync(file, bytes);
        throw new Error(`${kind}, seed ${seed}, case ${number} (${file}): ${String(problem)}`, {
          cause: problem,
        });
      };
      const said = await (async () => subject.use(bytes))().catch((error: unknown) => {
        if (!(error instanceof InputError || error instanceof UsageError)) {
          return fail(error);
        }
        figures.refused += 1;
        return /[\n\r]/.test(error.message) ? fail(`more than a line: ${error.message}`) : [error.message];
      });
      const nonsense = said.map((text) => NONSENSE.exec(text)).find((found) => found !== null);
      if (nonsense !== undefined) {
        const { input, index } = nonsense!;
        fail(`says ${input.slice(Math.max(0, index - 80), index + 80)}`);
      }
      const { user, system } = process.cpuUsage(started);
      const milliseconds = (user + system) / 1000;
      if (milliseconds > CASE_MILLISECONDS_MAX) {
        fail(`${milliseconds} ms`);
      }
      const memory = memoryBytes() - before;
      if (memory > MEMORY_BYTES_MAX) {
        fail(`${memory} bytes`);
      }
      figures.slowestMilliseconds = Math.max(figures.slowestMilliseconds, milliseconds);
      figures.memoryBytesMax = Math.max(figures.memoryBytesMax, memory);
      figures.cases += 1;
    }
    return figures;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function memoryBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What numbers and words become that a schema has to refuse. */
const VALUES = [
  ...['0', '-1', '1', '0.5', '1e308', '1e999', '9007199254740991', '9007199254740993', '4294967296', 'null'],
  ...['true', '""', '"\\u0000"', '[]', '{}', '"__proto__"', '.nan', '-0', '2147483648', '"\\ud800"'],
];

/** Bytes are damaged as they are, and values as such: a byte too many in a text is refused too early to tell much. */
function damaged(sample: Buffer, random: RandomStream): Buffer {
  if (random.chance(1, 4)) {
    return mutated(sample, random);
  }
  let text = sample.toString('latin1');
  for (let changes = random.between(1, 3); changes > 0; changes--) {
    const from = random.below(text.length);
    const [found] = /-?\d+(\.\d+)?|"[^"]*"|\b\w+\b/.exec(text.slice(from)) ?? [];
    if (found === undefined) {
      continue;
    }
    const at = text.indexOf(found, from);
    const value = random.chance(1, 4) ? found + found : VALUES[random.below(VALUES.length)]!;
    text = text.slice(0, at) + value + text.slice(at + found.length);
  }
  return Buffer.from(text, 'latin1');
}

const subjects = (folder: string): Record<(typeof SUBJECTS)[number], () => Promise<Subject>> => ({
  traces: () => traces(folder),
  results: async () => results(await sampleResults()),
  shards: async () => shards(folder, await sampleResults()),
  suites: () => Promise.resolve(suites(folder)),
  profiles: () => profiles(),
  histories: async () => histories(folder, await sampleResults()),
});

async function traces(folder: string): Promise<Subject> {
  const file = (name: string) => path.join(folder, name);
  const samples: Buffer[] = [];
  for (const name of ['t.csv', 't.atr', 't.csv.gz']) {
    await writeTrace(await traceFromSpecification('synth:churn?live=5&ops=30').open(), file(name));
    samples.push(fs.readFileSync(file(name)));
  }
  return {
    samples,
    use: async (bytes) => {
      fs.writeFileSync(file('damaged'), bytes);
      let sum = 0;
      const trace = await openTrace(file('damaged'));
      await forEachEvent(await trace.open(), ({ size, id, align }) => (sum += size + id + align));
      return [String(sum)];
    },
  };
}

async function sampleResults() {
  const registries = createRegistries();
  const cell = {
    trace: { specification: 'synth:churn?live=5&ops=30' },
    options: {},
    pricings: ['flat', 'zen4-2022@cold'],
    heapPages: 64,
    virtualPages: 32_768,
    worstCount: 2,
    pictures: true,
  };
  const replays = [
    await runCell({ ...cell, engine: 'xmalloc-tlsf' }, registries, {}),
    await runCell({ ...cell, engine: 'xenheap-pages', heapPages: 4 }, registries, {}),
  ];
  return resultsOf(replays, 0);
}

type SampleResults = Awaited<ReturnType<typeof sampleResults>>;

function results(sample: SampleResults): Subject {
  const text = resultsText(sample);
  return {
    samples: [Buffer.from(text, 'latin1')],
    use: (bytes) => {
      const read = parseResults(bytes.toString('utf8'), 'results.json');
      const labels = { base: 'base', head: 'head' };
      const comparison = compareResults(sample, read, {
        ...{ labels, limits: [], failOn: 'regression', allowMissing: true, acrossEngines: false },
      });
      return [
        ...REPORTS.map(({ render }) => withoutScripts(render(read))),
        ...EMITTERS.flatMap(({ files }) => files(read).map(({ content }) => content)),
        ...COMPARISON_FORMATS.map(({ render }) => withoutScripts(render(comparison, { ascii: false }))),
      ];
    },
  };
}

/** Programs may speak of undefined. */
const withoutScripts = (page: string): string => page.replace(/<(script|style)[^]*?<\/\1>/g, '');

function shards(folder: string, sample: SampleResults): Subject {
  const { environment, ...rest } = sample;
  const facts = { cellsSha256: 'a'.repeat(64), cellCount: 2, cells: [0, 1] };
  const suite = { name: 's', limits: ['free.cycles.max=5'], labels: ['recorded', 'synthetic'] as const };
  const text = resultsText({
    ...rest,
    suite: { ...suite, labels: [...suite.labels] },
    environment: { ...environment, ...shardEnvironment(facts) },
  });
  return {
    samples: [Buffer.from(text, 'latin1')],
    use: (bytes) => {
      fs.writeFileSync(path.join(folder, 'results-1-1.json'), bytes);
      return [JSON.stringify(mergeShards(folder).suite)];
    },
  };
}

function suites(folder: string): Subject {
  const shipped = path.join(__dirname, '../../harness/suite');
  const samples = fs
    .readdirSync(shipped)
    .filter((name) => name.endsWith('.suite.yaml'))
    .map((name) => fs.readFileSync(path.join(shipped, name)));
  const registries = createSuiteRegistries(createRegistries());
  const file = path.join(folder, 'damaged.suite.yaml');
  return {
    samples,
    use: (bytes) => {
      fs.writeFileSync(file, bytes);
      return [String(matrixOf(readSuite(file), registries).length)];
    },
  };
}

async function profiles(): Promise<Subject> {
  const shipped = path.join(__dirname, '../../harness/pricing/profiles');
  const samples = fs.readdirSync(shipped).map((name) => fs.readFileSync(path.join(shipped, name)));
  const trace = traceFromSpecification('synth:churn?live=5&ops=30');
  return {
    samples,
    use: async (bytes) => {
      const profile = parseProfile(bytes.toString('utf8'), 'profile.yaml');
      const pricing = new Pricing({ ...parsePricing('zen4-2022@cold'), profile });
      let cycles = 0;
      const machine = {
        ...{ heapPages: 64, virtualPages: 0 },
        drain: (batch: Parameters<Pricing['price']>[0]) => {
          pricing.price(batch);
          cycles += batch.operationCount;
        },
      };
      await replay(trace, createStack(engineNamed('xmalloc-tlsf'), {}, machine, engineNamed), []);
      return [String(cycles)];
    },
  };
}

function histories(folder: string, sample: SampleResults): Subject {
  const file = path.join(folder, 'history.csv');
  for (const commit of ['c1', 'c2']) {
    appendToHistory(file, sample, { commit, label: 'l', date: '2026-11-29T00:00:00Z' });
  }
  return {
    samples: [fs.readFileSync(file)],
    use: (bytes) => {
      fs.writeFileSync(file, bytes);
      const trend = trendOf(readHistory(file), { metrics: [] });
      return TREND_FORMATS.map(({ render }) => withoutScripts(render(trend, {})));
    },
  };
}
