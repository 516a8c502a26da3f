/** Compares two engines on the same traces, metric by metric, as `alloc-replay compare` does with two results. */
import { compareResults, engineNamed, openTrace, RESULTS_SCHEMA, rowsOf, runCell } from 'alloc-replay';
import type { Registries, Results } from 'alloc-replay';

const registries: Registries = { openTrace: ({ specification }) => openTrace(specification), engineNamed };

async function resultsOf(engine: string): Promise<Results> {
  const replay = await runCell(
    {
      trace: { specification: 'synth:half-page-storm?live=200&ops=2000&seed=7' },
      engine,
      options: {},
      pricings: ['zen4-2022'],
      heapPages: 4096,
      virtualPages: 0,
    },
    registries,
  );
  const tool = { name: 'alloc-replay', version: 'of the example' } as const;
  return { schema: RESULTS_SCHEMA, tool, replays: [replay], environment: {} };
}

async function main(): Promise<void> {
  const base = await resultsOf('xmalloc-first-fit');
  const head = await resultsOf('xmalloc-tlsf');
  const { cells, verdict } = compareResults(base, head, {
    labels: { base: 'first fit', head: 'TLSF' },
    acrossEngines: true,
    limits: [],
    failOn: 'none',
  });
  for (const cell of cells) {
    if (cell.kind !== 'compared') {
      continue;
    }
    for (const { metric, base: before, head: after, judgement } of rowsOf(cell)) {
      if (!/^(alloc|free)\.cycles\.max$|^held\.bytes\.max$/.test(metric)) {
        continue;
      }
      console.log(`${metric}: ${before?.value} -> ${after?.value}, ${judgement}`);
    }
  }
  console.log(`verdict: ${verdict.word}`);
}

void main();
