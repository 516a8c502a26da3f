import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Results } from '../../harness/results/results';
import type { JudgedDocument } from '../../harness/studies/claims/ledger';
import { VERDICTS } from '../../harness/studies/claims/claim';
import { rfc2008 } from '../../harness/studies/claims/rfc-2008';
import { groupedInteger } from '../../harness/text/numbers';
import { ledgerHtml } from '../../reports/html/ledger';
import { runCli } from '../harness/cli/command';
import { Browser, browserProgram, inaccessible, OPEN_ALL } from './browser';

/** The pages beside the report, in a browser where there is one: comparison, trend, explanations, the ledger. */
const test = suite('other pages in a browser');

const TRACE = 'synth:half-page-storm?live=100&ops=100';
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alloc-replay-pages-'));
const inFolder = (name: string) => path.join(folder, name);
const program = browserProgram();
const PAGES = ['compare', 'trend', 'explain', 'profile', 'ledger'].map((name) => inFolder(`${name}.html`));
let browser: Browser;

async function made(code: number, ...words: string[]): Promise<void> {
  const run = await runCli(...words);
  assert.is(run.code, code, `${words.join(' ')}: ${run.stderr}`);
}

/** The claims of a document with each verdict in turn. */
function exampleLedger(): JudgedDocument[] {
  const judgements = Array.from({ length: 12 }, (_, index) => ({
    claim: {
      id: `rfc-2008/a-claim-with-a-rather-long-name-that-says-what-it-is-about-${index}`,
      statement: 'First-fit xmalloc: "maximum calltime is essentially unbounded".',
      source: 'RFC',
      date: '2008-10',
      experiment: 'Storms on xmalloc-first-fit and xmalloc-tlsf-2008 (`reproduce xfree-latency`).',
      expected: 'The instructions of the longest xfree double with the live objects.',
    },
    verdict: VERDICTS[index % VERDICTS.length]!,
    because: 'python-json 61.15 % / 51.67 % / 7.87 %; git-status 95.24 % / 25.97 % / 1.88 %',
  }));
  return [{ document: rfc2008, judgements }];
}

test.before(async () => {
  for (const engine of ['xmalloc-first-fit', 'xmalloc-tlsf']) {
    const history = ['--append', inFolder('history.csv'), '--label', 'nightly'];
    await made(0, 'run', TRACE, '-a', engine, '--out', inFolder(engine), ...history);
  }
  const html = (name: string) => ['--format', 'html', '--out', inFolder(`${name}.html`)];
  await made(3, 'compare', '--engines', 'xmalloc-tlsf', 'xmalloc-first-fit', TRACE, ...html('compare'));
  await made(0, 'trend', inFolder('history.csv'), ...html('trend'));
  const engine = ['-a', path.join(__dirname, '../../allocators/c/first-fit.engine.yaml')];
  await made(0, 'explain', TRACE, ...engine, '--against', 'none', ...html('explain'));
  await made(0, 'explain', TRACE, ...engine, '--all', ...html('profile'));
  fs.writeFileSync(inFolder('ledger.html'), ledgerHtml(exampleLedger()));
  browser = Browser.launch(program!);
});

test.after(async () => {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
});

for (const file of PAGES) {
  const name = path.basename(file);
  test(`${name}: nothing overflows, complains or loads, at both widths, in both colours, with scripts and without`, async () => {
    for (const width of [1280, 390]) {
      for (const [dark, scripts] of [
        [false, true],
        [true, true],
        [false, false],
        [true, false],
      ] as const) {
        // prettier-ignore
        const page = await browser.open(file, { width, dark, scripts });
        await page.evaluate(OPEN_ALL);
        await page.settle();
        const where = `${width} px, dark ${dark}, scripts ${scripts}`;
        assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= width, where);
        assert.equal(page.complaints, [], where);
        assert.equal(page.requests.filter((url) => !url.startsWith('data:')), [`file://${file}`], where); // prettier-ignore
      }
    }
  });

  test(`${name}: axe-core finds nothing`, async () => {
    assert.equal(await inaccessible(browser, file), []);
  });
}

test('the figures of the comparison and of the explanation are those of the results', async () => {
  const read = (engine: string) =>
    JSON.parse(fs.readFileSync(path.join(inFolder(engine), 'results.json'), 'utf8')) as Results;
  const page = await browser.open(inFolder('compare.html'), { width: 1280 });
  const text = await page.evaluate<string>('document.body.textContent');
  for (const engine of ['xmalloc-first-fit', 'xmalloc-tlsf']) {
    const [pricing] = read(engine).replays[0]!.pricings;
    for (const name of ['max', 'p99.9', 'p99', 'p90', 'p50']) {
      const value = pricing!.metrics[`free.cycles.${name}` as 'free.cycles.max']!.value;
      assert.ok(text.includes(groupedInteger(value)), `${engine} ${name} ${value}`);
    }
  }
});

test('the filter of the ledger leaves the claims with its words', async () => {
  const page = await browser.open(inFolder('ledger.html'), { width: 390 });
  await page.settle();
  const shown = `[...document.querySelectorAll('article')].filter((each) => each.offsetHeight > 0).length`;
  assert.is(await page.evaluate(shown), 12);
  await page.evaluate(`{
    const field = document.querySelector('.filter input');
    field.value = 'refuted';
    field.dispatchEvent(new Event('input'));
  }`);
  assert.is(await page.evaluate(shown), 3);
});

if (program === undefined) {
  process.stdout.write('skipped: no Chromium to be had (Debian: apt-get install chromium)\n');
  suite('other pages in a browser').run();
} else {
  test.run();
}
