import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PROFILE_NAMES } from '../../../harness/pricing/profile-file';
import { parsePricing, PRICING_DEFAULT, pricingId } from '../../../harness/pricing/specification';
import { UsageError } from '../../../traces/input-error';
import { SMALL_PROFILE } from './priced-stream';

const test = suite('pricings as users write them');

test('a bare profile is warm and mapped in 2M pages', () => {
  const { profile, state, mapping } = parsePricing('zen4-2022');
  assert.equal([profile.name, state, mapping], ['zen4-2022', { kind: 'warm' }, '2m']);
});

test('state and mapping follow the name', () => {
  const { profile, state, mapping } = parsePricing('core2-2008@shared:65536/4k');
  assert.equal([profile.name, state, mapping], ['core2-2008', { kind: 'shared', bytes: 65536 }, '4k']);
  assert.equal(parsePricing('core2-2008@cold').state, { kind: 'cold' });
});

test('the id is the shortest way to write a pricing, and reads back as the same', () => {
  const caches = PROFILE_NAMES.filter((name) => name !== 'flat');
  const ids = ['flat', ...caches.flatMap((name) => ['', '@cold', '@shared:1', '@shared:1048576'].flatMap((state) => [`${name}${state}`, `${name}${state}/4k`]))]; // prettier-ignore
  for (const id of ids) {
    assert.is(pricingId(parsePricing(id)), id);
  }
  assert.is(pricingId(parsePricing('zen4-2022@warm/2m')), 'zen4-2022');
  assert.is(pricingId(parsePricing('zen4-2022@cold/2m')), 'zen4-2022@cold');
  assert.is(pricingId(parsePricing(PRICING_DEFAULT)), 'zen4-2022');
  assert.is(pricingId(parsePricing('flat@warm')), 'flat');
  assert.is(pricingId(parsePricing('zen4-2022@shared:1099511627776')), 'zen4-2022@shared:1099511627776');
  assert.is(pricingId(parsePricing('zen4-2022@shared:00512')), 'zen4-2022@shared:512');
});

test('a path names a user’s profile, whatever characters its folders have', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pricing@home-'));
  try {
    for (const name of ['lab.yaml', 'lab@work.yml']) {
      const file = path.join(folder, name);
      fs.writeFileSync(file, SMALL_PROFILE);
      assert.is(pricingId(parsePricing(file)), 'small');
      assert.is(pricingId(parsePricing(`${file}@cold`)), 'small@cold');
      assert.is(pricingId(parsePricing(`${file}@shared:64/4k`)), 'small@shared:64/4k');
      assert.is(pricingId(parsePricing(`${file}/4k`)), 'small/4k');
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

const refused: readonly [text: string, said: RegExp][] = [
  [
    'zen4-2021',
    /^--pricing: unknown profile "zen4-2021"; did you mean "zen4-2022"\?; expected one of flat, /,
  ],
  ['Zen4-2022', /did you mean "zen4-2022"\?/],
  ['', /names no profile/],
  ['@cold', /names no profile/],
  ['/4k', /names no profile/],
  ['zen4-2022@', /no cache state ""/],
  ['zen4-2022@could', /no cache state "could"; did you mean "cold"\?; expected @cold or @shared:BYTES$/],
  ['zen4-2022@cold:5', /no cache state "cold:5"/],
  ['zen4-2022@shared', /foreign traffic of "" bytes/],
  [
    'zen4-2022@shared:0',
    /foreign traffic of "0" bytes; expected @shared:BYTES with 1 to 1099511627776 bytes/,
  ],
  ['zen4-2022@shared:-1', /foreign traffic of "-1" bytes/],
  ['zen4-2022@shared:1e3', /foreign traffic of "1e3" bytes/],
  ['zen4-2022@shared:9007199254740993', /foreign traffic/],
  ['zen4-2022@shared:1:2', /foreign traffic of "1:2" bytes/],
  ['zen4-2022/4m', /has no mapping "4m"; did you mean "4k"\?/],
  ['zen4-2022/4k@cold', /has no mapping "4k@cold"/],
  ['flat@cold', /flat models no caches and no mapping; expected flat$/],
  ['flat/4k', /flat models no caches/],
];

for (const [text, said] of refused) {
  test(`"${text}" is refused in one line`, () => {
    try {
      parsePricing(text);
    } catch (error) {
      assert.instance(error, UsageError);
      assert.match((error as Error).message, said);
      assert.not.match((error as Error).message, /\n/);
      return;
    }
    assert.unreachable('it was accepted');
  });
}

test.run();
