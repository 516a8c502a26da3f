import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkBooks, importMutations } from './mutating';

test('10,000 damaged recordings neither crash, hang, grow nor come out unbalanced', async () => {
  const { imports, refused, slowestMilliseconds, memoryBytesMax } = await importMutations(20081121, 10_000);
  assert.is(imports, 10_000);
  assert.ok(refused > 500 && refused < 6000, `${refused} refused`);
  assert.ok(slowestMilliseconds < 2000, `${slowestMilliseconds} ms for one`);
  assert.ok(memoryBytesMax < 256 << 20, `${memoryBytesMax} bytes`);
});

test('what a damaged recording is forgiven is counted, once, and refused under strict', () =>
  checkBooks(20081122, 2000));

test.run();
