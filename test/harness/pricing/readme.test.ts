import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CHASE, LOAD, STORE, UPDATE } from '../../../harness/machine/access-stream';
import { parsePricing } from '../../../harness/pricing/specification';
import { priceOperations, type Happening } from './priced-stream';

/** The operation that the README works out costs what it says, line by line. */

const README = fs.readFileSync(path.join(__dirname, '../../../harness/pricing/README.md'), 'utf8');
const KINDS: Readonly<Record<string, number>> = { L: LOAD, C: CHASE, S: STORE, U: UPDATE };

const lines = [...README.matchAll(/^\| `(\w) (\w+)`\s*\|.*\|\s*([\d.]+)\s*\|$/gm)].map(
  ([, kind, value, cycles]) => ({ happening: happeningOf(kind!, value!), cycles: Number(cycles) }),
);

function happeningOf(kind: string, value: string): Happening {
  return kind === 'N'
    ? { event: 'instructions', times: Number(value) }
    : { access: [Number.parseInt(value, 16), KINDS[kind]!] };
}

const priced = (count: number): number =>
  priceOperations(parsePricing('zen4-2022'), [lines.slice(0, count).map(({ happening }) => happening)])[0]!
    .cycles;

test('each line of the worked operation costs what stands beside it', () => {
  assert.ok(lines.length > 10);
  let sum = 0;
  lines.forEach(({ cycles }, index) => {
    sum += cycles;
    // Costs are multiples of 1/256 cycle, rounded when the operation ends.
    assert.ok(
      Math.abs(priced(index + 1) - sum) < 0.51,
      `line ${index + 1}: ${priced(index + 1)}, not ${sum}`,
    );
  });
});

test('and the whole what is said of it', () => {
  const [, total] = /\*\*([\d,]+) cycles\*\*/.exec(README)!;
  assert.is(priced(lines.length), Number(total));
});

test.run();
