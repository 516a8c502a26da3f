import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { survivorsOf } from './killing';
import { mutantsOf, sampleOf } from './mutants';

const SOURCE = `import { a } from 'x';
interface B { readonly c: 'd' }
export function f(x: number): string {
  if (x < 1 && x !== 0) throw new Error('no');
  a(x + 2);
  return x ? 'y' : '';
}
`;

test('each is one change, of what runs', () => {
  const found = mutantsOf('f.ts', SOURCE);
  assert.equal(
    found.map(({ line, what }) => `${line}: ${what}`),
    [
      '4: x < 1 && x !== 0 → true',
      '4: x < 1 && x !== 0 → false',
      '4: < → <=',
      '4: 1 → (1 + 1)',
      '4: && → ||',
      '4: !== → ===',
      '4: 0 → (0 + 1)',
      "4: throw new Error('no'); → {}",
      "4: 'no' → ''",
      '5: a(x + 2); → {}',
      '5: + → -',
      '5: 2 → (2 + 1)',
      '6: x → !(x)',
      "6: 'y' → ''",
    ],
  );
  assert.ok(found.every(({ source }) => source !== SOURCE && source.startsWith("import { a } from 'x';")));
});

test('a sample is spread evenly', () => {
  const found = mutantsOf('f.ts', SOURCE);
  assert.equal(sampleOf(found, 3), [found[0], found[4], found[9]]);
  assert.equal(sampleOf(found, 99), found);
});

test('what a test does not notice survives, and nothing else', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'alloc-replay-'));
  const subject = { file: 'harness/suite/shard.ts', tests: ['test/harness/suite/shard.test.ts'] };
  const { tried, survivors } = await survivorsOf(subject, 2, folder);
  assert.is(tried, 2);
  assert.ok(survivors.length < 2);
  const blind = { ...subject, tests: ['test/traces/id-table.test.ts'] };
  assert.is((await survivorsOf(blind, 1, folder)).survivors.length, 1);
  rmSync(folder, { recursive: true });
});

test.run();
