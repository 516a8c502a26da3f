import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { testimony, type Operation, type Subject } from './witnesses/witness';

/** The witnesses place every operation of every golden as the real allocators did. */

const folder = path.join(__dirname, '../../golden');

for (const entry of manifest('xen')) {
  test(`the witness of ${entry.stack} places ${entry.trace} like the real allocator`, () => {
    assertGolden(`xen/${entry.stack}/${entry.trace}`, {
      engine: entry.stack,
      options: {},
      heapPages: entry.heapPages,
      virtualPages: entry.vpages,
    });
  });
}

for (const entry of manifest('2026/xenheap-pages-head-idle')) {
  test(`the witness scrubs like the real allocator in ${entry.trace}`, () => {
    assertGolden(`2026/xenheap-pages-head-idle/${entry.trace}`, {
      engine: entry.stack,
      options: Object.fromEntries(entry.options!.map((option) => option.split('='))),
      heapPages: entry.heapPages,
      virtualPages: entry.vpages,
    });
  });
}

for (const [trace, golden, engine, options, heapPages] of [
  ['idle-scrub-need0', 'idle-scrub-need0', 'xenheap-pages', { version: 'head', 'idle-scrub': '16' }, 160],
  ['vmalloc-zero', 'vmalloc-zero.release', 'vmalloc', { build: 'release' }, 16_000],
  [
    'xvmalloc-align-above-page',
    'xvmalloc-align-above-page.release',
    'xvmalloc',
    { build: 'release' },
    16_000,
  ],
] as const) {
  test(`the witness of ${engine} places ${trace} like the real allocator`, () => {
    const subject = { engine, options: options as Subject['options'], heapPages, virtualPages: 2 ** 24 };
    const { placements } = testimony(subject, operations(text(`2026/${trace}.csv`)));
    assert.ok(placements === text(`2026/${golden}.golden.csv`), placements.slice(0, 1000));
  });
}

test.run();

interface Entry {
  readonly stack: string;
  readonly trace: string;
  readonly heapPages: number;
  readonly vpages: number;
  readonly options?: readonly string[];
}

function manifest(of: string): readonly Entry[] {
  return JSON.parse(text(`${of}/manifest.json`)) as readonly Entry[];
}

function text(file: string): string {
  const bytes = fs.readFileSync(path.join(folder, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function* operations(csv: string): Generator<Operation> {
  for (const row of csv.trimEnd().split('\n').slice(1)) {
    const [op, id, size, align] = row.split(',');
    yield { op: op as Operation['op'], id: Number(id), size: Number(size), align: Number(align) };
  }
}

function assertGolden(name: string, subject: Subject): void {
  const { placements, crashed } = testimony(subject, operations(text(`${name}.trace.csv.gz`)));
  const golden = text(`${name}.golden.csv.gz`);
  const lines = golden.split('\n');
  assert.is(
    placements.split('\n').find((line, index) => line !== lines[index]),
    undefined,
  );
  assert.ok(placements === golden);
  assert.not(crashed);
}
