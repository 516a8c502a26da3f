import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allEngines } from '../../../allocators/registry';
import { createRegistries } from '../../../harness/cli/names/registries';
import { createSuiteRegistries } from '../../../harness/cli/names/suite-registries';
import { CellKeys } from '../../../harness/suite/cell-key';
import { ImportClosure } from '../../../harness/suite/import-closure';
import { matrixOf, type PlannedCell } from '../../../harness/suite/matrix';
import { readSuite } from '../../../harness/suite/suite-file';
import { inFolder } from '../cli/command';
import { writeEngine } from '../cli/suite-runs';

const test = suite('suite: keys');

const ROOT = join(__dirname, '../../..');

function planned(folder: string, cell: { traces: string; engines: string; more?: string }): PlannedCell {
  const file = join(folder, 'a.suite.yaml');
  writeFileSync(
    file,
    `suite: a\ngroups:\n  - group: g\n    traces: [${cell.traces}]\n    engines: [${cell.engines}]\n${cell.more ?? ''}`,
  );
  return matrixOf(readSuite(file), createSuiteRegistries(createRegistries()))[0]!;
}

const keyOf = (cell: PlannedCell): string =>
  new CellKeys(createSuiteRegistries(createRegistries()), '1').keyOf(cell);

test('whatever a result follows from changes its key, and nothing else does', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'elsewhere'));
    const trace = (name: string, text: string) => writeFileSync(join(folder, name), text);
    trace('a.csv', 'op,id,size,align\nalloc,1,10,0\n');
    trace('b.csv', 'op,id,size,align\nalloc,1,10,0\n');
    trace('elsewhere/a.csv', 'op,id,size,align\nalloc,1,10,0\n');
    const own = writeEngine(folder, 'own', '');
    const base = { traces: 'a.csv', engines: 'xmalloc-tlsf' };
    const key = (change: Partial<typeof base> & { more?: string } = {}) =>
      keyOf(planned(folder, { ...base, ...change }));
    const keys = [
      key(),
      key({ traces: 'b.csv' }),
      key({ traces: '{ trace: a.csv, format: csv }' }),
      key({ traces: "'synth:churn?live=5'" }),
      key({ traces: "'synth:churn?live=5&seed=2'" }),
      key({ engines: 'xmalloc-tlsf-2008' }),
      key({ engines: '{ engine: xmalloc-tlsf, options: { page-version: head } }' }),
      key({ engines: own }),
      key({ more: '    pricings: [flat]\n' }),
      key({ more: '    pricings: [zen4-2022@cold]\n' }),
      key({ more: '    pricings: [zen4-2022, flat]\n' }),
      key({ more: '    heap-pages: 77\n' }),
      key({ more: '    access-budget: 77\n' }),
      key({ more: '    realloc: verb\n' }),
      key({ more: '    verify-payload: true\n' }),
    ];
    assert.is(new Set(keys).size, keys.length);
    assert.is(
      key({ traces: 'elsewhere/a.csv' }),
      keys[0],
      'a file is its name and contents, wherever it lies',
    );
    assert.is(key({ more: '    label: adversarial\n    pricings: [zen4-2022@warm/2m]\n' }), keys[0]);
    const withDefault = '{ engine: xmalloc-tlsf, options: { page-version: 2008 } }';
    assert.is(key({ engines: withDefault }), keys[0], 'a default, written down');
    trace('a.csv', 'op,id,size,align\nalloc,1,11,0\n');
    assert.is.not(key(), keys[0], 'the contents of the trace');
    writeEngine(folder, 'own', ';');
    assert.is.not(key({ engines: own }), keys[7], 'the code of the engine');
  }));

test('an engine that may read what no key holds is not kept, and one that imports is', () =>
  inFolder(async (folder) => {
    const packaged = (name: string, code: string) => {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{}');
      writeFileSync(join(folder, 'node_modules', name, 'index.js'), code);
    };
    packaged('plain', 'exports.x = 1;');
    packaged('reading', "require('fs');");
    writeFileSync(join(folder, 'reads.js'), "require('fs');");
    const keys = new CellKeys(createSuiteRegistries(createRegistries()), '1');
    let count = 0;
    const why = (before: string) => {
      const own = writeEngine(folder, `own${++count}`, before);
      return keys.unknowableOf(planned(folder, { traces: "'synth:churn?live=5'", engines: own }));
    };
    for (const before of [
      '',
      "require('node:path'); require('plain');",
      "// this could process a Date, or require('fs')\n/* eval('x') */",
    ]) {
      assert.is(why(before), undefined, before);
    }
    for (const [before, says] of [
      ["require('fs').readFileSync('x');", 'what fs gives it'],
      ["require('node:child_process');", 'what node:child_process gives it'],
      ["require('node:crypto');", 'what node:crypto gives it'],
      ["require('./' + size);", 'modules whose names are computed'],
      ['const r = require;', 'modules whose names are computed'],
      ["module.constructor._load('f' + 's');", 'modules whose names are computed'],
      ["const a = 'http://'; r = require;", 'modules whose names are computed'],
      ['void import(`./${size}`);', 'modules whose names are computed'],
      ["eval('1');", 'code made of texts'],
      ["[].constructor.constructor('return 1')();", 'code made of texts'],
      ['size += process.pid;', 'what the process is told'],
      ['size += Date.now();', 'the clock, chance or the network'],
      ["require('#inner');", '#inner, which is not found'],
    ]) {
      const found = why(before!);
      assert.is(found, `own${count}.js may read ${says}`);
    }
    assert.is(why("require('./reads');"), 'reads.js may read what fs gives it');
    assert.is(why("require('reading');"), 'reading may read what fs gives it');
    const registered = planned(folder, { traces: "'synth:churn?live=5'", engines: 'xmalloc-tlsf' });
    assert.is(keys.unknowableOf(registered), undefined);
  }));

test('the code of an engine reaches what it stands on, and nothing beside it', () => {
  const { engineFiles } = createSuiteRegistries(createRegistries());
  const closure = new ImportClosure();
  const files = (name: string) =>
    closure.filesOf(engineFiles(name)).map((file) => relative(ROOT, file).replaceAll('\\', '/'));
  const reaching = (file: string) =>
    allEngines()
      .map(({ name }) => name)
      .filter((name) => files(name).includes(file));
  const overPages = reaching('allocators/xen/page-allocator.ts');
  for (const name of ['xenheap-pages', 'xmalloc-first-fit', 'xmalloc-tlsf', 'vmalloc']) {
    assert.ok(overPages.includes(name), name);
  }
  for (const name of ['plan9-pool', 'textbook-first-fit', 'textbook-best-fit']) {
    assert.not(overPages.includes(name), name);
  }
  assert.equal(reaching('allocators/plan9/pool.ts'), ['plan9-pool']);
  assert.ok(
    files('xmalloc-tlsf').every(
      (file) => !file.startsWith('harness/cli') && !file.startsWith('traces/synth'),
    ),
  );
});

test('imports of every form are followed, types are not', () =>
  inFolder(async (folder) => {
    const write = (name: string, text: string) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    };
    write(
      'a.ts',
      `import { x,\n  y } from './b';\nimport type { T } from './type';\nimport './bare';\nexport * from "./star";
       export type { U } from './type';\nconst c = require('./c.js');\nvoid import('./lazy');\nimport fs from 'node:fs';
       import { z } from 'some';\nimport w from '@scope/other/deep';\nimport{m}from'./minified';\n// import './not'\nimport { missing } from './missing';\n`,
    );
    for (const name of [
      'b.ts',
      'type.ts',
      'bare.ts',
      'star/index.ts',
      'c.js',
      'lazy.ts',
      'minified.ts',
      'not.ts',
    ]) {
      write(name, '');
    }
    write('b.ts', "import './a';\n");
    write('node_modules/some/package.json', '{ "name": "some", "version": "1.0.0" }');
    write('node_modules/@scope/other/package.json', '{ "name": "@scope/other", "version": "1.0.0" }');
    const entry = join(folder, 'a.ts');
    assert.equal(
      new ImportClosure().filesOf([entry]).map((file) => relative(folder, file)),
      [
        'a.ts',
        'b.ts',
        'bare.ts',
        'c.js',
        'lazy.ts',
        'minified.ts',
        'node_modules/@scope/other',
        'node_modules/some',
        'star/index.ts',
      ],
    );
    const hash = () => new ImportClosure().sha256Of([entry]);
    const before = hash();
    write('type.ts', 'export type T = 1;');
    assert.is(hash(), before);
    write('lazy.ts', '1;');
    const edited = hash();
    assert.is.not(edited, before);
    write('node_modules/some/lib/edited-in-place.js', '1;');
    const inPlace = hash();
    assert.is.not(inPlace, edited);
    write('node_modules/some/package.json', '{ "dependencies": { "deep": "1" } }');
    const depending = hash();
    assert.is.not(depending, inPlace);
    write('node_modules/deep/package.json', '{}');
    write('node_modules/deep/index.js', '1;');
    assert.is.not(hash(), depending);
  }));

test.run();
