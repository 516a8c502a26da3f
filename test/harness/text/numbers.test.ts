import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  countText,
  decimalRatio,
  groupedInteger,
  kibibytesText,
  percentText,
  plainRatio,
} from '../../../harness/text/numbers';

const test = suite('numbers');

test('digits are grouped by three', () => {
  assert.equal(
    [0, 999, 1000, 1_234_567, -1000, Number.MAX_SAFE_INTEGER].map(groupedInteger),
    ['0', '999', '1,000', '1,234,567', '-1,000', '9,007,199,254,740,991'], // prettier-ignore
  );
});

test('what is counted is one or many', () => {
  assert.equal(
    [0, 1, 2, 1200].map((count) => countText(count, 'cell')),
    ['0 cells', '1 cell', '2 cells', '1,200 cells'],
  );
});

test('ratios are rounded half away from zero, exactly', () => {
  assert.is(decimalRatio(1, 8, 2), '0.13');
  assert.is(decimalRatio(-1, 8, 2), '-0.13');
  assert.is(decimalRatio(-1, 1000, 2), '0.00');
  assert.is(decimalRatio(5, 2, 0), '3');
  assert.is(decimalRatio(12_345_678, 10, 1), '1,234,567.8');
  assert.is(decimalRatio(2 ** 53 - 1, 1, 3), '9,007,199,254,740,991.000');
  assert.is(plainRatio(1, 3, 12), '0.333333333333');
  assert.is(plainRatio(12_345_678, 10, 1), '1234567.8');
});

test('units have their own form', () => {
  assert.is(percentText(1234), '12.34 %');
  assert.is(percentText(-5), '-0.05 %');
  assert.is(kibibytesText(16 * 1024 * 1024), '16,384 KiB');
  assert.is(kibibytesText(1000), '1.0 KiB');
});

test.run();
