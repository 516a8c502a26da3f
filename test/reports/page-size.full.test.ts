import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRegistries } from '../../harness/cli/names/registries';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { runCell, type Cell } from '../../harness/results/cell';
import { experimentNamed } from '../../harness/studies/claims/registry';
import { htmlReport } from '../../reports/html/page';
import { resultsOf } from './example-results';

/** Pages are mailed and attached: each is at most a mebibyte, whatever was replayed. */
const test = suite('sizes of pages');

const PAGE_BYTES_MAX = 1 << 20;
const registries = createRegistries();

async function measuredCells(cells: readonly Cell[]): Promise<MeasuredReplay[]> {
  const replays: MeasuredReplay[] = [];
  for (const cell of cells) {
    replays.push(await runCell(cell, registries));
  }
  return replays;
}

const cellOf = (specification: string, engine: string): Cell => ({
  ...{ trace: { specification }, engine, options: {}, pricings: ['zen4-2022'] },
  ...{ heapPages: 65_536, virtualPages: 0 },
});

test('the page of `npm start`, which tells of an experiment and of a recording', async () => {
  const experiment = experimentNamed('xfree-latency');
  const replays = await measuredCells(experiment.cells('default'));
  const report = experiment.judge(replays);
  const also = ['xmalloc-first-fit', 'xmalloc-tlsf-2008', 'xenheap-pages'].map((engine) =>
    cellOf('recorded:sqlite3-2000', engine),
  );
  const page = htmlReport(resultsOf(...replays, ...(await measuredCells(also))), { experiment, report });
  assert.ok(Buffer.byteLength(page) <= PAGE_BYTES_MAX, `${Buffer.byteLength(page)} bytes`);
  assert.match(page, /confirmed/i);
  const pictures = page.match(/<svg/g)!.length;
  assert.ok(pictures <= 40, `${pictures} pictures`);
});

test('the page of a million operations on four engines, each with its heap to walk through', async () => {
  const engines = ['xmalloc-tlsf-2008', 'xmalloc-tlsf', 'plan9-pool', 'xenheap-pages'];
  const replays = await measuredCells(
    engines.map((engine) => cellOf('synth:churn?live=2000&ops=500000', engine)),
  );
  assert.ok(replays.every(({ operations }) => operations >= 1_000_000));
  const page = htmlReport(resultsOf(...replays));
  assert.ok(Buffer.byteLength(page) <= PAGE_BYTES_MAX, `${Buffer.byteLength(page)} bytes`);
  assert.is(page.match(/data-moments=/g)!.length, engines.length);
});

test.run();
