'use strict';
/*
 * Compiles the pricing kernel from AssemblyScript to WebAssembly: `node .ci/build-kernel.js [FILE]`. The built module
 * is committed beside its source: only who changes it needs the compiler. A test builds it and compares.
 */
const { execFileSync } = require('node:child_process');
const path = require('node:path');

const root = path.join(__dirname, '..');
const folder = path.join(root, 'harness/pricing/kernel');
const target = path.resolve(process.argv[2] ?? path.join(folder, 'pricing-kernel.wasm'));

const options = [
  '-O3',
  '--converge',
  '--enable',
  'simd',
  '--runtime',
  'stub',
  '--noAssert',
  '--use',
  'abort=',
];
const compiler = require.resolve('assemblyscript/bin/asc.js');
const run = ['kernel.ts', ...options, '--disableWarning', '-o', path.relative(folder, target)];
execFileSync(process.execPath, [compiler, ...run], { cwd: folder, stdio: 'inherit' });
