import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkConformance,
  createStack,
  engineNamed,
  measure,
  minimumHeap,
  parsePricing,
  traceFromSpecification,
  type ConformanceReport,
  type MinimumHeap,
  type ReplayReport,
  replay,
} from '../../harness';

/** What a program can do that has nothing of ours but the package. */
const test = suite('library');

const definition = engineNamed('textbook-first-fit');
const trace = traceFromSpecification('synth:churn?live=20&ops=50');

test('holds an engine to conformance', () => {
  const report: ConformanceReport = checkConformance(
    { definition, options: {}, engineNamed },
    { randomRuns: 2 },
  );
  assert.ok(report.passed);
});

test('finds the smallest heap, replays on it and prices that', async () => {
  const stackOf = (heapPages: number) =>
    createStack(definition, {}, { heapPages, virtualPages: 0 }, engineNamed);
  const minimum: MinimumHeap = await minimumHeap(trace, stackOf, 4096);
  assert.is(minimum.kind, 'found');
  if (minimum.kind !== 'found') {
    return;
  }
  const report: ReplayReport = await replay(trace, stackOf(minimum.heapPages), []);
  assert.equal(report.outcome, { kind: 'ok', failedAllocations: 0, firstFailureIndex: undefined });
  const { pricings } = await measure({
    trace,
    createStack: ({ drain }) =>
      createStack(
        definition,
        {},
        { heapPages: minimum.heapPages, virtualPages: 0, ...(drain && { drain }) },
        engineNamed,
      ),
    pricings: [parsePricing('flat')],
  });
  assert.ok((pricings[0]?.metrics['free.cycles.max']?.value ?? 0) > 0);
});

test.run();
