import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createRegistries } from '../../../harness/cli/names/registries';
import { runCell, type Cell } from '../../../harness/results/cell';
import { InputError } from '../../../traces/input-error';

const test = suite<{ folder: string }>('a cell that is priced beside');

test.before((context) => {
  context.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-cell-'));
});
test.after(({ folder }) => fs.rmSync(folder, { recursive: true }));

/** So many that the file is large enough for a thread to be started before it is read. */
const PAIRS = 60_000;
const pairs = Array.from({ length: PAIRS }, (_, id) => `alloc,${id},${id % 3000},0\nfree,${id},0,0\n`).join(
  '',
);

function cellOf(specification: string): Cell {
  return {
    trace: { specification },
    engine: 'xmalloc-tlsf',
    options: {},
    pricings: ['flat'],
    heapPages: 1024,
    virtualPages: 1024,
    pictures: false,
  };
}

function written(folder: string, name: string, rest: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `op,id,size,align\n${pairs}${rest}`);
  return file;
}

test('comes to the same with a thread as without', async ({ folder }) => {
  const cell = cellOf(written(folder, 'whole.csv', ''));
  const alone = await runCell(cell, createRegistries());
  assert.equal(await runCell(cell, createRegistries(), { pricesBeside: true }), alone);
  assert.is(alone.trace.events, 2 * PAIRS);
});

test('comes to the same where the heap is looked at long after the thread is done', async () => {
  const cell = { ...cellOf('synth:churn?live=2000&ops=60000'), heapPages: 300, pictures: true };
  const alone = await runCell(cell, createRegistries());
  assert.ok(alone.firstFailure, 'so that what will be live is not what the trace says');
  assert.equal(await runCell(cell, createRegistries(), { pricesBeside: true }), alone);
});

test('is refused with a thread as without', async ({ folder }) => {
  const cell = cellOf(written(folder, 'broken.csv', 'free,0,0,0\n'));
  for (const pricesBeside of [false, true]) {
    try {
      await runCell(cell, createRegistries(), { pricesBeside });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      assert.match(String(error), `broken.csv:${2 * PAIRS + 2}`);
    }
  }
});

test.run();
