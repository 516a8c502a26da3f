import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { textbookFirstFit } from '../../../allocators/textbook/textbook-first-fit';
import { checkConformance, type ConformanceReport } from '../../../harness/conformance/conformance';
import { operation, operationText, parseOperation } from '../../../harness/conformance/operation';
import { RULES, type Rule } from '../../../harness/conformance/rules';
import { sequences } from '../../../harness/conformance/sequences';
import { CAPABILITIES, type EngineDefinition } from '../../../harness/replay/port';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { NULL } from '../../../traces/trace';
import { traceOf } from '../replay/toy-engine';
import { BROKEN_ENGINES, brokenDefinition } from './broken-engines';

const RANDOM_RUNS = 3;

function report(definition: EngineDefinition, options: Record<string, string> = {}): ConformanceReport {
  return checkConformance(
    { definition, options, engineNamed: () => definition },
    { randomRuns: RANDOM_RUNS },
  );
}

const failedRules = ({ results }: ConformanceReport): Rule[] =>
  results.filter(({ outcome }) => outcome.kind === 'failed').map(({ rule }) => rule);

const broken = suite('the suite');

for (const { rule, what, reason, definition, othersToo } of BROKEN_ENGINES) {
  broken(`finds that "${rule}" is broken by an engine that ${what}`, () => {
    const found = report(definition);
    assert.not.ok(found.passed);
    const failed = failedRules(found);
    if (othersToo) {
      assert.ok(failed.includes(rule), `only ${failed}`);
    } else {
      assert.equal(failed, [rule]);
    }
    const { outcome } = found.results.find((result) => result.rule === rule)!;
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', reason);
  });
}

broken('has a broken engine for every rule', () => {
  const covered = new Set(BROKEN_ENGINES.map(({ rule }) => rule));
  assert.equal(
    Object.keys(RULES).filter((rule) => !covered.has(rule as Rule)),
    [],
  );
});

broken('passes what is sound, with every rule put to the test', () => {
  for (const options of [{}, { headers: 'yes' }]) {
    const found = report(textbookFirstFit, options);
    assert.equal(failedRules(found), []);
    for (const { rule, outcome } of found.results) {
      const isIdle = rule === 'bounded' || rule === 'quirky';
      assert.is(outcome.kind, isIdle ? 'skipped' : 'passed', rule);
    }
    assert.ok(found.damage!.reported > 20);
  }
});

broken('says the same each time', () => {
  const definition = BROKEN_ENGINES.find(({ rule }) => rule === 'kept')!.definition;
  assert.is(JSON.stringify(report(definition)), JSON.stringify(report(definition)));
});

broken.run();

const shortest = suite('a failing sequence');

shortest('is short, and a trace that the replay’s own oracle objects to', async () => {
  const { definition } = BROKEN_ENGINES.find(({ rule }) => rule === 'apart')!;
  const { outcome } = report(definition).results.find(({ rule }) => rule === 'apart')!;
  if (outcome.kind !== 'failed') {
    return assert.unreachable();
  }
  assert.ok(outcome.operations.length <= 4, outcome.operations.map(operationText).join(' '));
  const rows = outcome.operations.map(operationText);
  const stack = createStack(definition, {}, { heapPages: 512, virtualPages: 1 }, () => definition);
  const { outcome: replayed } = await replay(traceOf(rows), stack, []);
  assert.is(replayed.kind, 'corrupt');
});

shortest('of one request is that request', () => {
  const { definition } = BROKEN_ENGINES.find(({ what }) => what === 'refuses a size')!;
  const { outcome } = report(definition).results.find(({ rule }) => rule === 'served')!;
  assert.equal(outcome.kind === 'failed' && outcome.operations, [operation('alloc', 1, 100)]);
});

shortest('is the one request that fails, however many went before it', () => {
  const { definition } = BROKEN_ENGINES.find(({ rule }) => rule === 'aligned')!;
  const { outcome } = report(definition).results.find(({ rule }) => rule === 'aligned')!;
  if (outcome.kind !== 'failed') {
    return assert.unreachable();
  }
  assert.is(outcome.operations.length, 1, outcome.operations.map(operationText).join(' '));
  assert.ok(outcome.operations[0]!.align > 1);
  assert.match(outcome.reason, operationText(outcome.operations[0]!));
});

shortest('is written as rows of a trace, and read again', () => {
  const rows = [
    'alloc,1,4040,0',
    'alignedalloc,2,8,64,4,4096',
    'enter,0,0,0,0,0,0,,libxl_list',
    'fill,1,0,0,0,0,0,,,85',
  ];
  assert.equal(
    rows.map((row) => operationText(parseOperation(row))),
    rows,
  );
  assert.equal(parseOperation('free,7,0,0'), operation('free', 7));
  for (const bad of ['fly,1,0,0', 'alloc,x,0,0', '', 'alloc,1,1e99,0']) {
    assert.throws(() => parseOperation(bad), RangeError, bad);
  }
});

shortest('drawn for any engine is legal', () => {
  for (const drawn of fc.sample(sequences(CAPABILITIES, 120), { seed: 1, numRuns: 200 })) {
    const known = new Set<number>();
    const heap = new Set<number>();
    let depth = 0;
    for (const { op, id, size } of drawn) {
      if (op === 'alloc' || op === 'alignedalloc' || op === 'temp') {
        assert.not.ok(known.has(id), `${op} ${id}`);
      }
      known.add(id);
      if (op === 'alloc' || op === 'alignedalloc') {
        heap.add(id);
      }
      if (['free', 'realloc', 'msize', 'adopt'].includes(op)) {
        assert.ok(heap.has(id), `${op} ${id}`);
      }
      if (['temp', 'adopt', 'leave', 'freeall'].includes(op)) {
        assert.ok(depth > 0, op);
      }
      if (op === 'free' || op === 'adopt' || (op === 'realloc' && size === 0)) {
        heap.delete(id);
      }
      depth += op === 'enter' ? 1 : op === 'leave' ? -1 : 0;
    }
  }
});

shortest('drawn at random is long, and of every operation', () => {
  const drawn = fc.sample(sequences(CAPABILITIES, 120), { seed: 1, numRuns: 200 });
  const ops = new Set(drawn.flat().map(({ op }) => op));
  assert.is(ops.size, 13);
  assert.ok(drawn.filter(({ length }) => length > 60).length > 60);
});

shortest.run();

const declared = suite('a deviation that a quirk declares');

const refusing = (quirks: EngineDefinition['quirks']) =>
  brokenDefinition(
    ({ allocate }) => ({ allocate: (bytes, align) => (bytes === 100 ? NULL : allocate(bytes, align)) }),
    {
      quirks,
    },
  );

const quirk: EngineDefinition['quirks'][0] = {
  name: 'no-hundred',
  summary: 'refuses 100 bytes',
  source: 'made up',
  demonstration: { operations: ['alloc,1,100,0'], shows: ({ placements }) => placements[0] === NULL },
  breaks: { guarantee: 'served', by: ({ sizeBytes }) => sizeBytes === 100 },
};

declared('passes, if it is that one', () => {
  const found = report(refusing([quirk]));
  assert.equal(failedRules(found), []);
  assert.equal(found.quirksWithoutDemonstration, []);
});

declared('does not excuse another one', () => {
  const other = { ...quirk, breaks: { guarantee: 'served' as const, by: () => false } };
  assert.equal(failedRules(report(refusing([other]))), ['served']);
  const elsewhere = { ...quirk, breaks: { guarantee: 'kept' as const, by: () => true } };
  assert.equal(failedRules(report(refusing([elsewhere]))), ['served']);
});

declared('without a demonstration is named', () => {
  const { demonstration: _shown, ...silent } = quirk;
  assert.equal(report(refusing([silent])).quirksWithoutDemonstration, ['no-hundred']);
});

declared.run();
