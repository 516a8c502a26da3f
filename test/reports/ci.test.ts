import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { goBenchmarkFormat } from '../../reports/ci/benchfmt';
import { bencherMetricFormat } from '../../reports/ci/bmf';
import { githubActionBenchmark } from '../../reports/ci/github-action-benchmark';
import { junitOfResults } from '../../reports/ci/junit';
import { EMITTERS } from '../../reports/ci/registry';
import type { Results } from '../../harness/results/results';
import { exampleResults, HOSTILE, measured, renamed, resultsOf } from './example-results';

const test = suite('formats for CI');

/** Two engines with different answers on one trace, one of them priced twice, both with names that end in digits. */
async function twoEngines(): Promise<Results> {
  const one = await measured('alloc 1 100, free 1', ['flat', 'zen4-2022@cold']);
  const other = await measured('alloc 1 100, alloc 2 100, free 1, free 2', ['flat']);
  return resultsOf(renamed(one, 'storm-2000', 'engine-1'), renamed(other, 'storm-2000', 'engine-2'));
}

/** The shape of Bencher's draft-07 schema (bmf.json): object of object of numbers, of which `value` is required. */
const number = v.pipe(v.number(), v.finite());
const bmfSchema = v.record(
  v.pipe(v.string(), v.minLength(1)),
  v.record(
    v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)),
    v.strictObject({
      value: number,
      lower_value: v.optional(number),
      upper_value: v.optional(number),
    }),
  ),
);

test('BMF has the shape of its schema, and every cell its own benchmark', async () => {
  const format = v.parse(bmfSchema, JSON.parse(bencherMetricFormat(await twoEngines())));
  assert.equal(Object.keys(format), [
    'engine-1/storm-2000/flat',
    'engine-1/storm-2000/zen4-2022@cold',
    'engine-1/storm-2000',
    'engine-2/storm-2000/flat',
    'engine-2/storm-2000',
  ]);
  assert.ok(format['engine-1/storm-2000/flat']!['free-cycles-max']!.value > 0);
  assert.ok('waste-peak-basis-points' in format['engine-1/storm-2000']!);
  assert.is(
    format['engine-2/storm-2000/flat']!['realloc-cycles-max'],
    undefined,
    'a null metric is left out',
  );
  const text = bencherMetricFormat(await exampleResults());
  const benchmarks = Object.keys(v.parse(bmfSchema, JSON.parse(text)));
  assert.is(text.split('\n').length, benchmarks.length + 3, 'a line for each, and none for every number');
});

test('what did not come to its end gives no numbers to follow', async () => {
  const results = await exampleResults();
  for (const { name, files } of EMITTERS.filter((each) => each.name !== 'junit')) {
    const text = files(results)
      .map((file) => `${file.name}\n${file.content}`)
      .join('\n');
    assert.match(text, 'its-twin', name);
    assert.not.match(text, /unable|broken/, name);
  }
});

test('replays that are called alike keep their benchmarks apart', async () => {
  const replay = await measured();
  const format = JSON.parse(bencherMetricFormat(resultsOf(replay, replay)));
  assert.is(Object.keys(format).length, 6);
  const proto = JSON.parse(bencherMetricFormat(resultsOf(renamed(replay, 'x', '__proto__'))));
  assert.is(Object.keys(proto).length, 3);
});

const githubSchema = v.pipe(
  v.array(
    v.strictObject({
      name: v.string(),
      unit: v.string(),
      value: number,
      range: v.optional(v.string()),
      extra: v.optional(v.string()),
    }),
  ),
  v.minLength(1),
);

test('github-action-benchmark gets a file per direction, and none that is empty', async () => {
  const results = await twoEngines();
  const entries = v.parse(githubSchema, JSON.parse(githubActionBenchmark(results, 'lower')!));
  assert.is(new Set(entries.map(({ name }) => name)).size, entries.length);
  assert.ok(entries.some(({ name }) => name === 'engine-1 › storm-2000 › flat › free.cycles.max'));
  assert.is(githubActionBenchmark(results, 'higher'), undefined);
  const files = EMITTERS.find(({ name }) => name === 'github-action-benchmark')!.files(results);
  assert.equal(
    files.map(({ name }) => name),
    ['github-action-benchmark.smaller-is-better.json'],
  );
});

/** A line of the grammar of go.dev/design/14313-benchmark-format with unit metadata, taken apart as benchfmt does. */
function parseBenchmarkLine(line: string): { kind: string; units: string[]; name?: string } {
  if (line === '') {
    return { kind: 'blank', units: [] };
  }
  if (line.startsWith('Unit ')) {
    const [, unit, ...pairs] = line.split(' ');
    assert.ok(
      pairs.every((pair) => /^(assume=(exact|nothing)|better=(lower|higher))$/.test(pair)),
      line,
    );
    return { kind: 'unit', units: [unit!] };
  }
  if (line.startsWith('Benchmark')) {
    const [name, iterations, ...measurements] = line.split(/\s+/);
    // After "Benchmark" comes no lower-case letter; the last part ends in the number of processors.
    assert.match(name!, /^Benchmark[^a-z].*-\d+$/);
    assert.match(iterations!, /^[1-9]\d*$/);
    assert.ok(measurements.length >= 2 && measurements.length % 2 === 0, line);
    const units = measurements.filter((_, index) => index % 2 === 1);
    measurements.filter((_, index) => index % 2 === 0).forEach((value) => assert.match(value, /^-?\d+$/));
    return { kind: 'benchmark', units, name: name!.replace(/-\d+$/, '') };
  }
  assert.match(line, /^[a-z][^\sA-Z:]*: \S/);
  return { kind: 'configuration', units: [] };
}

test('Go benchmark lines keep to their grammar, with every unit declared exact', async () => {
  for (const results of [await twoEngines(), await exampleResults()]) {
    const text = goBenchmarkFormat(results);
    assert.ok(text.endsWith('\n'));
    assert.not.match(text, /[\0-\x09\x0b-\x1f]/);
    const lines = text.trimEnd().split('\n').map(parseBenchmarkLine);
    const declared = lines.filter(({ kind }) => kind === 'unit').flatMap(({ units }) => units);
    assert.is(new Set(declared).size, declared.length);
    for (const { units } of lines) {
      assert.ok(units.every((unit) => declared.includes(unit)));
      assert.is(new Set(units).size, units.length);
    }
  }
  const lines = goBenchmarkFormat(await twoEngines()).split('\n');
  assert.ok(lines.includes('Unit free-cycles-max assume=exact better=lower'));
  assert.ok(
    lines.some((line) =>
      line.startsWith('BenchmarkReplay/engine=engine-1/trace=storm-2000/pricing=flat-1 2 '),
    ),
  );
  assert.ok(lines.some((line) => line.startsWith('BenchmarkReplay/engine=engine-1/trace=storm-2000-1 2 ')));
});

/** Well-formed as far as our subset goes: elements balanced, attributes quoted and free of what XML forbids. */
function elementsOf(xml: string): Record<string, number> {
  const open: string[] = [];
  const counts: Record<string, number> = {};
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const rest = body.replace(
    /<(\/?)([a-z]+)((?: [a-z]+="(?:[^<>&"]|&(?:amp|lt|gt|quot|apos);)*")*)(\/?)>/g,
    (_, closes: string, name: string, __, closed: string) => {
      if (closes === '') {
        counts[name] = (counts[name] ?? 0) + 1;
      }
      if (closes !== '') {
        assert.is(open.pop(), name);
      } else if (closed === '') {
        open.push(name);
      }
      return '';
    },
  );
  assert.is(rest.trim(), '');
  assert.equal(open, []);
  assert.not.match(xml, /[\0-\x08\x0b-\x1f\ufffe\uffff]/);
  return counts;
}

test('JUnit has a case per replay: passed, failed or skipped', async () => {
  const xml = junitOfResults(await exampleResults());
  assert.equal(elementsOf(xml), { testsuites: 1, testsuite: 1, testcase: 5, failure: 1, skipped: 1 });
  assert.match(xml, /<testsuites tests="5" failures="1" errors="0" skipped="1">/);
  assert.match(xml, /classname="broken" name="by-hand"><failure message="corrupt at operation 7 /);
  elementsOf(junitOfResults(resultsOf(renamed(await measured(), `\ud800${HOSTILE}\uffff`, '\u0000'))));
});

test('every emitter copes with hostile names and gives files with harmless, different ones', async () => {
  const results = await exampleResults();
  for (const { name, files } of EMITTERS) {
    const names = files(results).map((each) => each.name);
    assert.ok(names.length > 0, name);
    assert.is(new Set(names).size, names.length, name);
    assert.ok(
      names.every((each) => /^[\w=+@-][\w.=+@-]*$/.test(each)),
      names.join('\n'),
    );
    assert.equal(files(results), files(results), name);
  }
  const hgrm = EMITTERS.find(({ name }) => name === 'hgrm')!.files(resultsOf(await measured()));
  assert.equal(
    hgrm.map(({ name }) => name),
    [
      'by-hand.page-per-object.flat.alloc.hgrm',
      'by-hand.page-per-object.flat.free.hgrm',
      'by-hand.page-per-object.zen4-2022@cold.alloc.hgrm',
      'by-hand.page-per-object.zen4-2022@cold.free.hgrm',
    ],
  );
});

test.run();
