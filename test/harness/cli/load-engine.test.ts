import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { isEngineModule, loadEngine } from '../../../harness/cli/names/load-engine';
import { createRegistries } from '../../../harness/cli/names/registries';
import { HeapCorruption } from '../../../harness/machine/failures';
import { UsageError } from '../../../traces/input-error';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bring-your-own-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/** The text of a definition as an object literal; `changes` replaces whole fields. */
function literal(changes: Readonly<Record<string, string>> = {}): string {
  const fields: Record<string, string> = {
    name: "'mine'",
    version: '1',
    summary: "'mine'",
    lineage: "'mine'",
    constants: '{ headerBytes: 0, granuleBytes: 16, blockBytesMin: 16, requestBytesMax: undefined }',
    options: '{}',
    capabilities: '[]',
    bounds: '[]',
    quirks: '[]',
    placementsForm: "'xen'",
    create: '() => ({})',
    ...changes,
  };
  const written = Object.entries(fields).map(([field, text]) => `${field}: ${text}`);
  return `{ ${written.join(', ')} }`;
}

function write(file: string, text: string): string {
  const full = path.join(folder, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
  return full;
}

function inFolder<T>(action: () => T): T {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return action();
  } finally {
    process.chdir(before);
  }
}

function refused(name: string, message: RegExp): void {
  assert.throws(
    () => loadEngine(name),
    (error: unknown) => {
      assert.instance(error, UsageError);
      assert.match((error as UsageError).message, message);
      assert.not.match((error as UsageError).message, /\n/);
      return true;
    },
  );
}

const loading = suite('an engine of the user’s own');

const FORMS: (readonly [file: string, text: string])[] = [
  [
    'named.ts',
    `import type { EngineDefinition } from 'alloc-replay';\nexport const engine: EngineDefinition = ${literal()};`,
  ],
  ['default.ts', `const mine = ${literal()};\nexport default mine;`],
  ['exports.js', `exports.engine = ${literal()};`],
  ['module.js', `module.exports = ${literal()};`],
  ['module.cjs', `module.exports = { engine: ${literal()} };`],
  ['module.mjs', `export default ${literal()};`],
  ['folder/index.js', `exports.engine = ${literal()};`],
];

// What types alone cannot be taken off from: a stripper that only erases would refuse them.
FORMS.push(
  ['enumerated.ts', `enum Word { mine = 'mine' }\nexport const engine = ${literal({ name: 'Word.mine' })};`],
  [
    'parts/typed.ts',
    `import { NAME } from './typed-name';\nimport type { Trace } from 'alloc-replay';
     export const engine = ${literal({ name: '(NAME satisfies string) as string' })};`,
  ],
  ['typed.mts', `export const engine = ${literal()};`],
  ['typed.cts', `export = { engine: ${literal()} };`],
);
write('parts/typed-name.ts', `const NAME: string = 'mine';\nexport { NAME };`);

for (const [file, text] of FORMS) {
  loading(`is loaded from ${file}`, () => {
    const name = write(file, text);
    assert.ok(isEngineModule(name));
    assert.is(loadEngine(name).name, 'mine');
  });
}

loading('is sought from the working directory', () => {
  write('near.js', `exports.engine = ${literal()};`);
  write('node_modules/packed-engine/index.js', `exports.engine = ${literal({ name: "'packed'" })};`);
  write('node_modules/@scope/engine/index.js', `exports.engine = ${literal({ name: "'scoped'" })};`);
  inFolder(() => {
    assert.ok(isEngineModule('./near'));
    assert.is(loadEngine('./near').name, 'mine');
    assert.is(loadEngine('near.js').name, 'mine');
    assert.is(loadEngine('folder/index.js').name, 'mine');
    assert.ok(isEngineModule('packed-engine'));
    assert.is(loadEngine('packed-engine').name, 'packed');
    assert.is(loadEngine('@scope/engine').name, 'scoped');
  });
});

loading('imports alloc-replay, which is this program, without its being installed', () => {
  const name = write(
    'corrupt.js',
    `const { HeapCorruption, HEAP_BASE } = require('alloc-replay');
     exports.engine = ${literal({ create: '() => { throw new HeapCorruption(HEAP_BASE, "mine"); }' })};`,
  );
  const engine = loadEngine(name);
  assert.throws(
    () => engine.create(undefined as never, {}, () => engine),
    (error: unknown) => error instanceof HeapCorruption,
  );
});

loading('may import its own files', () => {
  write('parts/constants.js', 'exports.NAME = "in-parts";');
  const name = write(
    'parts/engine.js',
    `const { NAME } = require('./constants');\nexports.engine = ${literal({ name: 'NAME' })};`,
  );
  assert.is(loadEngine(name).name, 'in-parts');
});

loading('leaves the way modules are found as it was', () => {
  refused(write('broken.js', 'throw new Error("no");'), /cannot be loaded: no$/);
  assert.throws(() => createRequire(path.join(folder, 'x')).resolve('alloc-replay'), /Cannot find module/);
});

loading('is found by its own name afterwards, as options that named it by its path need', () => {
  const registries = createRegistries();
  const engine = registries.engineNamed(write('by-name.js', `exports.engine = ${literal()};`));
  assert.is(registries.engineNamed('mine'), engine);
  assert.throws(() => createRegistries().engineNamed('mine'), /unknown engine "mine"/);
});

loading('names other modules through its options alone', () => {
  const other = write('other.js', `exports.engine = ${literal({ name: "'other'" })};`);
  const create = `(machine, options, named) => named(options.beneath ?? ${JSON.stringify(other)}).create(machine, {}, named)`;
  const registries = createRegistries();
  const engine = registries.engineNamed(write('above.js', `exports.engine = ${literal({ create })};`));
  const named = (name: string) => registries.engineNamed(name);
  assert.throws(
    () => engine.create(undefined as never, {}, named),
    /mine: it names the engine .*other\.js itself; expected an engine of the registry, or an option/,
  );
  assert.throws(
    () => engine.create(undefined as never, { beneath: 'xmalloc-tlsf' }, named),
    (error: Error) => error.name === 'EscapedException' && !/names the engine/.test(error.message),
  );
  assert.not.throws(() => engine.create(undefined as never, { beneath: other }, named), /names the engine/);
});

loading('is not taken for one of the registry, nor the other way round', () => {
  for (const name of ['xmalloc-tlsf', 'textbook-first-fit', 'no-such-thing', 'fs', 'node:fs']) {
    assert.not.ok(isEngineModule(name), name);
  }
  for (const name of ['./x', '../x.js', '/x', 'x.ts', 'folder/x.mjs', '.']) {
    assert.ok(isEngineModule(name), name);
  }
});

loading('sees neither chance nor the hour while it is loaded, and both come back', () => {
  const text = `const seed = Math.floor(Math.random() * 1e6) + Date.now() + Math.floor(performance.now());
    exports.engine = ${literal({ version: 'seed + 1' })};`;
  const versions = ['seeded-1.js', 'seeded-2.js'].map((file) => loadEngine(write(file, text)).version);
  assert.is(versions[0], versions[1]);
  assert.ok(Date.now() > 1e12);
  assert.is.not(Math.random(), Math.random());
  assert.throws(() => loadEngine(write('throwing.js', 'throw new Error(String(Math.random()));')));
  assert.ok(Date.now() > 1e12);
});

loading.run();

const refusing = suite('what is no engine');

refusing('is refused where there is no file or package', () => {
  refused('./nowhere.js', /^no file ".\/nowhere.js"; expected a module that exports an engine$/);
  refused(path.join(folder, 'nowhere.ts'), /^no file/);
  refused('no-such-package', /^no package "no-such-package"; expected one that is installed here$/);
});

refusing('is refused where the module does not load', () => {
  refused(write('syntax.js', '\n\nconst = 1;'), /syntax.js:3: cannot be loaded: Unexpected token '='/);
  refused(
    write('missing.js', "require('./not-there');"),
    /cannot be loaded: Cannot find module '.\/not-there'/,
  );
  refused(write('thrown.js', "throw 'text';"), /cannot be loaded: text$/);
  refused(
    write('syntax.ts', '\nexport const engine = {'),
    /syntax.ts:2:\d+: cannot be loaded: Unexpected token, expected ","$/,
  );
});

refusing('is refused where nothing is exported', () => {
  for (const [index, text] of [
    '',
    'exports.other = 1;',
    'module.exports = 7;',
    'module.exports = null;',
  ].entries()) {
    const name = write(`nothing-${index}.js`, text);
    refused(
      name,
      index === 1
        ? /expected/
        : /exports no engine; expected a definition exported as "engine" or by default$/,
    );
  }
});

const BAD_FIELDS: readonly (readonly [changes: Record<string, string>, message: RegExp])[] = [
  [{ name: "'My Engine'" }, /: name: "My Engine"; expected lowercase letters, digits and hyphens/],
  [{ name: 'undefined' }, /: name: nothing; expected lowercase letters/],
  [{ version: '0' }, /: version: 0; expected a version number from 1$/],
  [{ version: '1.5' }, /: version: 1.5; expected an integer$/],
  [{ summary: "''" }, /: summary: ""; expected a text that is not empty$/],
  [{ constants: '7' }, /: constants: 7; expected headerBytes, granuleBytes, /],
  [
    { constants: '{ headerBytes: -1, granuleBytes: 16, blockBytesMin: 16 }' },
    /: constants.headerBytes: -1; expected a whole/,
  ],
  [
    { constants: '{ headerBytes: 0, granuleBytes: 24, blockBytesMin: 16 }' },
    /: constants.granuleBytes: 24; expected a power of two$/,
  ],
  [
    { options: '{ x: { kind: "float" } }' },
    /: options.x(.kind)?: .*expected an option of kind integer, choice or engine$/,
  ],
  [
    { options: '{ x: { kind: "integer", summary: "x", smallest: 1, largest: 2, byDefault: 3 } }' },
    /: options.x.byDefault: 3; expected 1 to 2$/,
  ],
  [
    { options: '{ x: { kind: "choice", summary: "x", choices: ["a"], byDefault: "b" } }' },
    /: options.x.byDefault: "b"; expected one of a$/,
  ],
  [{ capabilities: '["fly"]' }, /: capabilities.0: "fly"; expected one of reallocate, /],
  [{ bounds: '[{ verb: "fly" }]' }, /: bounds.0.verb: "fly"; expected alloc, free or realloc$/],
  [{ quirks: '[{ name: "odd" }]' }, /: quirks.0.summary: nothing; expected name, summary and source$/],
  [
    { quirks: '["a", "a"].map((name) => ({ name, summary: "s", source: "s" }))' },
    /: quirks: "a" twice; expected names of their own$/,
  ],
  [{ placementsForm: "'csv'" }, /: placementsForm: "csv"; expected one of xen, /],
  [{ create: '7' }, /: create: 7; expected a function$/],
  [
    { name: "'vmalloc'" },
    /: name: "vmalloc", which is taken; expected a name that no engine of the registry has$/,
  ],
];

for (const [index, [changes, message]] of BAD_FIELDS.entries()) {
  const [[field, text]] = Object.entries(changes) as [[string, string]];
  refusing(`is refused with ${field} ${text}`, () => {
    refused(write(`bad-${index}.js`, `exports.engine = ${literal(changes)};`), message);
  });
}

refusing.run();
