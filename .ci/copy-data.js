'use strict';
/*
 * The half of the build that tsc does not do: copies the data files that the code reads at run time (profiles, suites,
 * recordings, WebAssembly engines) into dist/, at the same relative paths, so that compiled and uncompiled code find
 * them alike beside their own module.
 */
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const codeFolders = ['harness', 'allocators', 'traces', 'reports'];
const codeExtensions = new Set(['.ts', '.tsx', '.map', '.md']);

let copied = 0;
for (const folder of codeFolders) {
  const from = path.join(root, folder);
  if (!fs.existsSync(from)) continue;
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    const isCode = codeExtensions.has(path.extname(entry.name));
    if (!entry.isFile() || isCode || entry.name.startsWith('.')) continue;
    const source = path.join(entry.parentPath, entry.name);
    const target = path.join(root, 'dist', path.relative(root, source));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(source, target);
    copied += 1;
  }
}
process.stdout.write(`copied ${copied} data files into dist/\n`);
