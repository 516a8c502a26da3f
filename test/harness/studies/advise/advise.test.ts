import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../../allocators/registry';
import { advise, siteName, siteTrace, type AdviseOptions } from '../../../../harness/studies/advise/advise';
import {
  ALLOCATORS,
  choose,
  ENGINE_OF,
  isWholePower,
  objection,
} from '../../../../harness/studies/advise/rubric';
import { measure } from '../../../../harness/metrics/measurement';
import { createStack } from '../../../../harness/replay/stack';
import { holdEvents } from '../../../../traces/columns';
import { openCsv } from '../../../../traces/formats/csv-reader';
import { openBytes } from '../../../../traces/input/bytes';
import { selectObjects } from '../../../../traces/tools/selection';
import type { Trace } from '../../../../traces/trace';

const test = suite('advise');

const MACHINE = { heapPages: 1024, virtualPages: 32_768 };

async function traceOf(rows: readonly string[]): Promise<Trace> {
  const text = ['op,id,size,align,site,call,value', ...rows, ''].join('\n');
  const source = await openCsv(await openBytes(Readable.from([Buffer.from(text)]), 'trace.csv'));
  return (await holdEvents(source)).trace(source.header);
}

const options = (given: Partial<AdviseOptions> = {}): AdviseOptions => ({
  contiguous: [],
  now: undefined,
  sitesMax: 20,
  pricing: 'flat',
  machine: MACHINE,
  fragmented: false,
  engineNamed,
  selectObjects,
  ...given,
});

/** Sites that are each one of the rubric's cases, their objects interleaved. */
const MIXED = [
  'alloc,1,100,0,small,xmalloc,',
  'alloc,2,9000,0,large,xvmalloc,',
  'alloc,3,12288,0,odd,alloc_xenheap_pages,needs=contiguous',
  'alloc,4,8192,0,power,xmalloc,needs=contiguous',
  'alloc,5,300,0,mixed,xmalloc,',
  'alloc,6,2000,0,little,xmalloc,needs=contiguous',
  'alloc,7,6000,0,mixed,vmalloc,',
  'alloc,8,4096,0,little,xmalloc,needs=contiguous',
  'alloc,9,5000,0,large,xvmalloc,',
  'free,2,0,0',
  'alloc,10,4000,0,small,xmalloc,',
  'free,1,0,0',
  'alloc,11,16384,0,power,xmalloc,',
];

test('each of the six cases gets what the rubric says', async () => {
  const { sites } = await advise(await traceOf(MIXED), options());
  const advised = Object.fromEntries(
    sites.map(({ key, advice }) => [siteName(key), [advice.allocator, advice.rule]]),
  );
  assert.equal(advised, {
    power: ['alloc_xenheap_pages', 'contiguous, exactly 2^k pages'],
    large: ['vmalloc', 'always above a page'],
    odd: ['xmalloc', 'contiguous, may exceed a page'],
    mixed: ['xvmalloc', 'default'],
    little: ['xvmalloc', 'contiguous, up to a page'],
    small: ['xmalloc', 'always below a page'],
  });
});

test('what a site calls now comes from the trace, or else from the command line', async () => {
  const nowOf = async (given: Partial<AdviseOptions>, rows: string[]) =>
    (await advise(await traceOf(rows), options(given))).sites.map(({ now }) => now);
  assert.equal(await nowOf({}, ['alloc,1,9000,0,a,page_alloc', 'alloc,2,90,0,b,xzalloc']), [
    ['alloc_xenheap_pages'],
    ['xmalloc'],
  ]);
  assert.equal(await nowOf({ now: 'vmalloc' }, ['alloc,1,9000,0,a', 'alloc,2,90,0,b,xzalloc']), [
    ['vmalloc'],
    ['xmalloc'],
  ]);
});

test('a page is no more than a page', () => {
  const needs = { bytesMin: 4096, bytesMax: 4096, wholePowers: true, contiguous: false };
  assert.is(choose(needs).allocator, 'xvmalloc');
  assert.is(choose({ ...needs, contiguous: true }).allocator, 'alloc_xenheap_pages');
  assert.is(choose({ ...needs, bytesMin: 4095, bytesMax: 4095 }).allocator, 'xmalloc');
  assert.is(choose({ ...needs, bytesMin: 4097, bytesMax: 4097 }).allocator, 'vmalloc');
});

test('what is not contiguous is out of the question where contiguity is needed', () => {
  const needs = { bytesMin: 100, bytesMax: 5000, wholePowers: false, contiguous: true };
  assert.equal(
    ALLOCATORS.map((allocator) => objection(allocator, needs) === undefined),
    [true, true, false, false],
  );
  assert.is(objection('xvmalloc', { ...needs, bytesMax: 4096 }), undefined);
});

test('only a page times a power of two is a whole power', () => {
  const sizes = [0, 2048, 4096, 8192, 12288, 16384, 4096 * 2 ** 40, 4096 * 2 ** 40 + 4096];
  assert.equal(sizes.map(isWholePower), [false, false, true, true, false, true, true, false]);
});

test('every figure is that of a replay of the site’s events', async () => {
  const trace = await traceOf(MIXED);
  const { sites } = await advise(trace, options());
  for (const { key, candidates } of sites) {
    for (const { allocator, replayed } of candidates) {
      const own = siteTrace(trace, key, { selectObjects });
      const measured = await measure({
        trace: own,
        pricings: [],
        createStack: (drain) =>
          createStack(engineNamed(ENGINE_OF[allocator]), {}, { ...MACHINE, ...drain }, engineNamed),
      });
      assert.is(replayed.kind, 'ok');
      if (replayed.kind !== 'ok') {
        continue;
      }
      const { figures } = replayed;
      const [wasted, held] = measured.metrics['waste.peak']!.ratio!;
      assert.equal([figures.wastedBytes, figures.heldBytesPeak], [wasted, held]);
      assert.is(figures.wastedInBlocksBytes, measured.metrics['waste.internal.peak']!.ratio![0]);
    }
  }
});

test('pages of a power of two waste nothing, rounded up they do', async () => {
  const rows = ['alloc,1,8192,0,power', 'alloc,2,9000,0,odd'];
  const { sites } = await advise(await traceOf(rows), options());
  const wasted = sites.map(({ candidates }) => {
    const [pages] = candidates;
    return pages!.replayed.kind === 'ok' ? pages!.replayed.figures.wastedBytes : undefined;
  });
  assert.equal(wasted, [16384 - 9000, 0]);
});

test('vmalloc alone maps, page by page, and alone survives fragmentation', async () => {
  const rows = ['alloc,1,32768,0,a', 'free,1,0,0'];
  const [site] = (await advise(await traceOf(rows), options({ fragmented: true }))).sites;
  const figures = site!.candidates.map(({ replayed }) => {
    assert.is(replayed.kind, 'ok');
    if (replayed.kind !== 'ok') {
      return [];
    }
    const { pagesMapped, pagesUnmapped, failedAllocations, failedWhenFragmented } = replayed.figures;
    return [pagesMapped, pagesUnmapped, failedAllocations, failedWhenFragmented];
  });
  assert.equal(figures, [
    [0, 0, 0, 1],
    [0, 0, 0, 1],
    [8, 8, 0, 0],
    [8, 8, 0, 0],
  ]);
});

test('without sites the classes of sizes stand for them', async () => {
  const rows = ['alloc,1,600,0', 'alloc,2,1000,0', 'alloc,3,5000,0', 'realloc,1,700,0'];
  const { sites } = await advise(await traceOf(rows), options());
  assert.equal(
    sites.map(({ key, allocations }) => [siteName(key), allocations]),
    [
      ['4096 to 8191 bytes', 1],
      ['512 to 1023 bytes', 2],
    ],
  );
});

test('the largest sites are replayed when not all are', async () => {
  const report = await advise(await traceOf(MIXED), options({ sitesMax: 1 }));
  assert.is(report.sitesTotal, 6);
  assert.equal(
    report.sites.map(({ key }) => siteName(key)),
    ['power'],
  );
});

test.run();
