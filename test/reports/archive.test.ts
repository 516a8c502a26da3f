import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseResults } from '../../harness/results/results-file';
import { archived } from '../../harness/results/results-text';
import type { Results } from '../../harness/results/results';
import { filesOf, REPORTS, type WrittenFile } from '../../reports/registry';
import { HOSTILE, measured, renamed, resultsOf } from './example-results';

/** What is kept of many replays. */
const test = suite('reports: archive');

const LEAFED_THROUGH = 64;

/** Events enough for more moments than an archive keeps. */
const LONG_TRACE = [...Array.from({ length: 120 }, (_, id) => `alloc ${id} 4000, free ${id}`)].join(', ');

async function many(count: number): Promise<Results> {
  const replay = await measured(LONG_TRACE, ['flat']);
  return resultsOf(
    ...Array.from({ length: count }, (_, index) =>
      renamed(replay, index === 0 ? HOSTILE : `trace ${index >> 1}`, `engine ${index & 1}`),
    ),
  );
}

const archive = { results: resultsOf(), files: new Map<string, WrittenFile['content']>() };

test.before(async () => {
  archive.results = await many(LEAFED_THROUGH + 1);
  archive.files = filesByName(archive.results);
});

const filesByName = (results: Results) =>
  new Map([...filesOf(results)].map(({ name, content }: WrittenFile) => [name, content]));

test('results of few replays are written whole', async () => {
  const names = [...filesByName(await many(LEAFED_THROUGH)).keys()];
  assert.equal(names, ['results.json', ...REPORTS.map(({ name }) => name)]);
});

test('of many the results are a fraction, and read back what the archive is made of', () => {
  const { results, files } = archive;
  const text = files.get('results.json') as string;
  const kept = archived(results);
  assert.equal(parseResults(text, 'results.json'), kept);
  assert.ok(text.length < JSON.stringify(results).length * 0.7);
  for (const [index, { checkpoints, metrics, pricings }] of kept.replays.entries()) {
    const { checkpoints: all, pricings: priced } = results.replays[index]!;
    assert.ok(
      checkpoints.length < all.length && checkpoints.length >= 30,
      `${checkpoints.length} of ${all.length}`,
    );
    assert.equal(checkpoints.at(-1), all.at(-1));
    const peak = metrics['held.bytes.peak']!.operation;
    assert.ok(checkpoints.some(({ operation }) => operation === peak));
    assert.equal(pricings[0]!.kinds.alloc.distribution, priced[0]!.kinds.alloc.distribution);
    assert.equal(pricings[0]!.metrics, priced[0]!.metrics);
  }
});

test('long tables are compressed, and every family of traces has a page that the index leads to', () => {
  const { files } = archive;
  const latency = gunzipSync(files.get('latency.csv.gz') as Uint8Array).toString();
  assert.match(latency, 'trace 3');
  assert.is(files.has('latency.csv'), false);
  const index = files.get('report.html') as string;
  const pages = [...files.keys()].filter((name) => name.startsWith('trace-'));
  assert.is(pages.length, 34);
  for (const page of pages) {
    assert.match(index, `href="${page}"`);
    assert.match(files.get(page) as string, 'href="report.html"');
  }
  assert.match(files.get('trace-02.html') as string, 'trace 0');
  const html = [...files].filter(([name]) => name.endsWith('.html')).map(([, content]) => content as string);
  assert.ok(html.every((page) => !page.includes('<script>alert')));
});

test.run();
