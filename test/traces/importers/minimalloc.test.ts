import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InputError } from '../../../traces/input-error';
import { importText } from './importing';

/** Self-made problems; the public ones are not shipped. */

test('buffers live from lower to upper; at one time frees come first, ties by file order', async () => {
  const { events, format, accounting } = await importText(`id,lower,upper,size
b1,0,3,4
b2,3,9,5
b3,0,9,6
b4,9,21,7
b5,-2,21,8
`);
  assert.is(format, 'minimalloc');
  assert.equal(events, [
    'alloc 0 8',
    'alloc 1 4',
    'alloc 2 6',
    'free 1',
    'alloc 3 5',
    'free 3',
    'free 2',
    'alloc 4 7',
    'free 4',
    'free 0',
  ]);
  assert.is(accounting.peakLiveBytes, 19);
});

test('columns may stand in any order under any of their names', async () => {
  const { events } = await importText(
    'size, begin ,hint,buffer_id,alignment,upper\n10,1,-1,x,64,2\n20,1,-1,y,1,3\n',
  );
  assert.equal(events, ['alloc 0 10 align=64', 'alloc 1 20', 'free 0', 'free 1']);
});

test('a column called end counts its last moment in', async () => {
  const rows = '1,0,2,10\n2,3,4,10\n3,2,3,10\n';
  const inclusive = await importText(`buffer,start,end,size\n${rows}`);
  assert.is(inclusive.accounting.peakLiveBytes, 20);
  assert.equal(inclusive.events, ['alloc 0 10', 'alloc 1 10', 'free 0', 'alloc 2 10', 'free 1', 'free 2']);
  const exclusive = await importText(`buffer,start,upper,size\n${rows}`);
  assert.is(exclusive.accounting.peakLiveBytes, 10);
});

test('the first empty line ends the file', async () => {
  const { events, accounting } = await importText('id,lower,upper,size\n1,0,2,10\n\n2,0,2,10\n\n');
  assert.equal(events, ['alloc 0 10', 'free 0']);
  assert.equal([accounting.unparsedLines, accounting.unparsedKinds[0]!.line], [1, 4]);
});

test('gaps are remarked on', async () => {
  const { accounting } = await importText('id,lower,upper,size,gaps\n1,0,9,10,2-4 5-6@0:5\n2,0,9,10,\n');
  assert.equal(accounting.notes, ['the gaps of 1 buffers are not used']);
});

for (const [damaged, why] of [
  ['1,0,x,10', 'a time that is no number'],
  ['1,0', 'cells missing'],
  ['1,5,5,10', 'no lifetime'],
  ['1,6,5,10', 'a lifetime backwards'],
  ['1,0,5,-10', 'a negative size'],
  ['1,0,99999999999999999999,10', 'a time that no number holds'],
] as const) {
  test(`${why} is refused`, async () => {
    const { events, counts } = await importText(`id,lower,upper,size\n${damaged}\n2,0,1,5`);
    assert.equal(events, ['alloc 0 5', 'free 0']);
    assert.equal(counts, { unparsedLines: 1 });
  });
}

test('another header is refused', async () => {
  try {
    await importText('id,lower,size\n1,0,5\n', {}, 'minimalloc');
    assert.unreachable('was accepted');
  } catch (error) {
    assert.instance(error, InputError);
    assert.match(
      (error as Error).message,
      'log:1:1: the first line names other columns; expected a header row',
    );
  }
});

test('many buffers come out in order, a batch at a time', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `${i},${i},${i + 10},${i}`);
  const { events, accounting } = await importText(`id,lower,upper,size\n${rows.join('\n')}\n`);
  assert.is(events.length, 40_000);
  assert.is(accounting.peakLiveObjects, 10);
  assert.equal(events.slice(10, 14), ['free 0', 'alloc 10 10', 'free 1', 'alloc 11 11']);
});

test.run();
