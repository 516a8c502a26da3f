import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as ts from 'typescript';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findCircle, folderGraph, importGraph } from './import-graph';

/** The rules of the house that neither the compiler nor the linter can hold. */

const root = path.join(__dirname, '..');
const codeFolders = ['harness', 'allocators', 'traces', 'reports'];
const genuineData = /^(test\/(golden|measured|recordings)|traces\/recorded)\//;
const lineLimit = 400;

// Written in pieces so that this file does not find itself.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
const machinePath = new RegExp(`/(${['work', 'root', 'home'].join('|')})/\\w`);
const registryHost = new RegExp(['registry', '(npmjs|yarnpkg|npmmirror)'].join('\\.'));

const files = projectFiles();
const sources = files.filter((file) => /\.tsx?$/.test(file) && codeFolders.includes(file.split('/')[0]!));
const texts = new Map(
  files
    .filter((file) => !genuineData.test(file))
    .map((file) => [file, fs.readFileSync(path.join(root, file))] as const)
    .filter(([, bytes]) => !bytes.includes(0))
    .map(([file, bytes]) => [file, bytes.toString('utf8')]),
);

test('TypeScript stays at a major version that has a JavaScript API, which the linter needs', () => {
  assert.ok(Number(ts.version.split('.')[0]) <= 6, `TypeScript ${ts.version}`);
  assert.type(ts.createSourceFile, 'function');
});

test(`no source file is longer than ${lineLimit} lines`, () => {
  const long = [...texts]
    .filter(([file]) => /\.(ts|tsx|js|mjs)$/.test(file))
    .filter(([, text]) => text.split('\n').length - 1 > lineLimit);
  assert.equal(names(long), []);
});

test('2^32 and the size of a page are said in one place, and for the machine where its layout is', () => {
  const said = /^(export )?const (TWO_TO_32|PAGE_BYTES) = /m;
  assert.equal(
    names(matching(said)).filter((file) => sources.includes(file)),
    ['harness/machine/memory-layout.ts', 'traces/ground/integers.ts'],
  );
});

test('nothing is left unfinished', () => {
  assert.equal(names(matching(unfinished)), []);
});

test('no file names a path of the machine it was written on', () => {
  assert.equal(names(matching(machinePath)), []);
});

test('no file names a package registry, least of all the lock file', () => {
  assert.equal(names(matching(registryHost)), []);
  assert.not.match(texts.get('package-lock.json')!, '"resolved": "http');
});

test('the direct dependencies are those the lock file holds', () => {
  const manifest = JSON.parse(texts.get('package.json')!);
  const locked = JSON.parse(texts.get('package-lock.json')!).packages[''];
  assert.equal(locked.dependencies, manifest.dependencies);
  assert.equal(locked.devDependencies, manifest.devDependencies);
});

test('every folder of code says in a README.md what lives in it', () => {
  const folders = new Set(sources.map((file) => path.posix.dirname(file)));
  assert.equal(
    [...folders].filter((folder) => !fs.existsSync(path.join(root, folder, 'README.md'))),
    [],
  );
});

test('no test is switched off or left alone on', () => {
  const tests = [...texts].filter(([file]) => /\.test\.tsx?$/.test(file));
  assert.equal(names(tests.filter(([, text]) => /^\s*\w+\.(only|skip)\(/m.test(text))), []);
});

test('the imports run in no circle, neither of files nor of folders', () => {
  const isRoot = (file: string) => file.startsWith('harness/cli/') || file === 'harness/index.ts';
  const graph = importGraph(root, sources);
  assert.is(findCircle(graph)?.join(' -> '), undefined);
  const belowRoots = new Map([...graph].filter(([file]) => !isRoot(file)));
  assert.is(findCircle(folderGraph(belowRoots))?.join(' -> '), undefined);
});

test('a circle would be found', () => {
  const of = (edges: readonly [string, readonly string[]][]) =>
    new Map(edges.map(([from, to]) => [from, new Set(to)] as const));
  assert.is(findCircle(of([['a', ['b']], ['b', ['c']]])), undefined); // prettier-ignore
  assert.equal(findCircle(of([['a', ['b']], ['b', ['c']], ['c', ['b']]])), ['b', 'c', 'b']); // prettier-ignore
  const folders = folderGraph(
    of([
      ['x/one/a.ts', ['x/two/b.ts', 'x/model.ts']],
      ['x/two/b.ts', []],
      ['x/two/c.ts', ['x/one/d.ts']],
      ['x/model.ts', []],
      ['x/read.ts', ['x/one/a.ts']],
    ]),
  );
  assert.equal(findCircle(folders), ['x/one', 'x/two', 'x/one']);
});

test.run();

/** Every file that is or would be committed; in an unpacked archive, where git knows nothing, every file. */
function projectFiles(): readonly string[] {
  const listed = spawnSync('git', ['ls-files', '--cached', '-z'], { cwd: root, encoding: 'utf8' });
  const inGit = listed.status === 0 ? listed.stdout.split('\0').filter((name) => name !== '') : [];
  const names = inGit.includes('package.json') ? inGit : walk('');
  return names.filter((name) => fs.existsSync(path.join(root, name))).sort();
}

function walk(folder: string): string[] {
  const skipped = new Set(['node_modules', 'dist', 'out', 'coverage', '.git', '.cache']);
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) {
      return [];
    }
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(name) : [name];
  });
}

function matching(pattern: RegExp): [string, string][] {
  return [...texts].filter(([, text]) => pattern.test(text));
}

function names(entries: readonly (readonly [string, string])[]): string[] {
  return entries.map(([file]) => file);
}
