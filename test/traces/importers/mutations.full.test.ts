import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkBooks, importMutations } from './mutating';

const IMPORTS_EACH = 100_000;

for (let seed = 1; seed <= 10; seed++) {
  test(`100,000 damaged recordings, set ${seed} of 10`, async () => {
    const figures = await importMutations(seed, IMPORTS_EACH);
    assert.is(figures.imports, IMPORTS_EACH);
    assert.ok(figures.slowestMilliseconds < 5000, `${figures.slowestMilliseconds} ms for one`);
    assert.ok(figures.memoryBytesMax < 256 << 20, `${figures.memoryBytesMax} bytes`);
  });
}

test('100,000 damaged recordings account for every line that names an allocator’s call', () =>
  checkBooks(20081123, 100_000));

test.run();
