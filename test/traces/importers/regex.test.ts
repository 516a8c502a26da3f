import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../traces/input-error';
import type { LinePatterns } from '../../../traces/importers/options';
import { importText } from './importing';

const patterns: LinePatterns = {
  alloc: String.raw`\+ (?<addr>\S+) (?<size>\S+)(?: align (?<align>\S+))?`,
  free: String.raw`- (?<addr>\S+)`,
  realloc: String.raw`~ (?<old>\S+) (?<size>\d+) (?<new>\S+)`,
};

const imported = (text: string, given: LinePatterns = patterns) =>
  importText(text, { patterns: given }, 'regex');

test('named groups say what happened', async () => {
  const { events, counts } = await imported(`hello
+ 0x10 100
+ ffff8881009cc000 0x20 align 64
~ 0x10 200 0x30
~ nil 300 0x40
~ 0x40 0 nil
- 0x30
- (nil)
+ NULL 5
- 0xFFFF8881009CC000`);
  assert.equal(events, ['alloc 0 100', 'alloc 1 32 align=64', 'realloc 0 200', 'alloc 2 300', 'free 2', 'free 0', 'free 1']); // prettier-ignore
  assert.equal(counts, { nullFrees: 1, failed: 1 });
});

test('where a reallocation put the block may be called new or addr', async () => {
  const { events } = await imported('+ 0x10 1\n~ 0x10 2 0x20\n- 0x20', {
    ...patterns,
    realloc: String(patterns.realloc).replace('<new>', '<addr>'),
  });
  assert.equal(events, ['alloc 0 1', 'realloc 0 2', 'free 0']);
});

test('groups that match what is no address or number are unparsed', async () => {
  const { counts } = await imported('+ here 100\n+ 0x10 many\n- there\n~ 0x10 5 elsewhere\n+ 0x10 5 align x');
  assert.equal(counts, { unparsedLines: 5 });
});

test('lines longer than anyone logs are not searched', async () => {
  const { counts } = await imported(`+ 0x10 ${'1'.repeat(2000)}`);
  assert.equal(counts, { unparsedLines: 1 });
});

const refusals: readonly (readonly [LinePatterns | undefined, string])[] = [
  [undefined, 'patterns: the format regex has none; expected a pattern of allocations and one of frees'],
  [{ alloc: '(', free: '(?<addr>x)' }, 'pattern of alloc: Invalid regular expression'],
  [{ alloc: '(?<size>1)', free: '(?<addr>x)' }, 'pattern of alloc: no group is named addr; expected groups named size, addr'], // prettier-ignore
  [
    { alloc: patterns.alloc, free: '(?=(?<addr>a+))' },
    'pattern of free: Invalid regular expression: invalid or unsupported Perl syntax: `(?=`; expected one of RE2',
  ],
  [
    { alloc: patterns.alloc, free: '(?<addr>a){100000}' },
    'pattern of free: Invalid regular expression: invalid repeat count',
  ],
  [
    { ...patterns, realloc: '(?<old>x)(?<size>1)' },
    'pattern of realloc: no group is named new/addr; expected groups named old, size, new/addr',
  ],
];

for (const [given, message] of refusals) {
  test(`refused: ${message}`, async () => {
    try {
      await importText('+ 0x10 1', given === undefined ? {} : { patterns: given }, 'regex');
    } catch (error) {
      assert.instance(error, UsageError);
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable('was accepted');
  });
}

test('no pattern takes longer than in proportion to the line', async () => {
  const line = `${'x'.repeat(1000)}!`;
  for (const slow of [
    '(x+x+)+y',
    '(x*)*y',
    '(?:x|x)*y',
    '^(?:x?){900}x{900}y',
    '(.*)(.*)(.*)(.*)(.*)[^x!]$',
  ]) {
    const { counts } = await importText(
      `${line}\n`.repeat(20),
      { patterns: { alloc: `${slow}(?<addr>0)(?<size>0)`, free: '(?<addr>y)' } },
      'regex',
    );
    assert.equal(counts, {}, slow);
  }
});

test.run();
