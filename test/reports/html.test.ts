import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { decode } from 'fast-png';
import type { Results } from '../../harness/results/results';
import { heapMapPng } from '../../reports/html/heap-map';
import { htmlReport } from '../../reports/html/page';
import { wideFrame } from '../../reports/html/frame';
import {
  bytesScale,
  compactBytes,
  compactInteger,
  cyclesScale,
  rightwardScale,
} from '../../reports/html/scales';
import { exampleResults, measured, resultsOf } from './example-results';

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
  assert.equal(all(page, /\s(?:src|href)="([^"]*)"/g).filter((url) => !/^(#t\d+|data:image\/png;base64,)/.test(url)), []); // prettier-ignore
  const [policy] = all(page, /http-equiv="Content-Security-Policy" content="([^"]*)"/g);
  const scripts = all(page, /<script>([^]*?)<\/script>/g);
  assert.is(scripts.length, 1);
  const hash = createHash('sha256').update(scripts[0]!).digest('base64');
  assert.ok(policy!.includes(`script-src 'sha256-${hash}'`), policy);
  assert.ok(policy!.includes("default-src 'none'"));
  assert.ok(scripts[0]!.length < 3000);
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

test('every picture says in words what it shows and has its numbers as a table', async () => {
  const page = htmlReport(await exampleResults());
  const figures = all(page, /<figure [^>]*>([^]*?)<\/figure>/g);
  assert.ok(figures.length > 20);
  for (const figure of figures) {
    assert.match(figure, /<svg viewBox="[\d .]+" role="img" aria-labelledby="\S+ \S+"><title [^>]+>[^<]+<\/title><desc [^>]+>[^<]+<\/desc>/); // prettier-ignore
    assert.match(figure, /<details><summary>Numbers<\/summary>[^]*(<table>|<pre>)/);
    assert.not.match(figure, /NaN|Infinity|undefined/);
  }
});

test('each of the worst operations has its ring and its bar, whatever the raster lost', async () => {
  const replay = await measured();
  const page = htmlReport(resultsOf(replay));
  for (const [index, pricing] of replay.pricings.entries()) {
    for (const kind of ['alloc', 'free'] as const) {
      const figure = all(page, new RegExp(`<figure id="t0-e0-p${index}-${kind}">([^]*?)</figure>`, 'g'))[0]!;
      const rings = all(figure, /<circle class="ring"[^>]*><title>([^<]*)<\/title>/g);
      const { worst } = pricing.kinds[kind];
      assert.is(rings.length, worst.length);
      const first = worst[0]!;
      const size = first.sizeBytes > 0 ? ` ${first.sizeBytes} B` : '';
      assert.is(rings[rings.length - 1], `#1: operation ${first.operation}, ${kind} ${first.id}${size}, ${first.cycles} cycles`); // prettier-ignore
    }
    const bars = all(page, new RegExp(`<figure id="t0-e0-p${index}-worst">([^]*?)</figure>`, 'g'))[0]!;
    assert.is(all(bars, /(<text class="mark")/g).length, 8);
  }
});

test('the bar of an operation is cut exactly as its causes are', async () => {
  const replay = await measured(undefined, ['flat']);
  const page = htmlReport(resultsOf(replay));
  const bars = all(page, /<figure id="t0-e0-p0-worst">([^]*?)<\/figure>/g)[0]!;
  // 30 cycles are 640 px: 2 of instructions, 8 of accesses, 20 of locked updates.
  const widths = all(
    bars,
    /<rect class="part [^"]+" x="[^"]*" y="\d+" width="([\d.]+)" height="11"><title>/g,
  );
  const lefts = all(bars, /<rect class="part [^"]+" x="([\d.]+)" y="\d+" width="[^"]*" height="11"><title>/g);
  assert.equal(lefts.slice(0, 4), ['10', '52.7', '223.3', '10']);
  const parts = all(bars, /<title>(\w[^<]* cycles, [^<]*)<\/title>/g);
  assert.equal(parts.slice(0, 3), ['instructions: 2 cycles, 6.7 %', 'accesses: 8 cycles, 26.7 %', 'locked updates: 20 cycles, 66.7 %']); // prettier-ignore
  assert.equal(widths.slice(0, 3), ['42.7', '170.7', '426.7']);
});

test('the density raster covers every operation once', async () => {
  const replay = await measured(undefined, ['flat']);
  const figure = all(htmlReport(resultsOf(replay)), /<figure id="t0-e0-p0-alloc">([^]*?)<\/figure>/g)[0]!;
  const cells = all(figure, /<path class="cell d\d" d="([^"]*)"/g).flatMap((path) => path.match(/M/g) ?? []);
  // Six allocations at six different moments.
  assert.is(cells.length, 6);
});

test('a column of the raster has a cell for every row, its shade by the count', async () => {
  const replay = await measured(undefined, ['flat']);
  const pricing = replay.pricings[0]!;
  const density = { operationsPerColumn: 9, columns: [[8, 3, 12, 4, 14, 5000]] };
  const kinds = { ...pricing.kinds, alloc: { ...pricing.kinds.alloc, density } };
  const page = htmlReport(resultsOf({ ...replay, pricings: [{ ...pricing, kinds }] }));
  const figure = all(page, /<figure id="t0-e0-p0-alloc">([^]*?)<\/figure>/g)[0]!;
  assert.equal(all(figure, /<path class="cell (d\d)"/g), ['d0', 'd1', 'd5']);
});

test('unsupported replays stand in the table with their reason, and have no pictures', async () => {
  const page = unescaped(htmlReport(await exampleResults()));
  assert.match(page, /<td>unable<span class="stopped">n\/a: page-per-object has no compact, which the operation "compact" needs<\/span><\/td>/); // prettier-ignore
  assert.not.match(page, /<h3>unable<\/h3>/);
  assert.match(page, /<h3>broken<\/h3>/);
});

test('a heap map is a pixel a chunk and moment, the highest address on top', () => {
  const png = decode(heapMapPng({ chunkBytes: 4096, chunkOffsets: [0, 8192], columns: ['9.', '05', '..'] }));
  assert.equal([png.width, png.height, png.channels], [3, 2, 4]);
  const alpha = Array.from({ length: 6 }, (_, pixel) => png.data[pixel * 4 + 3]!);
  assert.equal(alpha, [0, 175, 0, 255, 150, 0]);
  assert.ok(png.data[3 * 4]! < png.data[4 * 4]!, 'held but empty has a warmer colour than full');
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
  assert.not.match(htmlReport(resultsOf({ ...replay, heapMap })), 'Heap map');
  assert.match(htmlReport(resultsOf(replay)), 'Heap map');
});

test('axes are labelled with round numbers', () => {
  const frame = wideFrame(200);
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
