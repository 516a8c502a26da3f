import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createRegistries } from '../../harness/cli/names/registries';
import { HEAP_BASE } from '../../harness/metrics/heap-walk';
import { replay } from '../../harness/replay/replay';
import { createStack } from '../../harness/replay/stack';
import { runCell, type Cell } from '../../harness/results/cell';
import type { Results } from '../../harness/results/results';
import { groupedInteger, kibibytesText } from '../../harness/text/numbers';
import { htmlReport } from '../../reports/html/page';
import { Browser, browserProgram, inaccessible, OPEN_ALL, type Page } from './browser';
import { resultsOf } from './example-results';

/** The page in a browser, where there is one: both widths, both colours, with and without scripts. */
const test = suite('page in a browser');

const ENGINES = ['xmalloc-first-fit', 'xmalloc-tlsf', 'xenheap-pages', 'plan9-pool'];
const TRACE = 'synth:half-page-storm?live=200&ops=100';

const cellOf = (engine: string): Cell => ({
  ...{ trace: { specification: TRACE }, engine, options: {}, pricings: ['zen4-2022', 'zen4-2022@cold'] },
  ...{ heapPages: 4096, virtualPages: 0 },
});

const registries = createRegistries();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-page-'));
const file = path.join(folder, 'report.html');
const program = browserProgram();
let browser: Browser;
let results: Results;

test.before(async () => {
  const replays = [];
  for (const engine of ENGINES) {
    replays.push(await runCell(cellOf(engine), registries));
  }
  results = resultsOf(...replays);
  fs.writeFileSync(file, htmlReport(results));
  browser = Browser.launch(program!);
});

test.after(async () => {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
});

for (const width of [1280, 390]) {
  for (const dark of [false, true]) {
    for (const scripts of [true, false]) {
      test(`nothing overflows, complains or loads: ${width} px, ${dark ? 'dark' : 'light'}, scripts ${scripts ? 'on' : 'off'}`, async () => {
        const page = await browser.open(file, { width, dark, scripts });
        await page.evaluate(OPEN_ALL);
        await page.settle();
        assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= width);
        assert.equal(page.complaints, []);
        assert.equal(
          page.requests.filter((url) => !url.startsWith('data:')),
          [`file://${file}`],
        );
        const letters = await page.evaluate<number>(SMALLEST_LETTERS);
        assert.ok(letters >= 11, `letters of ${letters} px`);
      });
    }
  }
}

/** The height of the smallest letters in pictures, as they are on the screen. */
const SMALLEST_LETTERS = `Math.min(...[...document.querySelectorAll('svg text')].map((text) => {
  const picture = text.ownerSVGElement;
  const scale = picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
  return scale === 0 ? Infinity : Math.round(parseFloat(getComputedStyle(text).fontSize) * scale * 100) / 100;
}))`;

test('axe-core finds nothing', async () => {
  assert.equal(await inaccessible(browser, file), []);
});

/** The blocks of the engine's own walk after each of these events. */
async function walkedAfter(engine: string, events: ReadonlySet<number>): Promise<Map<number, string>> {
  const cell = cellOf(engine);
  const trace = await registries.openTrace(cell.trace);
  const stack = createStack(registries.engineNamed(engine), {}, cell, (name) => registries.engineNamed(name));
  const blocks = new Map<number, string>();
  await replay(trace, stack, [
    {
      operation({ eventIndex, stack: { engine: walked } }) {
        if (events.has(eventIndex)) {
          const found: [number, number, string][] = [];
          walked.walk((start, bytes, state) => found.push([start - HEAP_BASE, bytes, state]));
          blocks.set(eventIndex, JSON.stringify(found.sort(([a], [b]) => a - b)));
        }
      },
    },
  ]);
  return blocks;
}

const shownBlocks = (figure: string, moment: number) => `(() => {
  const figure = document.getElementById('${figure}');
  const slider = figure.querySelector('input');
  slider.value = ${moment};
  slider.dispatchEvent(new Event('input'));
  return JSON.stringify(figure.blocks.map(({ offset, bytes, state }) => [offset, bytes, state]));
})()`;

test('the slider shows the blocks that the engine walks, at ten events of four engines', async () => {
  const page = await browser.open(file, { width: 1280 });
  await page.evaluate(OPEN_ALL);
  await page.settle();
  for (const [index, engine] of ENGINES.entries()) {
    const figure = `t0-e${index}-walk`;
    const moments = (await page.evaluate<string>(`document.getElementById('${figure}').dataset.moments`))
      .split(' ')
      .map(Number);
    const chosen = Array.from({ length: 10 }, (_, n) => Math.floor(((moments.length - 1) * n) / 9));
    const expected = await walkedAfter(engine, new Set(chosen.map((moment) => moments[moment]!)));
    // Backwards, so that the page has to start anew each time.
    for (const moment of chosen.reverse()) {
      const shown = await page.evaluate<string>(shownBlocks(figure, moment));
      assert.is(shown, expected.get(moments[moment]!), `${engine} after event ${moments[moment]}`);
    }
  }
});

test('arrow keys move the slider, a click chooses a page, and the pictures show the same moment', async () => {
  const page = await browser.open(file, { width: 1280 });
  await page.evaluate(OPEN_ALL);
  await page.settle();
  const text = (selector: string) =>
    page.evaluate<string>(`document.querySelector('#t0-e1-walk ${selector}').textContent`);
  await page.evaluate(`document.querySelector('#t0-e1-walk input').focus()`);
  const before = await text('output');
  await page.press('ArrowLeft');
  assert.is.not(await text('output'), before);
  const cursors = await page.evaluate<string[]>(
    `[...document.querySelectorAll('#t0-e1 .cursor')].map((each) => each.getAttribute('x1') + each.style.visibility)`,
  );
  assert.is(new Set(cursors).size, 1);
  assert.match(cursors[0]!, 'visible');
  const title = await text('h4');
  await page.evaluate(`document.querySelector('#t0-e1-walk canvas').focus()`);
  await page.press('ArrowRight');
  assert.is.not(await text('h4'), title);
  assert.match(await text('.zoom table'), /0x[0-9a-f]+.*allocated.*event/);
});

test('without scripts the heap stands there at the start, its peak and the end', async () => {
  const page = await browser.open(file, { width: 1280, scripts: false });
  await page.evaluate(OPEN_ALL);
  const stills = await page.evaluate<string>(`document.querySelector('#t0-e0-walk .stills').textContent`);
  assert.match(stills, /start, after event .*held peak, after event .*end, after event /);
});

test('ten figures on the page are those of the results', async () => {
  const page = await browser.open(file, { width: 1280 });
  const text = await page.evaluate<string>(`document.body.innerText`);
  for (const { pricings, metrics } of results.replays) {
    assert.ok(text.includes(kibibytesText(metrics['held.bytes.peak']!.value)));
    for (const pricing of pricings) {
      assert.ok(text.includes(groupedInteger(pricing.metrics['free.cycles.max']!.value)), pricing.id);
      assert.ok(text.includes(groupedInteger(pricing.metrics['alloc.cycles.max']!.value)), pricing.id);
    }
  }
});

test('printing keeps pictures with their captions, tables whole, and the numbers', async () => {
  const page: Page = await browser.open(file, { width: 1000, print: true });
  assert.is(await page.evaluate(`getComputedStyle(document.querySelector('.scroll')).overflow`), 'visible');
  assert.is(await page.evaluate(`getComputedStyle(document.querySelector('figure')).breakInside`), 'avoid');
  assert.ok(
    await page.evaluate(
      `[...document.querySelectorAll('figure details table')].every((each) => each.getBoundingClientRect().height > 0)`,
    ),
  );
});

if (program === undefined) {
  process.stdout.write('skipped: no Chromium to be had (Debian: apt-get install chromium)\n');
  suite('page in a browser').run();
} else {
  test.run();
}
