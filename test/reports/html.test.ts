import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { decode } from 'fast-png';
import type { ObservedBound } from '../../harness/metrics/bounds';
import type { Results } from '../../harness/results/results';
import { htmlReport } from '../../reports/html/page';
import { stackedFrames } from '../../reports/html/frame';
import { fittedSlope } from '../../reports/html/growth';
import { densityRaster } from '../../reports/html/latency-area';
import { COUNT_SHADES, OCCUPANCY_SHADES, Raster, shadeOfCount } from '../../reports/html/raster';
import { mapRaster } from '../../reports/html/run-picture';
import {
  bytesScale,
  compactBytes,
  compactInteger,
  cyclesScale,
  rightwardScale,
} from '../../reports/html/scales';
import { exampleResults, measured, renamed, resultsOf } from './example-results';

const test = suite('html');

const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1]!);
const unescaped = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

test('the page is one file that loads nothing and runs no script but its own', async () => {
  const page = htmlReport(await exampleResults());
  assert.match(page, /^<!doctype html>\n<html lang="en"><head><meta charset="utf-8"\/?>/);
  // The one address in it is the hostile name's, which is text.
  assert.equal(new Set(page.match(/\w+:\/\/[^<"\s)]*/g)), new Set(['http://evil.example']));
  assert.equal(all(page, /\s(?:src|href)="([^"]*)"/g).filter((url) => !/^(#[tg][\w-]*|data:image\/png;base64,)/.test(url)), []); // prettier-ignore
  const [policy] = all(page, /http-equiv="Content-Security-Policy" content="([^"]*)"/g);
  const scripts = all(page, /<script>([^]*?)<\/script>/g);
  assert.is(scripts.length, 1);
  const hash = createHash('sha256').update(scripts[0]!).digest('base64');
  assert.ok(policy!.includes(`script-src 'sha256-${hash}'`), policy);
  assert.ok(policy!.includes("default-src 'none'"));
  assert.ok(scripts[0]!.length < 12_000);
});

test('hostile names are text, with their control characters made visible', async () => {
  const page = htmlReport(await exampleResults());
  assert.not.match(page, /<script>alert/);
  assert.not.match(page, /\u001b/);
  assert.match(
    unescaped(page),
    '=cmd()|a`b`<script>alert(1)</script>,"q"\\n\\u{1b}[31m![x](http://evil.example)@all',
  );
});

test('tags are balanced and ids unique', async () => {
  const page = htmlReport(await exampleResults());
  const ids = all(page, /\sid="([^"]*)"/g);
  assert.is(new Set(ids).size, ids.length);
  const body = page.replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>|<!doctype html>/g, '');
  const open: string[] = [];
  for (const [, close, name, selfClosing] of body.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close === '/') {
      assert.is(open.pop(), name);
    } else if (selfClosing !== '/' && !['meta', 'br'].includes(name!)) {
      open.push(name!);
    }
  }
  assert.equal(open, []);
});

test('every picture says in words what it shows and has its numbers as a table of its own name', async () => {
  const page = htmlReport(await exampleResults());
  const figures = all(page, /<figure id="[^"]*">([^]*?)<\/figure>/g);
  assert.ok(figures.length > 10);
  for (const figure of figures) {
    assert.match(figure, /<svg viewBox="0 0 360 [\d.]+" role="(img|group)" aria-labelledby="\S+ \S+"(?: data-x="[\d ]+")?><title [^>]+>[^<]+<\/title><desc [^>]+>[^<]+<\/desc>/); // prettier-ignore
    assert.match(figure, /<details><summary>Numbers: [^<]+<\/summary>[^]*<table>/);
    assert.not.match(figure, /NaN|Infinity|undefined/);
  }
  const summaries = all(page, /<summary>([^<]+)<\/summary>/g);
  assert.is(new Set(summaries).size, summaries.length);
});

test('each of the worst operations has its ring, number and leader line, whatever the raster lost', async () => {
  const replay = await measured();
  const page = htmlReport(resultsOf(replay));
  // The pricing of the dearest operation comes first: with cold caches.
  const pricing = replay.pricings[1]!;
  const figure = all(page, /<figure id="t0-e0-p0">([^]*?)<\/figure>/g)[0]!;
  const labels = all(figure, /<g class="worst" tabindex="0" role="img" aria-label="([^"]*)"/g);
  const worst = (['alloc', 'free'] as const).flatMap((kind) => pricing.kinds[kind].worst);
  assert.is(labels.length, worst.length);
  assert.is(all(figure, /(<line class="leader")/g).length, worst.length);
  assert.is(all(figure, /(<circle class="ring")/g).length, worst.length);
  const first = pricing.kinds.alloc.worst[0]!;
  assert.ok(
    labels.some((label) => label.startsWith(`worst 1: #${first.operation} alloc ${first.id}, `)),
    labels[0],
  );
});

test('one chart has the worst of each engine and kind, each bar cut exactly as its causes are', async () => {
  const replay = await measured(undefined, ['flat']);
  const page = htmlReport(resultsOf(replay, renamed(replay, 'by-hand', 'its-twin')));
  const bars = all(page, /<figure id="t0-worst">([^]*?)<\/figure>/g)[0]!;
  assert.is(all(bars, /(<text class="mark")/g).length, 4);
  // 30 cycles are 270 px: 2 of instructions, 8 of accesses, 20 of locked updates.
  const widths = all(
    bars,
    /<rect class="part [^"]+" x="[^"]*" y="\d+" width="([\d.]+)" height="12"><title>/g,
  );
  const parts = all(bars, /<title>(\w[^<]* cycles, [^<]*)<\/title>/g);
  assert.equal(parts.slice(0, 3), ['instructions: 2 cycles, 6.7 %', 'accesses: 8 cycles, 26.7 %', 'locked updates: 20 cycles, 66.7 %']); // prettier-ignore
  assert.equal(widths.slice(0, 3), ['18', '72', '180']);
});

const linear = (scale: number) => ({ at: (value: number) => value * scale, ticks: [] });
const FRAME = { left: 0, right: 90, top: 0, bottom: 60 };
/** Rows downwards from the bottom, so that cycles are pixels. */
const upwards = { at: (cycles: number) => 60 - cycles, ticks: [] };

/** What the PNG of a raster shows: an index into its palette for every pixel. */
function decoded(raster: Raster): { width: number; height: number; data: number[] } {
  const { width, height, depth, data } = decode(raster.png());
  assert.is(depth, 4);
  const rowBytes = Math.ceil(width / 2);
  const pixels = Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return (data[y * rowBytes + (x >> 1)]! >> (x % 2 === 0 ? 4 : 0)) & 15;
  });
  return { width, height, data: pixels };
}

test('the density raster shows every operation, a single one as two pixels, its shade by the count', () => {
  // Rows 8, 12 and 14 begin at 8, 16 and 24 cycles.
  const density = { operationsPerColumn: 9, columns: [[8, 3, 12, 4, 14, 5000]] };
  const png = decoded(densityRaster(density, FRAME, linear(1), upwards, 90));
  const shades = png.data;
  assert.equal([png.width, png.height], [90, 60]);
  assert.equal(new Set(shades), new Set([0, 1, 2, 6]));
  const at = (x: number, cycles: number) => shades[(59 - cycles) * 90 + x];
  assert.equal([at(0, 8), at(8, 8), at(9, 8), at(0, 16), at(0, 24), at(0, 40)], [1, 1, 0, 2, 6, 0]);
  const single = decoded(
    densityRaster({ operationsPerColumn: 1, columns: [[8, 1]] }, FRAME, linear(1), upwards, 90),
  );
  assert.is(single.data.filter((shade) => shade > 0).length, 4);
});

test('a shade stands for four times as many as the one before, and the darker of two stays', () => {
  const counts = [1, 3, 4, 15, 16, 63, 64, 255, 256, 1023, 1024, 1e9];
  assert.equal(counts.map(shadeOfCount), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
  const raster = new Raster(1, 1, COUNT_SHADES);
  raster.fill(0, 0, 1, 1, 5);
  raster.fill(0, 0, 1, 1, 2);
  assert.equal(decoded(raster).data, [5]);
});

test('a row of a raster ends with its last pixel, whether their number is even or odd', () => {
  for (const width of [1, 2, 3, 8]) {
    const raster = new Raster(width, 3, OCCUPANCY_SHADES);
    const shades = Array.from({ length: width * 3 }, (_, at) => (at * 7) % 11);
    shades.forEach((shade, at) => raster.fill(at % width, Math.floor(at / width), 1, 1, shade));
    assert.equal(decoded(raster), { width, height: 3, data: shades });
  }
});

test('a replay of which a raster was kept shows it, in every engine’s own section', async () => {
  const page = htmlReport(resultsOf(await measured()));
  const figures = all(page, /<figure id="t0-e0-p\d">([^]*?)<\/figure>/g);
  assert.is(figures.length, 2);
  // Alloc and free, and with the first pricing the heap map.
  assert.equal(
    figures.map((figure) => all(figure, /(<image )/g).length),
    [3, 2],
  );
});

test('the front page tells failures first, then the worst under any pricing, and engines by their extremes', async () => {
  const page = unescaped(htmlReport(await exampleResults()));
  const order = ['class="failures"', 'broken on by-hand: corrupt at operation 7', 'class="headline"', 'id="engines"', 'id="t0"', 'id="glossary"']; // prettier-ignore
  const places = order.map((each) => page.indexOf(each));
  assert.ok(
    places.every((place, index) => place > (places[index - 1] ?? 0)),
    places.join(' '),
  );
  assert.match(page, /<p class="headline">On by-hand under zen4-2022@cold the worst operation was alloc #0/);
});

test('how to run it again says that a file of one’s own is to be named in place of what it is called', async () => {
  const replay = await measured();
  const told = (kind: 'recorded' | 'synthetic') => {
    const origin =
      kind === 'recorded'
        ? { kind, format: 'csv' }
        : { kind, generator: 'churn', parameters: {}, seed: 1, adaptive: false };
    const page = unescaped(htmlReport(resultsOf({ ...replay, trace: { ...replay.trace, origin } })));
    return /How to run it again, [^]*?<p>(.*?)<\/p><pre[^>]*>(.*?)<\/pre>/.exec(page)!.slice(1);
  };
  const command = (trace: string) =>
    `alloc-replay run ${trace} -a page-per-object -p flat,zen4-2022@cold -o pages=4 --heap-pages `;
  const [words, line] = told('recorded');
  assert.match(words!, 'the name of a trace or an engine that came from a file of your own, give that file.');
  assert.ok(line!.startsWith(command('by-hand')), line);
  const [ofEngine, made] = told('synthetic');
  assert.match(ofEngine!, 'the name of an engine that came from a file of your own, give that file.');
  assert.ok(made!.startsWith(command("'synth:churn?seed=1'")), made);
});

test('every word of a heading that the glossary explains leads there', async () => {
  const page = htmlReport(await exampleResults());
  const targets = new Set(all(page, /\sid="(g-[^"]*)"/g));
  const links = all(page, /href="#(g-[^"]*)"/g);
  assert.ok(['g-waste', 'g-worst', 'g-p99-9', 'g-holes', 'g--4', 'g-dram'].every((id) => links.includes(id)));
  assert.equal(
    links.filter((link) => !targets.has(link)),
    [],
  );
});

test('traces that grow are one family with one set of pictures, and a plot of how the worst grows', async () => {
  const replay = await measured(undefined, ['flat']);
  const storm = (live: number, cycles: number): typeof replay => {
    const origin = {
      kind: 'synthetic',
      generator: 'storm',
      parameters: { live },
      seed: 1,
      adaptive: false,
    } as const;
    const pricing = replay.pricings[0]!;
    const metrics = { ...pricing.metrics, 'free.cycles.max': { value: cycles } };
    return {
      ...replay,
      trace: { ...replay.trace, name: `storm-${live}`, origin },
      pricings: [{ ...pricing, metrics }],
    };
  };
  const page = htmlReport(resultsOf(storm(100, 10_000), storm(200, 200_000), storm(400, 4_000_000)));
  assert.is(all(page, /(<section id="t\d)/g).length, 1);
  assert.is(all(page, /(<figure id="growth\d)/g).length, 1);
  assert.match(page, /free slope 4\.32, passes 1M cycles at about 242/);
  assert.match(page, /live=400, cycles/);
});

test('a fitted slope is the power of the growth', () => {
  const points = (power: number) => [10, 20, 40, 80].map((live) => ({ live, cost: 7 * live ** power }));
  assert.is(fittedSlope(points(1))!.toFixed(6), '1.000000');
  assert.is(fittedSlope(points(2))!.toFixed(6), '2.000000');
  assert.is(fittedSlope(points(0))!.toFixed(6), '0.000000');
  assert.is(fittedSlope(points(1).slice(0, 1)), undefined);
});

test('bounds of which not even a tenth was reached are only counted', async () => {
  const replay = await measured(undefined, ['flat']);
  const bound = (most: number | null, observed: number): ObservedBound => ({
    verb: 'free',
    unit: 'accesses',
    most,
    statement: `at most ${most}`,
    source: 'the paper',
    observed,
    observedOperation: 1,
    total: observed,
    operations: 1,
  });
  const page = htmlReport(
    resultsOf({ ...replay, bounds: [{ ...bound(1000, 100), unit: 'instructions' }, { ...bound(10_000, 100), verb: 'alloc' }, bound(null, 7)] }), // prettier-ignore
  );
  assert.match(page, 'at most 1000');
  assert.match(page, 'at most null');
  assert.not.match(page, 'at most 10000');
  assert.match(page, '1 bound of which not even a tenth was reached is in summary.csv only.');
});

test('unsupported replays stand in the table with their reason, and have no pictures', async () => {
  const page = unescaped(htmlReport(await exampleResults()));
  assert.match(page, /<td class="name">unable<span class="stopped">n\/a: page-per-object has no compact, which the operation "compact" needs<\/span><\/td>/); // prettier-ignore
  assert.not.match(page, /<summary>\d unable on/);
  assert.match(page, /<summary>4 broken on by-hand/);
});

test('a heap map is a row a chunk, the highest address on top, each moment as long as it lasts', async () => {
  const replay = await measured();
  const moments = replay.checkpoints.filter(({ survey }) => survey !== null).slice(0, 3);
  const checkpoints = moments.map((each, index) => ({ ...each, operation: [0, 45, 60][index]! }));
  const map = { chunkBytes: 4096, chunkOffsets: [0, 8192], columns: ['9.', '05', '..'] };
  const png = decoded(mapRaster(map, { ...replay, checkpoints }, FRAME, linear(1)));
  const at = (x: number, row: number) => png.data[row * png.width + x];
  assert.equal([png.width, png.height], [90, 2]);
  assert.equal([at(0, 0), at(0, 1), at(44, 1), at(45, 0), at(45, 1), at(60, 0)], [0, 10, 10, 6, 1, 0]);
});

test('equal results are equal pages', async () => {
  assert.is(htmlReport(await exampleResults()), htmlReport(await exampleResults()));
});

test('extremes do not break the scales', async () => {
  const replay = await measured(undefined, ['flat']);
  const pricing = replay.pricings[0]!;
  const enormous = structuredClone(pricing.kinds.alloc) as typeof pricing.kinds.alloc;
  const kinds = {
    ...pricing.kinds,
    alloc: { ...enormous, distribution: { costs: [0, 2 ** 50], counts: [1, 1] } },
  };
  const empty = { ...replay, checkpoints: [], heapMap: null, pricings: [] };
  const results: Results = resultsOf({ ...replay, pricings: [{ ...pricing, kinds }] }, empty);
  assert.not.match(htmlReport(results).replace(/<style>[^]*?<\/script>/g, ''), /NaN|"Infinity/);
});

test('a heap of which nothing was ever held has no map', async () => {
  const replay = await measured();
  const heapMap = { chunkBytes: 4096, chunkOffsets: [], columns: ['', ''] };
  assert.not.match(htmlReport(resultsOf({ ...replay, heapMap })), '>heap offset</text>');
  assert.match(htmlReport(resultsOf(replay)), '>heap offset</text>');
});

test('axes are labelled with round numbers', () => {
  const frame = stackedFrames([200]).frames[0]!;
  assert.equal(cyclesScale(frame, 30, 4_000_000).ticks.map(({ label }) => label), ['100', '1k', '10k', '100k', '1M']); // prettier-ignore
  assert.equal(cyclesScale(frame, 100, 700).ticks.map(({ label }) => label), ['100', '200', '500']); // prettier-ignore
  assert.equal(cyclesScale(frame, 360, 360).ticks.map(({ label }) => label), ['360']); // prettier-ignore
  assert.equal(cyclesScale(frame, 0, 0).ticks.map(({ label }) => label), ['1', '2']); // prettier-ignore
  const bytes = bytesScale(frame, 5 * 1024 * 1024);
  assert.is(bytes.unit, 'MiB');
  assert.equal(bytes.ticks.map(({ label }) => label), ['0', '1', '2', '3', '4', '5']); // prettier-ignore
  assert.equal(rightwardScale(frame, 100_000, compactInteger).ticks.map(({ label }) => label), ['0', '20k', '40k', '60k', '80k', '100k']); // prettier-ignore
  assert.equal([999, 1500, 20_000, 1_234_567].map(compactInteger), ['999', '1.5k', '20k', '1,234,567']);
  assert.equal([0, 1023, 1024, 1536, 3 * 2 ** 30].map(compactBytes), [
    '0 B',
    '1023 B',
    '1 KiB',
    '1.5 KiB',
    '3 GiB',
  ]);
});

test.run();
