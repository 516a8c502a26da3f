'use strict';
/*
 * Compiles the kernels from AssemblyScript to WebAssembly: `node .ci/build-kernel.js [NAME FILE]`. The built modules
 * are committed beside their sources: only who changes one needs the compiler. Tests build them and compare.
 */
const { execFileSync } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..');
const KERNELS = {
  pricing: {
    folder: 'harness/pricing/kernel',
    built: 'pricing-kernel.wasm',
    options: ['--enable', 'simd'],
  },
  // It has no memory of its own: it works in the engine's.
  engine: {
    folder: 'harness/foreign/kernel',
    built: 'engine-kernel.wasm',
    options: ['--importMemory', '--initialMemory', '0', '--importTable'],
  },
};

function build({ folder, options }, target) {
  const compiler = require.resolve('assemblyscript/bin/asc.js');
  const cwd = path.join(root, folder);
  const common = ['-O3', '--converge', '--runtime', 'stub', '--noAssert', '--use', 'abort='];
  const run = ['kernel.ts', ...common, ...options, '--disableWarning', '-o', path.relative(cwd, target)];
  execFileSync(process.execPath, [compiler, ...run], { cwd, stdio: 'inherit' });
}

const [name, file] = process.argv.slice(2);
if (name === undefined) {
  for (const kernel of Object.values(KERNELS)) {
    build(kernel, path.join(root, kernel.folder, kernel.built));
  }
} else {
  build(KERNELS[name], path.resolve(file));
}
