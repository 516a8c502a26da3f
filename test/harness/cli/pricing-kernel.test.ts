import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, runCli } from './command';

const test = suite('cli: --pricing-kernel');

const RUN = ['run', 'synth:half-page-storm?live=100&ops=50', '-a', 'xmalloc-first-fit,xmalloc-tlsf'];
const PRICED = ['-p', 'zen4-2022,core2-2008@cold/4k,zen4-guest-2026@shared:65536'];

test('changes nothing that is written', () =>
  inFolder(async (folder) => {
    const results = async (...options: string[]): Promise<string> => {
      const out = join(folder, options.join(''));
      const { code, stderr } = await runCli(...RUN, ...PRICED, '--out', out, ...options);
      assert.is(code, 0, stderr);
      return readFileSync(join(out, 'results.json'), 'utf8').replace(/\n {2}"environment"[\s\S]*/, '');
    };
    const reference = await results('--pricing-kernel', 'ts');
    assert.ok(reference.length > 1000);
    assert.is(await results(), reference);
    assert.is(await results('--pricing-kernel', 'wasm'), reference);
  }));

test('takes three words', async () => {
  const { code, stderr } = await runCli(...RUN, '--pricing-kernel', 'fortran');
  assert.is(code, 2);
  assert.match(stderr, /pricing-kernel.*auto.*ts.*wasm/s);
});

test.run();
