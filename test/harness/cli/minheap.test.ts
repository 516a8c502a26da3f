import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCli } from './command';

const test = suite('cli: minheap');

const TRACE = 'synth:churn?live=20&ops=60';

test('every engine has its row, with the heap that it needs and the lower bound', async () => {
  const { code, stdout } = await runCli('minheap', TRACE, '-a', 'textbook-first-fit,textbook-best-fit');
  assert.is(code, 0);
  assert.match(stdout, /^engine +smallest heap +pages +times the lower bound +remark\n/);
  assert.match(stdout, /^textbook-first-fit +\d+ KiB +\d+ +\d\.\d{3} +[\d,]+ bytes live at most, \d+ pages/m);
  assert.match(stdout, /^textbook-best-fit /m);
});

test('no heap larger than --heap-pages is tried', async () => {
  const { code, stdout } = await runCli('minheap', TRACE, '-a', 'textbook-first-fit', '--heap-pages', '2');
  assert.is(code, 0);
  assert.match(stdout, /^textbook-first-fit +none +\d+ allocations fail on 2 pages too/m);
});

test('an operation over --access-limit fails the command', async () => {
  const { code, stdout } = await runCli('minheap', TRACE, '-a', 'xmalloc-tlsf', '--access-limit', '20');
  assert.match(stdout, /^xmalloc-tlsf +n\/a +operation passed its limit of 20 memory accesses/m);
  assert.is(code, 1);
});

test('an engine without a verb that the trace needs is n/a, which fails nothing', async () => {
  const { code, stdout } = await runCli('minheap', 'policy:violator-1-domid-to-name', '-a', 'xmalloc-tlsf');
  assert.match(stdout, /^xmalloc-tlsf +n\/a /m);
  assert.is(code, 0);
});

test.run();
