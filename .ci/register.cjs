'use strict';
/*
 * Lets Node run the sources as they stand: `node -r ./.ci/register.cjs FILE`. Types are taken off, not checked, and
 * what comes of a file is kept until the file changes, so that a process starts in a quarter of a second where one that
 * checks them takes four; the tests start hundreds.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const kept = path.join(root, 'node_modules/.cache/alloc-replay');
const recipe = fs.readFileSync(__filename) + require('sucrase/package.json').version;

const options = {
  disableESTransforms: true,
  preserveDynamicImport: true,
  production: true,
  jsxRuntime: 'automatic',
  jsxImportSource: 'preact',
};
const transformsOf = { '.ts': ['imports', 'typescript'], '.tsx': ['imports', 'typescript', 'jsx'] };

for (const extension of Object.keys(transformsOf)) {
  require.extensions[extension] = (module, file) => module._compile(codeOf(file), file);
}

/** What Node runs of a source. */
function codeOf(file) {
  const source = fs.readFileSync(file, 'utf8');
  return file.startsWith(root + path.sep) ? keptCode(source, file) : transformed(source, file);
}

/** One entry a source, which begins with what it was made of: any number of processes may read and replace it. */
function keptCode(source, file) {
  const stamp = `//${sha256(recipe + source)}\n`;
  const entry = path.join(kept, `${sha256(file)}.js`);
  const before = readIfThere(entry);
  if (before.startsWith(stamp)) {
    return before.slice(stamp.length);
  }
  const code = transformed(source, file);
  try {
    fs.mkdirSync(kept, { recursive: true });
    fs.writeFileSync(`${entry}.${process.pid}`, stamp + code);
    fs.renameSync(`${entry}.${process.pid}`, entry);
  } catch {
    // A folder that may not be written to costs time, nothing else.
  }
  return code;
}

function transformed(source, file) {
  const { transform } = require('sucrase');
  const made = transform(source, {
    ...options,
    transforms: transformsOf[path.extname(file)],
    filePath: file,
    sourceMapOptions: { compiledFilename: file },
  });
  const map = Buffer.from(JSON.stringify(made.sourceMap)).toString('base64');
  return `${made.code}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${map}`;
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

module.exports = { codeOf, transformed };
