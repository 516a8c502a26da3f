import { measure } from '../../harness/metrics/measurement';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { parsePricing } from '../../harness/pricing/specification';
import { RESULTS_SCHEMA, type Results } from '../../harness/results/results';
import { pagePerObject, stackOf, traceOf } from '../harness/metrics/page-per-object';

/** Everything a name can do to a table, a page, a sheet or a terminal. */
export const HOSTILE = '=cmd()|a`b`<script>alert(1)</script>,"q"\n\u001b[31m![x](http://evil.example)@all';

const TRACE =
  'alloc 1 100, alloc 2 1000, free 1, alloc 3 52, alloc 4 4000, alloc 5 8, alloc 6 8, free 6, free 2';

export function measured(text = TRACE, pricings = ['flat', 'zen4-2022@cold']): Promise<MeasuredReplay> {
  return measure({
    trace: traceOf(text),
    createStack: (machine) => stackOf(pagePerObject, machine),
    pricings: pricings.map(parsePricing),
  });
}

export function resultsOf(...replays: MeasuredReplay[]): Results {
  return {
    schema: RESULTS_SCHEMA,
    tool: { name: 'alloc-replay', version: '0.1.0' },
    replays,
    environment: {},
  };
}

/** The same replay under other names. */
export function renamed(replay: MeasuredReplay, trace: string, engine: string): MeasuredReplay {
  return { ...replay, trace: { ...replay.trace, name: trace }, engine: { ...replay.engine, name: engine } };
}

/** A replay of each fate: two that ran, one unsupported, one broken, all on one trace, and one with hostile names. */
export async function exampleResults(): Promise<Results> {
  const ran = await measured();
  const unsupported = await measured('alloc 1 8, compact 0');
  return resultsOf(
    ran,
    renamed(ran, 'by-hand', 'its-twin'),
    renamed(unsupported, 'by-hand', 'unable'),
    {
      ...renamed(ran, 'by-hand', 'broken'),
      outcome: {
        kind: 'corrupt',
        operation: 7,
        op: 'free',
        id: 6,
        sizeBytes: 0,
        lastStep: 'broken: merge',
        problem: 'a block over a live one | <b>',
      },
    },
    renamed(ran, HOSTILE, HOSTILE),
  );
}
