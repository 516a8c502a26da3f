import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as path from 'node:path';
import { engineNamed } from '../../../allocators/registry';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import { CHASE } from '../../../harness/machine/access-stream';
import { createStack } from '../../../harness/replay/stack';
import { OP } from '../../../traces/trace';

/** Which loads of an engine in C are pointer chases. */

/** By what `chases.c` does in an allocation of so many bytes. */
const CHASES: Readonly<Record<string, number>> = {
  nothing: 0,
  'walks a list of ten': 10,
  'uses two words of a node': 2,
  'follows three pointers in a row': 4,
  'uses a number as an index': 2,
  'uses a pointer behind a locked instruction': 0,
  'goes one of two ways': 2,
  'walks a list, and from each node on': 10 * 4,
};

const engine = loadEngine(path.join(__dirname, 'chases.c'));

Object.entries(CHASES).forEach(([what, expected], way) => {
  test(`an operation that ${what} waits ${expected} times`, () => assert.is(chasesOf(way), expected));
});

test.run();

function chasesOf(way: number): number {
  let chases = 0;
  const { machine, engine: started } = createStack(
    engine,
    {},
    {
      heapPages: 64,
      virtualPages: 64,
      drain: ({ entries, segmentEnds, segmentCount }) => {
        const entriesOfAll = entries.subarray(0, segmentEnds[segmentCount - 1] ?? 0);
        chases += entriesOfAll.filter((entry) => (entry & 3) === CHASE).length;
      },
    },
    engineNamed,
  );
  machine.stream.beginOperation(0, OP.alloc, 0, way, 0);
  machine.stream.endOperation(started.allocate(way, 0));
  machine.stream.flush();
  return chases;
}
