import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openBytes } from '../../../traces/input/bytes';
import { openImport, recordingHead } from '../../../traces/importers/import-source';
import { detectFormat } from '../../../traces/importers/registry';
import { OP } from '../../../traces/trace';
import { forEachEvent, importFile } from './importing';

/** Every recording we have, against counts taken by an independent converter (STATS.jsonl). */

const shipped = path.join(__dirname, '../../../traces/recorded');
const kept = path.join(__dirname, '../../recordings');

interface Statistics {
  readonly file: string;
  readonly ops: number;
  readonly a: number;
  readonly r: number;
  readonly f: number;
  readonly left: number;
  readonly peakB: number;
  readonly peakObj: number;
  readonly size_q0_25_50_75_90_99_max: readonly number[];
  readonly life_q: readonly number[];
  readonly warn: Readonly<Record<string, number>>;
}

const statistics: readonly Statistics[] = fs
  .readFileSync(path.join(kept, 'STATS.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const files = [shipped, kept].flatMap((folder) =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => /\.(gz|zst)$/.test(file)),
);

/** The statistics name heaptrack's files by other endings. */
const nameInStatistics = (file: string) => path.basename(file).replace(/\.zst$/, '.ht');

const fileNamed = (name: string) => files.find((file) => nameInStatistics(file) === name)!;

test('every recording but one has statistics, and all of those are there', () => {
  const names = files.map(nameInStatistics);
  // Recorded with times and system calls; it was never converted.
  assert.equal(names.filter((name) => statistics.every((row) => row.file !== name)), ['bc-tt.ltrace.txt.gz']); // prettier-ignore
  assert.equal(
    statistics.filter((row) => !names.includes(row.file)),
    [],
  );
});

for (const row of statistics) {
  test(`${row.file}: operations, leaks, peaks, sizes and lifetimes`, async () => {
    const bytes = await openBytes(fileNamed(row.file));
    const source = await openImport(bytes, detectFormat(await recordingHead(bytes))!);
    const sizes: number[] = [];
    const lifetimes: number[] = [];
    const born = new Map<number, number>();
    const unbalanced: string[] = [];
    let index = 0;
    await forEachEvent(source, ({ op, id, size }) => {
      if (op === OP.alloc) {
        if (id !== born.size) {
          unbalanced.push(`alloc ${id} at ${index}`);
        }
        born.set(id, index);
      } else if (!(born.get(id)! >= 0)) {
        unbalanced.push(`${op} ${id} at ${index}`);
      }
      if (op === OP.free) {
        lifetimes.push(index - born.get(id)!);
        born.set(id, -1);
      } else {
        sizes.push(size);
      }
      index += 1;
    });
    const { accounting } = source;
    assert.equal(unbalanced, []);
    assert.is(accounting.events, row.ops);
    assert.equal([accounting.allocs, accounting.reallocs, accounting.frees], [row.a, row.r, row.f]);
    const { liveAtEnd, peakLiveBytes, peakLiveObjects } = accounting;
    assert.equal([liveAtEnd, peakLiveBytes, peakLiveObjects], [row.left, row.peakB, row.peakObj]);
    assert.equal(quantiles(sizes), row.size_q0_25_50_75_90_99_max);
    assert.equal(quantiles(lifetimes), row.life_q);
    const { orphan_free = 0, null_free = 0, failed_alloc = 0, bogus = 0 } = row.warn;
    assert.equal([accounting.orphanFrees, accounting.nullFrees], [orphan_free, null_free]);
    assert.equal([accounting.failed, accounting.implausibleCalls], [failed_alloc, bogus]);
    assert.equal([accounting.missedFrees, accounting.orphanReallocs], [0, 0]);
    if (!row.file.startsWith('probe-threads')) {
      assert.is(accounting.unparsedLines, 0);
    }
  });
}

/** The value at n·q, rounded down; of lifetimes in operations, and of the sizes of allocations and reallocations. */
function quantiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((one, other) => one - other);
  return [0, 25, 50, 75, 90, 99, 100].map(
    (percent) => sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))]!,
  );
}

test('sort is the same program under valgrind and under mtrace', async () => {
  const [underValgrind, underMtrace] = await Promise.all(
    ['sort-words.vg.txt.gz', 'sort.mtrace.txt.gz'].map((name) => importFile(fileNamed(name))),
  );
  assert.is(underValgrind!.accounting.events, 428);
  assert.is(underValgrind!.accounting.peakLiveBytes, 7_944_172);
  assert.is(underValgrind!.identity, underMtrace!.identity);
});

test("heaptrack's raw and interpreted files of sqlite3 agree on everything but lifetimes", async () => {
  const imports = await Promise.all([
    importFile(fileNamed('sqlite3.raw.ht')),
    importFile(fileNamed('sqlite3.ht')),
    importFile(fileNamed('sqlite3.ht'), { match: 'oldest' }),
  ]);
  const [raw, newest, oldest] = imports.map(({ accounting }) => ({ ...accounting, lines: 0 }));
  assert.equal(newest, raw);
  assert.equal(oldest, raw);
  assert.is(raw!.events, 109_887);
  assert.is(raw!.peakLiveBytes, 1_754_989);
  assert.is(new Set(imports.map(({ identity }) => identity)).size, 3);
});

test('times and system calls between the calls of ltrace change nothing', async () => {
  const { accounting, counts } = await importFile(fileNamed('bc-tt.ltrace.txt.gz'));
  assert.equal([accounting.allocs, accounting.frees, accounting.liveAtEnd], [1065, 998, 67]);
  assert.equal(counts, {});
});

test('closing the leaks leaves nothing live, whatever else is asked for', async () => {
  const file = fileNamed('git-log-xen.vg.txt.gz');
  for (const options of [{}, { minSizeBytes: 4000 }, { skipEvents: 5000 }, { limitEvents: 777 }]) {
    const { events, accounting } = await importFile(file, { ...options, closeLeaks: 'newest' });
    const live = new Set<string>();
    for (const event of events) {
      const [op, id] = event.split(' ');
      if (op === 'alloc') {
        assert.not(live.has(id!), event);
      } else {
        assert.ok(live.has(id!), event);
      }
      if (op === 'alloc') {
        live.add(id!);
      }
      if (op === 'free') {
        live.delete(id!);
      }
    }
    assert.is(live.size, 0);
    assert.is(accounting.closedLeaks, accounting.liveAtEnd);
    assert.is(accounting.allocs, accounting.frees);
  }
});

test('the calls that a Plan 9 pool logged are those that it was asked for', async () => {
  for (const layout of ['ilp32', 'llp64', 'lp64']) {
    const { format, events, counts } = await importFile(
      path.join(kept, `plan9-log/flags-logging.${layout}.log`),
    );
    assert.is(format, 'plan9-log');
    assert.equal(events, [
      'alloc 0 100',
      'alloc 1 5000',
      'free 0',
      'realloc 1 9000',
      'msize 1',
      'alignedalloc 2 64 align=128 offset=8 span=4096',
      'alignedalloc 3 64 align=128 offset=-8',
      'compact 0',
      'free 1',
    ]);
    assert.equal(counts, { failed: 1, nullFrees: 1 });
  }
});

test('the samples of kmem hold two allocators, looked at one at a time', async () => {
  const samples = path.join(kept, 'kmem/samples.txt');
  const bytes = await importFile(samples);
  assert.is(bytes.format, 'kmem');
  assert.equal(bytes.events, ['29', '24', '22', '24', '384', '64', '168', '360', '16', '4096'].map((size, id) => `alloc ${id} ${size}`)); // prettier-ignore
  assert.equal(bytes.counts, { orphanFrees: 6, nullFrees: 2, otherSelectionLines: 11 });
  const pages = await importFile(samples, { kmem: 'pages' });
  const page = (id: number) => `alloc ${id} 4096 align=4096`;
  assert.equal(pages.events, [page(0), 'free 0', page(1), page(2), page(3), page(4), page(5)]);
  assert.equal(pages.counts, { orphanFrees: 3, failed: 1, otherSelectionLines: 18 });
});

test('the sample of memleak holds the orphan that it is known for', async () => {
  const { format, events, counts } = await importFile(path.join(kept, 'memleak/memleak-trace.txt'));
  assert.is(format, 'memleak');
  assert.equal(events, ['alloc 0 4096', 'free 0', 'alloc 1 4096', 'free 1', 'alloc 2 2048', 'alloc 3 256']);
  assert.equal(counts, { orphanFrees: 1 });
});

test.run();
