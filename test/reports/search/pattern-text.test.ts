import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import { patternsOf } from '../../../harness/studies/search/pattern';
import { patternText } from '../../../reports/search/pattern-text';
import { stepLines } from '../../../reports/search/shrunk-text';
import { OP_NAMES } from '../../../traces/trace';
import { listOf, listOfRows } from '../../harness/studies/search/lists';

const test = suite('search: a trace in words');

const wordsOf = async (...rows: readonly string[]) =>
  patternsOf((await listOfRows(...rows)).events).map(patternText);

test('a row, every other one of it, and one more', async () => {
  const { events } = await listOf('synth:adversary/comb?count=2000&size=2048&probes=0&drain=no');
  assert.equal(stepLines(events), [
    '  1. allocate 2,000 of 2,048 bytes: #0 … #1999',
    '  2. free every other: #0, #2 … #1998',
  ]);
});

test('what goes on and on is said once', async () => {
  const { events } = await listOf('synth:adversary/comb?count=4&probes=100&drain=no');
  assert.is(stepLines(events).at(-1), '  3. 100 times: allocate 65 bytes (#4 (+1 each time)); free it');
});

test('sizes that grow, objects that are freed backwards, single steps', async () => {
  assert.equal(await wordsOf('alloc,0,16', 'alloc,1,32', 'alloc,2,48', 'free,2', 'free,1', 'free,0'), [
    'allocate 3 of 16, 32 … 48 bytes: #0 … #2',
    'free #2 … #0',
  ]);
  assert.equal(await wordsOf('alloc,0,100', 'alloc,1,2953'), [
    'allocate 100 bytes: #0',
    'allocate 2,953 bytes: #1',
  ]);
  assert.equal(await wordsOf('alloc,0,1,64', 'realloc,0,4096', 'free,0'), [
    'allocate 1 byte aligned to 64: #0',
    'resize #0 to 4,096 bytes',
    'free #0',
  ]);
});

test('patterns make up the trace exactly, whatever it is', async () => {
  const { events } = await listOf('synth:churn?live=9&ops=60');
  fc.assert(
    fc.property(fc.array(fc.nat(events.length - 1), { maxLength: 40 }), (picked) => {
      const some = picked.map((index) => events[index]!);
      const told = patternsOf(some).flatMap(({ times, parts }) =>
        Array.from({ length: times }, (_, round) =>
          parts.map(
            ({ op, id, sizeBytes, idStep, sizeStep }) =>
              `${op},${id + round * idStep},${sizeBytes + round * sizeStep}`,
          ),
        ).flat(),
      );
      assert.equal(
        told,
        some.map(({ op, id, size }) => `${OP_NAMES[op]},${id},${size}`),
      );
    }),
    { seed: 20, numRuns: 200 },
  );
});

test.run();
