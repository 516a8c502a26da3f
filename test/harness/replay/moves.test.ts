import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { EventColumns } from '../../../traces/columns';
import { RandomStream } from '../../../traces/random';
import { OP, TraceEvent } from '../../../traces/trace';

const test = suite('replay: moves');

/** Objects of mixed sizes that come and go, more of them than fit without compaction. */
function crowdedTrace(events: number): EventColumns {
  const columns = new EventColumns();
  const event = new TraceEvent();
  const random = new RandomStream(1, 'moves');
  const live: number[] = [];
  for (let id = 0; id < events; id++) {
    const victim =
      live.length > 60 || (live.length > 0 && random.chance(1, 3)) ? random.below(live.length) : -1;
    if (victim >= 0) {
      event.set(OP.free, live.splice(victim, 1)[0]!, 0, 0);
    } else {
      event.set(OP.alloc, id, random.between(16, 900), 0);
      live.push(id);
    }
    columns.append(event);
  }
  return columns;
}

test('blocks that an allocation moves are freed where they are now', async () => {
  const options = { move: 'on', maxsize: '40000' };
  const machineOptions = { heapPages: 1024, virtualPages: 0 };
  const stack = createStack(engineNamed('plan9-pool'), options, machineOptions, engineNamed);
  const trace = crowdedTrace(4000).trace({ name: 'crowded', origin: { kind: 'recorded', format: 'csv' } });
  let moves = 0;
  const watched = stack.engine.watchMoves!.bind(stack.engine);
  stack.engine.watchMoves = (onMove) =>
    watched((from, to) => {
      moves++;
      onMove(from, to);
    });
  const { outcome } = await replay(trace, stack, []);
  assert.is(outcome.kind, 'ok');
  assert.ok(moves > 0, 'the pool has to compact for this test to say anything');
  stack.engine.check();
});

test.run();
