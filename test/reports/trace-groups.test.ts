import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { memberName, traceFamilies } from '../../reports/trace-groups';
import { measured, resultsOf } from './example-results';

const test = suite('reports: families of traces');

test('a parameter that one member does not have is left out of its name', async () => {
  const first = await measured();
  const { trace } = first;
  const named = (name: string, parameters: Readonly<Record<string, number>>) => ({
    ...first,
    trace: {
      ...trace,
      name,
      origin: { kind: 'synthetic', generator: 'g', parameters, seed: 1, adaptive: false } as const,
    },
  });
  const results = resultsOf(named('a', { ops: 5 }), named('b', { ops: 5, added: 7 }));
  const names = traceFamilies(results).flatMap(({ members }) => members.map(memberName));
  assert.equal(names, ['a', 'g added=7']);
});

test.run();
