import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { openRequested } from '../../../harness/cli/names/registries';
import { countRun, type StormFigures } from '../../fidelity/storm-replay';
import { compiled, ORIGINALS } from './compiled-extras';
import { assertNear } from './measured-rows';

/** Instructions, loads and stores per operation against callgrind counts of the original page allocators. */

const folder = path.join(__dirname, '../../measured/xen-2026');
const OFF_MAX = 0.05;
const HEAP_PAGES = 65_536;
const HEAP_PAGES_2008_MIXED = 20_000;
const MIXED = ['mix', 'log', 'pages'];

interface Row {
  readonly engine: string;
  /** As the table writes them: `version=head side=domheap (page clearing set aside)`. */
  readonly options: string;
  readonly trace: string;
  readonly op: string;
  readonly count: number;
  readonly instructions: number;
  readonly loads: number;
  readonly stores: number;
}

function measuredRows(): readonly Row[] {
  const [, ...lines] = fs.readFileSync(path.join(folder, 'instructions.csv'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [engine, options, trace, op, count, instructions, loads, stores] = line.split(',');
    const counts = {
      count: Number(count),
      instructions: Number(instructions),
      loads: Number(loads),
      stores: Number(stores),
    };
    return { engine: engine!, options: options!, trace: trace!, op: op!, ...counts };
  });
}

async function replayed({ engine, options, trace }: Row): Promise<StormFigures> {
  const isSmall = options.includes('version=2008') && MIXED.includes(trace);
  return countRun({
    engine,
    options: Object.fromEntries(
      [...options.matchAll(/([\w-]+)=(\w+)/g)].map(([, name, value]) => [name!, value!]),
    ),
    heapPages: isSmall ? HEAP_PAGES_2008_MIXED : HEAP_PAGES,
    trace: await openRequested({ specification: path.join(folder, 'traces', `${trace}.csv.gz`) }),
    phase: () => 'all',
    freesNull: false,
  });
}

const rows = measuredRows();

for (const alloc of rows.filter(({ op }) => op === 'alloc')) {
  const { engine, options, trace } = alloc;
  test(`${engine}, ${options}: ${trace} works like the original`, async () => {
    const figures = await replayed(alloc);
    const both = rows.filter(
      (row) => row.engine === engine && row.options === options && row.trace === trace,
    );
    assert.is(both.length, 2);
    for (const row of both) {
      const counts = figures.get(`all ${row.op}`)!;
      assert.is(counts.operations, row.count);
      for (const kind of ['loads', 'stores'] as const) {
        assertNear(compiled(counts, kind, ORIGINALS), row[kind], OFF_MAX, `${kind} of ${trace} ${row.op}`);
      }
      const instructions = counts.instructions / counts.operations;
      assertNear(instructions, row.instructions, OFF_MAX, `instructions of ${trace} ${row.op}`);
    }
  });
}

test('fifteen empty zones cost a take of today’s page allocator what was measured', async () => {
  const row = rows.find(({ options, trace }) => options === 'version=head' && trace === 'ord0')!;
  const counts = (await replayed({ ...row, options: 'version=head zones=16' })).get('all alloc')!;
  assertNear(counts.instructions / counts.operations, 487, OFF_MAX, 'instructions of a take');
});

test('every row was measured', () => assert.is(rows.length, 40));

test.run();
