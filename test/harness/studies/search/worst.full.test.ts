import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistries } from '../../../../harness/cli/names/registries';
import { runCell } from '../../../../harness/results/cell';
import { inFolder, runCli } from '../../cli/command';

/** What searches must find without a hint, on budgets that a test can afford: the defaults find more. */
const test = suite('search: worst cases of the engines that ship');

interface Found {
  readonly value: number;
  readonly text: string;
  readonly events: number;
}

/** What a search found, with the explanation of its worst operation. */
function found(engine: string, metric: string, ...more: readonly string[]): Promise<Found> {
  return inFolder(async (out) => {
    const { stdout, stderr } = await runCli(
      ...['search', '-a', engine, '--maximize', metric, '--out', out, '--workers', '1', ...more],
    );
    const [, value = ''] = /^\S+ of \S+: ([\d,]+)/.exec(stdout) ?? [];
    assert.not.equal(value, '', stdout + stderr);
    const shrunk = join(out, 'shrunk.csv');
    const rows = existsSync(shrunk) ? readFileSync(shrunk, 'utf8').trimEnd().split('\n') : [];
    const events = rows.length - 1;
    return { value: Number(value.replaceAll(',', '')), text: stdout, events };
  });
}

const QUICK = ['--evaluations', '420', '--events', '1500', '--heap-pages', '8192'];

async function measured(engine: string, ...traces: readonly string[]) {
  const registries = createRegistries();
  const replays = [];
  for (const specification of traces) {
    const cell = { engine, options: {}, pricings: ['zen4-2022'], heapPages: 16_384, virtualPages: 1 << 18 };
    replays.push(
      await runCell({ ...cell, trace: { specification }, survey: false, pictures: false }, registries),
    );
  }
  return replays.map(({ pricings }) => pricings[0]!.metrics);
}

test('first fit: a free that costs a hundred times the recorded median, and the free list is the cause', async () => {
  const { value, text } = await found('xmalloc-first-fit', 'free.cycles.max', '--evaluations', '420');
  const recorded = await measured('xmalloc-first-fit', 'recorded:git-status', 'recorded:sqlite3-2000');
  const median = Math.max(...recorded.map((metrics) => metrics['free.cycles.p50']!.value));
  assert.ok(value > 100 * median, `${value} cycles, recorded median ${median}`);
  assert.match(text, /% of its cycles went into "(search node|walk[^"]*|[^"]*node)", [\d,]+ times/);
  assert.match(text, /reads of free blocks/);
});

test('TLSF of 2008: requests of 4,033 to 4,063 bytes are refused with memory free', async () => {
  const { text, events } = await found('xmalloc-tlsf-2008', 'allocations.refused', ...QUICK);
  assert.is(events, 1);
  const [, size = ''] = /\n +1\. allocate ([\d,]+) bytes: #0\n/.exec(text) ?? [];
  const bytes = Number(size.replace(',', ''));
  assert.ok(bytes >= 4033 && bytes <= 4063, text);
  assert.match(text, /quirk null-near-page/);
});

test('Plan 9: the tree of free blocks that nobody balances', async () => {
  const { value, text } = await found('plan9-pool', 'search.steps.max', ...QUICK);
  assert.ok(value > 100, `${value} steps`);
  assert.match(text, /went into "find visit", [\d,]+ times/);
});

test('vmalloc: every page of a large object, and where objects are small, a search past each of them', async () => {
  const large = await found('vmalloc', 'search.steps.max', ...QUICK);
  assert.ok(large.value > 4096, `${large.value} steps`);
  assert.is(large.events, 1);
  const small = await found('vmalloc', 'search.steps.max', ...QUICK, '--request-bytes', '4096');
  assert.ok(small.value > 500, `${small.value} steps`);
  assert.match(small.text, /went into "virtual-area: pass mapping"/);
});

test('TLSF of today: no trace that ships has an allocation or a free as dear', async () => {
  const shipped = await measured(
    'xmalloc-tlsf',
    ...['recorded:sort-words', 'recorded:git-log-xen', 'synth:adversary/ascending-sizes?count=600'],
  );
  for (const metric of ['alloc.cycles.max', 'free.cycles.max'] as const) {
    const { value } = await found('xmalloc-tlsf', metric, ...QUICK);
    const most = Math.max(...shipped.map((metrics) => metrics[metric]!.value));
    assert.ok(value >= most, `${metric}: ${value}, ${most} on what ships`);
  }
});

for (const engine of ['textbook-first-fit', 'textbook-best-fit']) {
  test(`${engine}: 85 % of what Robson proved for M = 1024 and n = 16`, async () => {
    const word = 16;
    const { value } = await found(
      engine,
      'held.bytes.peak',
      ...['--evaluations', '3000', '--events', '4000', '-p', 'flat', '--no-shrink'],
      ...[
        '--unit-bytes',
        String(word),
        '--live-bytes',
        String(1024 * word),
        '--request-bytes',
        String(16 * word),
      ],
      ...['--no-resize', '--heap-pages', '64', '--start', 'synth:churn?live=50&ops=200'],
    );
    const bound = 1024 * (1 + 4 / 2) - 16 + 1;
    assert.ok(value >= 0.85 * bound * word, `${value / word} of ${bound} words`);
  });
}

test.run();
