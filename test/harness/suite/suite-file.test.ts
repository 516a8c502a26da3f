import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matrixOf } from '../../../harness/suite/matrix';
import { readSuite, shippedSuites, suiteFile } from '../../../harness/suite/suite-file';
import { allEngines } from '../../../allocators/registry';
import { createRegistries } from '../../../harness/cli/names/registries';
import { recordedTraces } from '../../../traces/shipped';
import { createSuiteRegistries } from '../../../harness/cli/names/suite-registries';
import { allSynthesizers } from '../../../traces/synthesizers/registry';
import { inFolder } from '../cli/command';

const test = suite('suite file');

const registries = createSuiteRegistries(createRegistries());

const SMALL = `suite: small
groups:
  - group: one
    traces: ['synth:churn?live=5&ops=5']
    engines: [xenheap-pages]
`;

/** Writes files, reads the first as a suite and makes its matrix. */
function plan(folder: string, files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const read = readSuite(join(folder, Object.keys(files)[0]!));
  return { suite: read, cells: matrixOf(read, registries) };
}

test('a suite is traces × engines × pricings, on the machine that its group or the suite names', () =>
  inFolder(async (folder) => {
    const { suite: read, cells } = plan(folder, {
      'a.suite.yaml': `suite: a
summary: two groups
pricings: [flat]
heap-pages: 5000
limits: ['@latency=+5%', 'free.cycles.max=7']
groups:
  - group: g
    traces: ['synth:churn?live=5&ops=5', { trace: recorded:git-status, label: synthetic }]
    engines: [xenheap-pages, { engine: xmalloc-tlsf, options: { page-version: 2008 } }]
    access-budget: 1000
  - group: h
    traces: ['synth:adversary/comb?count=10']
    engines: [textbook-first-fit]
    pricings: [flat, zen4-2022@warm/2m, zen4-2022]
    heap-pages: 6000
    virtual-pages: 0
`,
    });
    assert.is(read.name, 'a');
    assert.equal(
      read.limits.map(({ value }) => value),
      ['@latency=+5%', 'free.cycles.max=7'],
    );
    assert.is(read.limits[1]!.where, `${join(folder, 'a.suite.yaml')}:5:26`);
    assert.is(cells.length, 5);
    assert.equal(
      cells.map(({ label }) => label),
      ['synthetic', 'synthetic', 'synthetic', 'synthetic', 'adversarial'],
    );
    const [, second] = cells;
    assert.equal(second!.cell.options, { 'page-version': '2008' });
    assert.is(second!.cell.heapPages, 5000);
    assert.is(second!.cell.accessBudget, 1000);
    assert.equal(second!.cell.pricings, ['flat']);
    const last = cells.at(-1)!.cell;
    assert.equal(last.pricings, ['flat', 'zen4-2022'], 'one way to write a pricing');
    assert.equal([last.heapPages, last.virtualPages, last.accessBudget], [6000, 0, undefined]);
  }));

test('a recorded trace is labelled by its origin', () =>
  inFolder(async (folder) => {
    const { cells } = plan(folder, { 'a.suite.yaml': SMALL.replace(/\['synth.*\]/, "['recorded:*']") });
    assert.ok(cells.length > 0);
    assert.ok(cells.every(({ label }) => label === 'recorded'));
    assert.equal(
      cells.map(({ trace }) => trace.header.name),
      recordedTraces().map(({ name }) => name),
    );
  }));

test('included groups and limits come first; files lie beside the suite that names them', () =>
  inFolder(async (folder) => {
    const { suite: read, cells } = plan(folder, {
      'a.suite.yaml': `include: [deep/b.suite.yaml]\nlimits: ['@latency=+2%']\n${SMALL}`,
      'deep/b.suite.yaml': `limits: ['@latency=+1%']\n${SMALL.replace(/synth[^']*/, 'own.csv')}`,
      'deep/own.csv': 'op,id,size,align\nalloc,1,10,0\n',
    });
    assert.equal(
      read.limits.map(({ value }) => value),
      ['@latency=+1%', '@latency=+2%'],
    );
    assert.equal(
      cells.map(({ cell }) => cell.trace.specification),
      [join(folder, 'deep/own.csv'), 'synth:churn?live=5&ops=5'],
    );
  }));

test('cells that differ in their pricings only are one replay', () =>
  inFolder(async (folder) => {
    const again = SMALL.replace(/[^]*groups:\n/, '').replace('one', 'two');
    const { cells } = plan(folder, {
      'a.suite.yaml': `${SMALL}    pricings: [flat]\n${again}    pricings: [core2-2008, flat]\n`,
    });
    assert.is(cells.length, 1);
    assert.equal(cells[0]!.cell.pricings, ['flat', 'core2-2008']);
  }));

/** What is wrong, the text, and what the one line says after the file's name. */
const BAD: readonly [string, string, RegExp][] = [
  ['no YAML', 'suite: [', /:1:9: .*; expected YAML/],
  ['an empty file', '', /:1:1: .*; expected/],
  ['a key twice', `suite: a\n${SMALL}`, /:2:1: .*unique/],
  ['a misspelt key', SMALL.replace('engines', 'engine'), /:5:5: unknown key "engine" in a group; did you mean "engines"/],
  ['a missing key', SMALL.replace('suite: small\n', ''), /:1:1: no "suite" in a suite/],
  ['a list that is none', SMALL.replace(/\[xen.*\]/, 'xenheap-pages'), /:5:5: engines is "xenheap-pages"; expected a list/],
  ['an empty list', SMALL.replace(/\[xen.*\]/, '[]'), /:5:5: engines .*expected a list that is not empty/],
  ['no groups', 'suite: a\n', /:1:1: no groups; expected groups, or an include/],
  ['an unknown engine', SMALL.replace('xenheap-pages', 'xenheap-page'), /:5:15: unknown engine "xenheap-page"; did you mean "xenheap-pages"/],
  ['an unknown option', SMALL.replace('xenheap-pages', '{ engine: xenheap-pages, options: { pg: 1 } }'), /:5:15: xenheap-pages: unknown option "pg"/],
  ['an unknown synthesizer', SMALL.replace('churn', 'chrun'), /:4:14: unknown synthesizer "chrun".*did you mean "churn"/],
  ['an unknown recording', SMALL.replace(/synth[^']*/, 'recorded:git-statsu'), /:4:14: .*did you mean "git-status"/],
  ['a trace that is not there', SMALL.replace(/synth[^']*/, 'nowhere.csv'), /:4:14: .*nowhere\.csv: no such file/],
  ['standard input', SMALL.replace(/synth[^']*/, '-'), /:4:14: .*standard input/],
  ['an unknown pricing', `${SMALL}    pricings: [flat, zen4-2021]\n`, /:6:22: .*zen4-2021.*did you mean "zen4-2022"/],
  ['an unknown label', `${SMALL}    label: recordd\n`, /:6:5: label is "recordd"; did you mean "recorded"/],
  ['a fraction of pages', `${SMALL}    heap-pages: 1.5\n`, /:6:5: heap-pages is 1\.5; expected a whole number/],
  ['a budget of nothing', `${SMALL}    access-budget: 0\n`, /:6:5: access-budget is 0; expected a whole number from 1/],
  ['an include that is not there', `include: [no.yaml]\n${SMALL}`, /:1:11: .*no\.yaml.*no such file/],
  ['a suite that includes itself', `include: [./a.suite.yaml]\n${SMALL}`, /:1:11: includes itself: a\.suite\.yaml → a\.suite\.yaml/],
]; // prettier-ignore

for (const [what, text, says] of BAD) {
  test(`${what} is refused with its place`, () =>
    inFolder(async (folder) => {
      assert.throws(
        () => plan(folder, { 'a.suite.yaml': text }),
        (error: Error) => {
          assert.match(error.message, `${join(folder, 'a.suite.yaml')}:`);
          assert.match(error.message.slice(join(folder, 'a.suite.yaml').length), says);
          assert.is(error.name, 'InputError');
          return true;
        },
      );
    }));
}

test('a circle of includes is refused where it closes', () =>
  inFolder(async (folder) => {
    const files = {
      'a.suite.yaml': `include: [b.suite.yaml]\n${SMALL}`,
      'b.suite.yaml': `suite: b\ninclude:\n  - a.suite.yaml\n`,
    };
    assert.throws(
      () => plan(folder, files),
      /b\.suite\.yaml:3:5: includes itself: a\.suite\.yaml → b\.suite\.yaml → a\.suite\.yaml/,
    );
  }));

test('what several suites include counts once, so that sharing does not double it at every level', () =>
  inFolder(async (folder) => {
    const levels = 25;
    const files = Object.fromEntries(
      Array.from({ length: levels }, (_, level) => [
        `${level}.suite.yaml`,
        level === levels - 1
          ? SMALL
          : `suite: s\ninclude: [${level + 1}.suite.yaml, ./${level + 1}.suite.yaml]\n`,
      ]),
    );
    assert.is(plan(folder, files).suite.groups.length, 1);
  }));

test('suites nested without end, YAML nested deeply and __proto__ are refused with their place', () =>
  inFolder(async (folder) => {
    const chain = Object.fromEntries(
      Array.from({ length: 120 }, (_, level) => [
        `${level}.suite.yaml`,
        `suite: s\ninclude: [${level + 1}.suite.yaml]\n`,
      ]),
    );
    const refusals: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
      [chain, /100\.suite\.yaml:2:11: includes within includes, 101 of them; expected at most 100/],
      [{ 'a.suite.yaml': `suite: ${'['.repeat(100_000)}` }, /a\.suite\.yaml:1:\d+: nested too deeply/],
      [{ 'a.suite.yaml': `${SMALL}__proto__: { suite: x }\n` }, /a\.suite\.yaml:6:1: the key __proto__/],
      [
        { 'a.suite.yaml': SMALL.replace('xenheap-pages', '{ engine: vmalloc, options: { __proto__: x } }') },
        /a\.suite\.yaml:5:\d+: the key __proto__/,
      ],
    ];
    for (const [files, says] of refusals) {
      assert.throws(() => plan(folder, files), says);
    }
  }));

test('an unknown name suggests a shipped suite', () => {
  assert.throws(() => suiteFile('qiuck'), /"qiuck"; did you mean "quick"/);
  assert.equal(shippedSuites(), ['nightly', 'quick']);
});

test('nightly is every engine on every recording and synthesizer under three pricings', () => {
  const cells = matrixOf(readSuite(suiteFile('nightly')), registries);
  const generators = new Set<string>();
  const recordings = new Set<string>();
  for (const { trace } of cells) {
    const { origin, name } = trace.header;
    if (origin.kind === 'synthetic') {
      generators.add(origin.generator);
    } else {
      recordings.add(name);
    }
  }
  assert.equal(
    [...generators].sort(),
    allSynthesizers()
      .map(({ name }) => name)
      .sort(),
  );
  assert.equal(
    [...recordings].sort(),
    recordedTraces().map(({ name }) => name),
  );
  const engines = new Set(cells.map(({ cell }) => cell.engine));
  assert.is(engines.size, allEngines().length);
  const traces = new Set(cells.map(({ cell }) => cell.trace.specification));
  assert.is(cells.length, engines.size * traces.size);
  assert.ok(cells.every(({ cell }) => cell.pricings.length === 3 && cell.accessBudget !== undefined));
});

test.run();
