import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openLaboratory } from '../../../harness/cli/names/laboratory';
import * as compiledHierarchy from '../../../harness/pricing/compiled-hierarchy';
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

/** Runs `action` as on a host without WebAssembly: who asks for it is refused. */
async function withoutWebAssembly(action: () => Promise<void>): Promise<void> {
  const compiled = compiledHierarchy as { kernelModule: unknown };
  const { kernelModule } = compiled;
  compiled.kernelModule = undefined;
  try {
    await action();
  } finally {
    compiled.kernelModule = kernelModule;
  }
}

test('reaches reproduce --all', () =>
  withoutWebAssembly(async () => {
    const { code, stderr } = await runCli('reproduce', '--all', '--pricing-kernel', 'wasm');
    assert.is(code, 2, stderr);
    assert.match(stderr, /--pricing-kernel: wasm: this host has no WebAssembly/);
  }));

test('reaches everything that a laboratory prices', () =>
  withoutWebAssembly(async () => {
    const specification = 'synth:churn?live=5&ops=5';
    const engine = 'textbook-first-fit';
    const laboratory = openLaboratory({ pricingKernel: 'wasm' });
    const isRefused = (error: Error): void => assert.match(error.message, 'this host has no WebAssembly');
    const measured = laboratory.measure({ trace: { specification }, engine });
    await measured.then(() => assert.unreachable(), isRefused);
    await laboratory.watch({ trace: specification, engine }).then(() => assert.unreachable(), isRefused);
    const elsewhere = openLaboratory({ pricingKernel: 'ts' });
    assert.is((await elsewhere.watch({ trace: specification, engine })).outcome.kind, 'ok');
  }));

test.run();
