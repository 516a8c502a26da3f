'use strict';
/*
 * The half of the build that tsc does not do: `node .ci/finish-build.js FOLDER`, the folder tsc wrote to.
 *
 * Copies the data files that the code reads at run time (profiles, suites, recordings, WebAssembly engines), at the
 * same relative paths, so that compiled and uncompiled code find them alike beside their own module.
 *
 * Says profiles in JSON beside their YAML: Node reads that by itself, where a reader of YAML takes 70 modules.
 *
 * Makes constants constant. tsc announces what a module exports with `exports.a = exports.b = void 0` before it
 * assigns it. V8 takes a property that is assigned twice for a variable and loads it at every use; assigned once, it
 * is folded into the code that uses it (a replay of TLSF without prices takes 8 % less time).
 *
 * Lets modules wait until they are needed. A command of the program reads a fifth of what it imports: libraries of
 * reports, compilers of engines, formats of traces. So packages, modules of Node's and data are read at their first
 * use, and in folders that do nothing in a loop over events all modules are. What is used at once is read at once, as
 * before.
 *
 * Takes away what has no source any more, for tsc writes only what has changed since it wrote last.
 */
const fs = require('node:fs');
const path = require('node:path');
const { parse } = require('yaml');

const root = path.join(__dirname, '..');
const built = path.resolve(process.argv[2]);
const codeFolders = ['harness', 'allocators', 'traces', 'reports'];
/** Dot files, and the launcher, which stands beside the build rather than in it. */
const notBuilt = /^\.|^alloc-replay\.js$/;
const profiles = path.join('harness', 'pricing', 'profiles');
const codeExtensions = new Set(['.ts', '.tsx', '.map', '.md']);
/**
 * Where no use of an import is so frequent that looking whether it was read already would be noticed. Registries read
 * what they list when it is asked for.
 */
const coldFolders =
  /^(?:harness\/(?:cli|compare|results|studies|suite|foreign\/build)|reports)\/|^traces\/open|\/registry\.js$/;
const anImport = /^const (\w+_\d+) = (require\("([^"]+)"\)|__importDefault\(require\("([^"]+)"\)\));$/gm;
/**
 * `import * as fs`: copied by name, `fs` would read all that it keeps for who asks for it: streams, promises. A name
 * that tsc has made stands for an import that may use its default.
 */
const aModuleOfNodes = /^(const (?!\w+_\d+ )\w+ = )__importStar\((require\("node:[^"]+"\))\);$/gm;
const announcement = /^(?:exports\.[\w$]+ = )+void 0;$/gm;

/** @returns {fs.Dirent[]} the files below `folder` */
function filesBelow(folder) {
  if (!fs.existsSync(folder)) {
    return [];
  }
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
}

/** @param {string} file below the folder that was built */
function hasSource(file) {
  const bare = file.replace(/(\.d\.ts|\.js|\.js\.map|\.json)$/, '');
  return [file, `${bare}.ts`, `${bare}.tsx`, `${bare}.yaml`].some((each) =>
    fs.existsSync(path.join(root, each)),
  );
}

/**
 * @param {string} code that tsc wrote
 * @param {string} file below the folder that was built
 */
function withWaitingImports(code, file) {
  let waiting = code;
  for (const [line, name, reading, plain, byDefault] of code.matchAll(anImport)) {
    const wanted = plain ?? byDefault;
    const isOwn = wanted.startsWith('.');
    if (isOwn && !wanted.endsWith('.json') && !coldFolders.test(file)) {
      continue;
    }
    const [before, after] = waiting.split(line);
    waiting = `${before}let ${name};${after.replace(new RegExp(`\\b${name}\\b`, 'g'), `(${name} ??= ${reading})`)}`;
  }
  return waiting;
}

let copied = 0;
let folded = 0;
let removed = 0;
for (const folder of codeFolders) {
  for (const entry of filesBelow(path.join(root, folder))) {
    if (codeExtensions.has(path.extname(entry.name)) || notBuilt.test(entry.name)) {
      continue;
    }
    const source = path.join(entry.parentPath, entry.name);
    const target = path.join(built, path.relative(root, source));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(source, target);
    copied += 1;
    if (entry.parentPath.endsWith(profiles)) {
      fs.writeFileSync(
        target.replace(/\.yaml$/, '.json'),
        JSON.stringify(parse(fs.readFileSync(source, 'utf8'))),
      );
    }
  }
  for (const entry of filesBelow(path.join(built, folder))) {
    const file = path.join(entry.parentPath, entry.name);
    if (!hasSource(path.relative(built, file))) {
      fs.rmSync(file);
      removed += 1;
      continue;
    }
    if (path.extname(entry.name) !== '.js') {
      continue;
    }
    const code = fs.readFileSync(file, 'utf8');
    // The line stays, empty: the source map counts lines.
    const constant = withWaitingImports(
      code.replace(announcement, '').replace(aModuleOfNodes, '$1$2;'),
      path.relative(built, file),
    );
    if (constant === code) {
      continue;
    }
    fs.writeFileSync(file, constant);
    folded += 1;
  }
}
process.stdout.write(
  `copied ${copied} data files, made the exports of ${folded} modules constant, removed ${removed} without a source\n`,
);
