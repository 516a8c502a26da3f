import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';

const test = suite('cli: advise');

const ROWS = 'op,id,size,align,site,call,value\nalloc,1,12288,0,<b>x|y,alloc_xenheap_pages,\n';
const FAST = ['-p', 'flat', '--heap-pages', '512'];

async function withTrace(text: string, action: (file: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'trace.csv');
    writeFileSync(file, text);
    await action(file);
  });
}

test('a site is advised by its sizes and its need of contiguity', () =>
  withTrace(ROWS, async (file) => {
    const free = await runCli('advise', file, ...FAST);
    assert.is(free.code, 0);
    assert.match(free.stdout, 'use vmalloc (always above a page');
    const bound = await runCli('advise', file, ...FAST, '--contiguous', '<b>x|y');
    assert.match(bound.stdout, 'use xmalloc (contiguous memory');
    assert.match(bound.stdout, '4,096 fewer bytes wasted in blocks');
  }));

test('Markdown is free of the names’ markup, JSON has them', () =>
  withTrace(ROWS, async (file) => {
    const markdown = await runCli('advise', file, ...FAST, '--format', 'markdown');
    assert.not.match(markdown.stdout, '<b>');
    const json = await runCli('advise', file, ...FAST, '--format', 'json');
    const [site] = JSON.parse(json.stdout).sites;
    assert.is(site.site, '<b>x|y');
    assert.is(site.recommended, 'vmalloc');
    assert.is(site.candidates.length, 4);
  }));

test('an operation over --access-limit ends the replay of its candidate', () =>
  withTrace(ROWS, async (file) => {
    const { code, stdout } = await runCli('advise', file, ...FAST, '--access-limit', '20');
    assert.is(code, 0);
    assert.match(stdout, /^ +vmalloc .*runaway/m);
  }));

test('an empty trace gives no advice', () =>
  withTrace('op,id,size,align\n', async (file) => {
    const { code, stdout } = await runCli('advise', file, ...FAST);
    assert.is(code, 0);
    assert.match(stdout, 'allocates nothing');
  }));

test('bad input is one line and exit code 2', () =>
  withTrace(`${ROWS}alloc,2,10,0,b,,needs=contigous\n`, async (file) => {
    for (const [argv, says] of [
      [[file], /event 1: needs=contigous.*did you mean "contiguous"/],
      [[`${file}x`], /trace\.csvx/],
      [['synth:churn?live=5&ops=5', '--contiguous', 'nowhere'], /--contiguous.*nowhere/],
      [['synth:churn', '--now', 'malloc'], /now/],
      [['synth:churn', '-p', 'zen'], /zen/],
    ] as const) {
      const { code, stderr } = await runCli('advise', ...argv, '--heap-pages', '512');
      assert.is(code, 2, stderr);
      assert.match(stderr, says);
      assert.is(stderr.trimEnd().split('\n').length, 1);
    }
  }));

test.run();
