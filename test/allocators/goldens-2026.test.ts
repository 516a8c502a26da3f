import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  formatPlan9VectorRow,
  PLAN9_VECTOR_HEADER,
  plan9VectorOptions,
  Plan9VectorRun,
  readPlan9Vector,
} from '../../allocators/plan9/vectors';
import { engineNamed } from '../../allocators/registry';
import { openRequested } from '../../harness/cli/names/registries';
import { replay, type ReplayReport } from '../../harness/replay/replay';
import { createStack } from '../../harness/replay/stack';

/** Corners of the original C, as test/golden/2026/README.md lists them. */

const folder = path.join(__dirname, '../golden/2026');

interface Corner {
  readonly trace: string;
  readonly golden: string;
  readonly engine: string;
  readonly options: Readonly<Record<string, string>>;
  readonly heapPages: number;
}

const REPLAYED: readonly Corner[] = [
  {
    trace: 'idle-scrub-need0.csv',
    golden: 'idle-scrub-need0.golden.csv',
    engine: 'xenheap-pages',
    options: { version: 'head', 'idle-scrub': '16' },
    heapPages: 160,
  },
  {
    trace: 'plan9-move-of-aligned.csv',
    golden: 'plan9-move-of-aligned.golden.csv',
    engine: 'plan9-pool',
    options: { move: 'on' },
    heapPages: 16_000,
  },
  {
    trace: 'vmalloc-zero.csv',
    golden: 'vmalloc-zero.release.golden.csv',
    engine: 'vmalloc',
    options: { build: 'release' },
    heapPages: 16_000,
  },
  {
    trace: 'xvmalloc-align-above-page.csv',
    golden: 'xvmalloc-align-above-page.release.golden.csv',
    engine: 'xvmalloc',
    options: { build: 'release' },
    heapPages: 16_000,
  },
  ...idleGoldens(),
];

for (const corner of REPLAYED) {
  test(`${corner.engine} places ${corner.trace} like the real allocator`, async () => {
    const { placements, report, check } = await replayed(corner);
    assert.is(firstDifference(placements, goldenText(corner.golden)), undefined);
    assert.is(report.outcome.kind, 'ok');
    check();
  });
}

const VECTORS = [
  { name: 'plan9-aligned-wrap-ilp32', layout: 'ilp32', config: 'sbrkmem' },
  { name: 'plan9-quantum48', layout: 'ilp32', config: 'sbrkmem quantum=48' },
  { name: 'plan9-lp64-noreuse-corrupt', layout: 'lp64', config: 'sbrkmem maxsize=200000 move=1' },
];

for (const { name, layout, config } of VECTORS) {
  test(`the vector ${name} is reproduced`, () => {
    const run = new Plan9VectorRun({ engine: plan9VectorOptions(layout, config) });
    const operations = readPlan9Vector(goldenText(`${name}.csv`), name);
    const rows = [...run.rows(operations)].map(formatPlan9VectorRow);
    assert.is([PLAN9_VECTOR_HEADER, ...rows, ''].join('\n'), goldenText(`${name}.golden.csv`));
  });
}

test('first-fit grants 2 GiB and faults when they are freed', async () => {
  const { placements, report } = await replayed({
    trace: 'first-fit-2GiB-free.csv',
    golden: '',
    engine: 'xmalloc-first-fit',
    options: {},
    heapPages: 800_000,
  });
  assert.is(placements, 'index,op,id,offset\n0,alloc,0,0x80\n');
  assert.is(report.outcome.kind, 'faulted');
  const { requestBytesMax } = engineNamed('xmalloc-first-fit').constants;
  assert.is(requestBytesMax, 2 ** 30 - 128);
});

test.run();

function idleGoldens(): Corner[] {
  const stack = 'xenheap-pages-head-idle';
  const manifest = JSON.parse(
    fs.readFileSync(path.join(folder, stack, 'manifest.json'), 'utf8'),
  ) as readonly {
    trace: string;
    heapPages: number;
    goldenSha256: string;
    options: readonly string[];
  }[];
  return manifest.map(({ trace, heapPages, goldenSha256, options }) => {
    const golden = `${stack}/${trace}.golden.csv.gz`;
    assert.is(createHash('sha256').update(goldenText(golden)).digest('hex'), goldenSha256);
    return {
      trace: `${stack}/${trace}.trace.csv.gz`,
      golden,
      engine: 'xenheap-pages',
      options: Object.fromEntries(options.map((option) => option.split('=') as [string, string])),
      heapPages,
    };
  });
}

function goldenText(file: string): string {
  const bytes = fs.readFileSync(path.join(folder, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

async function replayed({ trace, engine, options, heapPages }: Corner): Promise<{
  placements: string;
  report: ReplayReport;
  check: () => void;
}> {
  const machine = { heapPages, virtualPages: 2 ** 24, drain: () => {} };
  const stack = createStack(engineNamed(engine), options, machine, engineNamed);
  const chunks: string[] = [];
  const report = await replay(await openRequested({ specification: path.join(folder, trace) }), stack, [], {
    placements: (chunk) => chunks.push(Buffer.from(chunk).toString('latin1')),
  });
  return { placements: chunks.join(''), report, check: () => stack.engine.check() };
}

function firstDifference(actual: string, expected: string): string | undefined {
  if (actual === expected) {
    return undefined;
  }
  const lines = expected.split('\n');
  const index = actual.split('\n').findIndex((line, at) => line !== lines[at]);
  return `${actual.split('\n')[index]} where the golden has ${lines[index]}`;
}
