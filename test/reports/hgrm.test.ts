import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Distribution } from '../../harness/metrics/distribution';
import { hgrmText } from '../../reports/hgrm';
import { percentileLadder } from '../../reports/percentile-ladder';

const test = suite('hgrm');

test('a distribution is written as HdrHistogram prints it, with exact values', () => {
  const distribution: Distribution = { costs: [100, 200, 3_456_789], counts: [6, 3, 1] };
  assert.is(
    hgrmText(distribution),
    [
      '       Value     Percentile TotalCount 1/(1-Percentile)',
      '',
      '     100.000 0.000000000000          6           1.00',
      '     100.000 0.100000000000          6           1.11',
      '     100.000 0.200000000000          6           1.25',
      '     100.000 0.300000000000          6           1.43',
      '     100.000 0.400000000000          6           1.67',
      ' 3456789.000 1.000000000000         10',
      '#[Mean    =   345798.900, StdDeviation   =  1036996.701]',
      '#[Max     =  3456789.000, Total count    =           10]',
      '#[Buckets =            0, SubBuckets     =            0]',
      '',
    ].join('\n'),
  );
});

test('every line has the columns that plotters parse', () => {
  const costs = Array.from({ length: 5000 }, (_, index) => index * 3);
  const lines = hgrmText({ costs, counts: costs.map(() => 7) }).split('\n');
  const steps = lines.slice(2, lines.indexOf(lines.find((line) => line.startsWith('#'))!));
  const step = /^ *\d+\.\d{3} [01]\.\d{12} +\d+( +\d+\.\d{2})?$/;
  assert.ok(steps.length > 50 && steps.every((line) => step.test(line) && line.length >= 38));
  assert.is(steps.filter((line) => / 1\.0{12} /.test(line)).length, 1);
  assert.is(steps[steps.length - 1], '   14997.000 1.000000000000      35000');
});

test('no operations make a frame without steps', () => {
  assert.match(hgrmText({ costs: [], counts: [] }), /Percentile\)\n\n#\[Mean {4}= {8}0\.000/);
});

test('the ladder rises five steps to a half-distance until a step is less than an operation', () => {
  const costs = Array.from({ length: 100 }, (_, index) => index + 1);
  const ladder = percentileLadder({ costs, counts: costs.map(() => 1) });
  const at = (numerator: number, denominator: number) =>
    ladder.find((step) => step.numerator * denominator === numerator * step.denominator)?.cycles;
  assert.equal([at(0, 1), at(1, 2), at(3, 4), at(15, 16), at(1, 1)], [1, 50, 75, 94, 100]);
  assert.is(ladder.length, 5 * 5 + 1);
  ladder.forEach(({ cycles, operations }) => assert.is(operations, cycles));
});

test.run();
