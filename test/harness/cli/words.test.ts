import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, everyCommand } from '../../../harness/cli/commands/commands';
import {
  ANY_COUNT,
  choice,
  count,
  flag,
  flagUnless,
  list,
  operand,
  operands,
  optionalOperand,
  pair,
  text,
} from '../../../harness/cli/options/option';
import { longNames, readWords } from '../../../harness/cli/options/words';
import { runCli } from './command';

const test = suite('cli: the words of a command line');

const DECLARED = {
  operands: { trace: operand({ describe: '' }), more: operands({ describe: '' }, 0) },
  options: {
    allocator: list('', { short: 'a' }),
    pricing: text('', { short: 'p' }),
    heapPages: count('', ANY_COUNT),
    engines: pair(''),
    strict: flag('', { short: 's' }),
    ascii: flag('', { short: 'x' }),
    fragmented: flagUnless(''),
    age: choice('', ['newest', 'oldest']),
    traceFormat: text('', { alsoCalled: ['format'] }),
  },
};

const read = (...words: string[]) => readWords(words, DECLARED, 'program run --help');

const refused = (message: RegExp, ...words: string[]): void => {
  assert.throws(
    () => read(...words),
    (error: Error) => error.name === 'UsageError' && message.test(error.message),
    words.join(' '),
  );
};

test('options stand before, behind and between the operands', () => {
  const expected = { trace: 't', more: ['u'], allocator: ['x,y', 'z'], pricing: 'flat' };
  for (const words of [
    ['-a', 'x,y', '-a', 'z', '-p', 'flat', 't', 'u'],
    ['t', 'u', '-ax,y', '--allocator=z', '-p=flat'],
    ['t', '--allocator', 'x,y', 'u', '-a', 'z', '--pricing', 'flat'],
    ['-ax,y', '-pflat', '-a', 'z', '--', 't', 'u'],
  ]) {
    const { trace, more, allocator, pricing } = read(...words);
    assert.equal({ trace, more, allocator, pricing }, expected, words.join(' '));
  }
});

test('what was not given has its default', () => {
  assert.equal(read('t'), {
    trace: 't',
    more: [],
    allocator: [],
    pricing: undefined,
    heapPages: undefined,
    engines: undefined,
    strict: false,
    ascii: false,
    fragmented: true,
    age: undefined,
    traceFormat: undefined,
  });
});

test('words that only look like options are none', () => {
  assert.is(read('-')['trace'], '-');
  assert.is(read('t', '-p', '-')['pricing'], '-');
  assert.equal(read('--', '-t', '--strict')['more'], ['--strict']);
  assert.is(read('--pricing=-x', 't')['pricing'], '-x');
  assert.is(read('__proto__')['trace'], '__proto__');
});

test('flags are bundled, repeated and denied', () => {
  assert.equal([read('t', '-sx')['strict'], read('t', '-sx')['ascii']], [true, true]);
  assert.is(read('t', '-xpflat')['pricing'], 'flat');
  assert.is(read('t', '--strict', '-s')['strict'], true);
  assert.is(read('t', '--no-fragmented')['fragmented'], false);
  assert.is(read('t', '--no-strict')['strict'], false);
  refused(/^--no-strict: given twice/, 't', '--strict', '--no-strict');
  refused(/^--strict: "yes"; expected no value$/, 't', '--strict=yes');
});

test('two words, and one of several names', () => {
  assert.equal(read('--engines', 'x', 'y', 't')['engines'], ['x', 'y']);
  refused(/^--engines: one value; expected two$/, 't', '--engines', 'x');
  assert.is(read('t', '--format', 'csv')['traceFormat'], 'csv');
  assert.is(read('t', '--trace-format', 'csv')['traceFormat'], 'csv');
  refused(/^--format: given twice/, 't', '--trace-format', 'csv', '--format', 'atr');
});

test('what cannot be meant is refused by its name', () => {
  refused(/^-p: given twice; expected it once$/, 't', '--pricing', 'x', '-p', 'y');
  refused(/^-p: names none; expected a value$/, 't', '-p');
  refused(/^--pricing: names none; expected a value before --strict$/, 't', '--pricing', '--strict');
  refused(/^--no-pricing: nothing to deny; expected the command without --pricing$/, 't', '--no-pricing');
  refused(
    /^unknown option "stirct"; did you mean "strict"\?; expected what `program run --help`/,
    't',
    '--stirct',
  );
  refused(/^unknown option "no-such"/, 't', '--no-such');
  refused(/^unknown option "5"/, 't', '-5');
  refused(/^--heap-pages: "-5"; expected a whole number from 0/, 't', '--heap-pages', '-5');
  refused(/^--heap-pages: ""; expected/, 't', '--heap-pages=');
  refused(/^--age: "new"; expected one of newest, oldest$/, 't', '--age', 'new');
  refused(/^0 arguments, 1 needed; expected what/, '-s');
  const one = { operands: { what: optionalOperand({ describe: '' }) }, options: {} };
  assert.throws(() => readWords(['a', 'b'], one, 'x'), /unknown command or argument "b"/);
});

test('whatever is mistyped or cut short is guessed at', async () => {
  const run = ['run', 'recorded:git-status', '-a', 'xmalloc-tlsf', '-p', 'flat'];
  for (const [words, guess] of [
    [['run', 'recorded:git-status', '-a', 'tlsf'], 'xmalloc-tlsf-2008" or "xmalloc-tlsf'],
    [['conformance', 'tlsf2008'], 'xmalloc-tlsf-2008'],
    [['run', 'recorded:git-status', '-a', 'xmalloc-tlsf', '-p', 'zen4'], 'zen4-2022" or "zen4-guest-2026'],
    [['run', 'recorded:sqlite', '-a', 'xmalloc-tlsf'], 'sqlite3-2000'],
    [['run', 'synth:near-page', '-a', 'xmalloc-tlsf'], 'near-page-storm'],
    [[...run, '--heap-page', '5'], 'heap-pages'],
    [[...run, '--realloc', 'emulated'], 'emulate'],
    [['suite', 'night', '--out', 'out'], 'nightly'],
    [['list', 'alocators'], 'allocators'],
    [['trace', 'inf', 'x'], 'info'],
  ] as const) {
    const { code, stderr } = await runCli(...words);
    assert.is(code, 2, stderr);
    assert.ok(stderr.includes(`; did you mean "${guess}"?`), stderr);
    assert.is(stderr.trimEnd().split('\n').length, 1);
  }
});

test('options before the command are told where they belong', async () => {
  const { code, stderr } = await runCli('-a', 'xmalloc-tlsf', 'run', 'synth:ramp');
  assert.is(code, 2);
  assert.match(stderr, /-a: stands before the command; expected alloc-replay run -a …/);
});

test('no command declares one name for two options', () => {
  for (const { words, entry } of everyCommand()) {
    const { options, operands: named } = entry.load();
    const names = Object.entries(options).flatMap(([name, each]) => [
      ...longNames(name, each),
      ...(each.short === undefined ? [] : [each.short]),
    ]);
    const all = [...names, ...Object.keys(named), 'help', 'version', 'h', 'v', 'V'];
    assert.is(new Set(all).size, all.length, words.join(' '));
  }
  assert.ok(COMMANDS.length > 10);
});

test.run();
