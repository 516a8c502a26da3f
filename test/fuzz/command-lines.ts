import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { everyCommand, type NamedCommand } from '../../harness/cli/commands/commands';
import type { Completes, Operand, Option } from '../../harness/cli/options/option';
import { longNames } from '../../harness/cli/options/words';
import { inFolder, runCli, type CommandRun } from '../harness/cli/command';

/**
 * Command lines by the grammar that the commands declare: what an option or an operand can take, what it cannot, and
 * now and then what stands nowhere. They run in this process, in a folder with a trace, results and an engine, so that
 * a good part of them comes to its end.
 */

/** What no one should ever read. */
const NONSENSE = /\bundefined\b|\bNaN\b|\[object|internal error/;

const TRACE = 'op,id,size,align\nalloc,1,100,0\nalloc,2,5000,0\nrealloc,1,300,0\nfree,1,0,0\nfree,2,0,0\n';
const ENGINE = `'use strict';
const { engineNamed } = require(${JSON.stringify(join(__dirname, '../../harness/index'))});
exports.engine = { ...engineNamed('textbook-best-fit'), name: 'mine' };
`;
const RECORDING = '--7-- malloc(5) = 0x10\n--7-- malloc(70) = 0x20\n--8-- free(0x10)\n--7-- free(0x20)\n';
const ADDRESSES = '> push\nL 1000,8\nS 1040,8\n<\n';
const SUITE = `suite: mine
summary: of a cell
groups:
  - { group: all, traces: [trace.csv], engines: [textbook-first-fit], pricings: [flat] }
`;

interface Words {
  /** Words that mean something. */
  readonly right: readonly string[];
  /** Words that nearly do. */
  readonly wrong: readonly string[];
}

const WORDS: Readonly<Record<Completes | 'number' | 'any', Words>> = {
  engine: {
    right: [
      ...['textbook-first-fit', 'xmalloc-tlsf', 'plan9-pool', 'vmalloc', 'libxl-gc', './mine.js'],
      'textbook-first-fit,xmalloc-tlsf',
    ],
    wrong: ['./trace.csv', './none.ts', 'tlsf', 'tlfs', ',', '', './none.engine.yaml', './none.c'],
  },
  pricing: {
    right: ['flat', 'zen4-2022', 'core2-2008@cold', 'zen4-2022/4k@shared:64', 'flat,flat'],
    wrong: ['zen4', 'flat@', '@', '', './none.yaml'],
  },
  trace: {
    right: [
      ...['trace.csv', 'prog.vg.txt', 'synth:churn?live=3&ops=5', 'synth:libxl-calls?calls=3'],
      ...['policy:violator-1-domid-to-name', 'synth:adversary/robson?live=64&largest=8'],
    ],
    wrong: [
      ...['synth:churn?live=-1', 'synth:', 'synth:nope', 'recorded:nope', 'none.csv', '.', 'mine.js'],
      ...['results/results.json', 'addresses'],
    ],
  },
  suite: { right: ['mine.suite.yaml'], wrong: ['none.suite.yaml', 'nope', 'trace.csv'] },
  shell: { right: ['bash', 'zsh', 'fish'], wrong: ['sh'] },
  file: {
    right: [
      'results',
      'results/results.json',
      'out',
      'history.csv',
      'trace.csv',
      'addresses',
      'a b',
      'made.csv',
      'made.atr',
    ],
    wrong: ['none/none', '.', ''],
  },
  number: {
    right: ['0', '1', '2', '3', '64', '4096'],
    wrong: ['-1', '1e3', 'x', '', '9007199254740993', '1.5'],
  },
  any: {
    right: [
      '1',
      'page-version=2008',
      '@latency=+5%',
      'free.cycles.max=+5%|2000000',
      'csv',
      'newest',
      '*',
      'HEAD',
    ],
    wrong: [
      ...['', '=', '5%', '1/2', '0/0', '--', '-', 'é', '@all', 'x'.repeat(300), 'nope', 'constructor'],
      ...['__proto__', '(', '(?<addr>x) (?<size>y)'],
    ],
  },
};

/** Commands that take seconds however little they are given: they are only asked for what they refuse. */
const LONG = ['reproduce', 'suite', 'conformance', 'engine check', 'engine build'];

/** What would start processes, wait for a terminal's input, or load a whole compiler. */
const APART = ['command', 'cc', 'baseRef', 'workers'];

type Line = readonly string[];

/** Without these most commands have nothing to do. */
const USUAL = ['allocator', 'output', 'out'];

function lineOf({ words, entry }: NamedCommand): fc.Arbitrary<Line> {
  const { operands, options } = entry.load();
  const mistake = fc.constantFrom(['--nope'], ['--no-out'], ['-Z'], ['--help=1'], ['--worst'], ['-']);
  const isLong = LONG.includes(words.join(' '));
  return fc
    .record({
      operands: fc.tuple(...Object.values(operands).map(operandWords)),
      options: fc.tuple(
        ...Object.entries(options)
          .filter(([name]) => !APART.includes(name))
          .map(([name, option]) => sometimes(USUAL.includes(name) ? 4 : 0.1, optionWords(name, option))),
      ),
      mistake: isLong ? mistake : sometimes(0.1, mistake),
      isMistakeFirst: fc.boolean(),
      areOptionsFirst: fc.boolean(),
    })
    .map((line) => {
      const own = line.operands.flat();
      const given = line.options.flat();
      const rest = line.areOptionsFirst ? [...given, ...own] : [...own, ...given];
      return [...words, ...(line.isMistakeFirst ? [...line.mistake, ...rest] : [...rest, ...line.mistake])];
    });
}

/** A line of some words, or so many times less often of none. */
const sometimes = (weight: number, some: fc.Arbitrary<Line>): fc.Arbitrary<Line> =>
  fc.oneof({ weight: weight * 10, arbitrary: some }, { weight: 10, arbitrary: fc.constant<Line>([]) });

function operandWords(operand: Operand<unknown>): fc.Arbitrary<Line> {
  const word = wordFor(operand);
  return operand.isRepeated
    ? fc.array(word, { minLength: operand.isRequired ? 1 : 0, maxLength: 3 })
    : sometimes(
        operand.isRequired ? 20 : 1,
        word.map((each) => [each]),
      );
}

function optionWords(name: string, option: Option<unknown>): fc.Arbitrary<Line> {
  const typed = fc.constantFrom(
    ...longNames(name, option).map((each) => `--${each}`),
    ...(option.short === undefined ? [] : [`-${option.short}`]),
  );
  const word = wordFor(option);
  switch (option.takes) {
    case 'nothing':
      return typed.map((each) => [each]);
    case 'two':
      return fc.tuple(typed, word, word);
    case 'one':
    case 'many':
      return fc
        .tuple(typed, word, fc.integer({ min: 0, max: 9 }))
        .map(([each, value, form]) => (form === 0 ? [`${each}=${value}`] : [each, value]));
  }
}

/** What an option takes is what it reads without an objection, most of the time. */
function wordFor(declared: Operand<unknown> | Option<unknown>): fc.Arbitrary<string> {
  const { choices, completes } = declared;
  const all = [...WORDS.number.right, ...WORDS.any.right, ...WORDS.file.right];
  const right = (choices ?? (completes === undefined ? all : WORDS[completes].right)).filter((word) =>
    reads(declared, word),
  );
  const wrong = [
    ...(completes === undefined ? [] : WORDS[completes].wrong),
    ...WORDS.number.wrong,
    ...WORDS.any.wrong,
  ];
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...right, ...(right.length === 0 ? wrong : [])) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  );
}

function reads({ read }: Operand<unknown> | Option<unknown>, word: string): boolean {
  try {
    read([word], 'word');
    return true;
  } catch {
    return false;
  }
}

/** Enough of them to see what they have in common. */
const PROBLEMS_MAX = 20;

/** Runs so many random lines; resolves to those that something is wrong with, and what they said. */
export function badLines(runs: number, seed: number): Promise<string[]> {
  const line = fc.oneof(...everyCommand().map(lineOf));
  return inFolder(async (folder) => {
    const [stage, here] = ['stage', 'here'].map((name) => join(folder, name)) as [string, string];
    const cwd = process.cwd();
    const environment = new Set(Object.keys(process.env));
    const problems: string[] = [];
    try {
      await setStage(stage);
      for (const words of fc.sample(line, { numRuns: runs, seed })) {
        // Whatever a line has written over is there again for the next.
        mkdirSync(here, { recursive: true });
        process.chdir(here);
        readdirSync('.').forEach((name) => rmSync(name, { recursive: true, force: true }));
        cpSync(stage, here, { recursive: true });
        const ran = await runCli(...words);
        const problem = problemOf(words, ran);
        if (problem !== undefined) {
          problems.push(`${JSON.stringify(words)}: ${problem}\n${ran.stdout}${ran.stderr}`);
        }
        if (problems.length === PROBLEMS_MAX) {
          break;
        }
        const added = Object.keys(process.env).filter((name) => !environment.has(name));
        added.forEach((name) => delete process.env[name]);
      }
      return problems;
    } finally {
      process.chdir(cwd);
    }
  });
}

/** A trace, an engine, a suite, an address trace, and results and a history of theirs. */
async function setStage(folder: string): Promise<void> {
  mkdirSync(folder);
  process.chdir(folder);
  const files = {
    'trace.csv': TRACE,
    'prog.vg.txt': RECORDING,
    'mine.js': ENGINE,
    addresses: ADDRESSES,
    'mine.suite.yaml': SUITE,
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(name, text);
  }
  const engines = 'textbook-first-fit,xmalloc-tlsf';
  const outputs = ['--out', 'results', '--append', 'history.csv', '--commit', 'c'];
  await runCli('run', 'trace.csv', '-a', engines, '-p', 'flat', ...outputs);
}

function problemOf([command]: Line, { code, stdout, stderr }: CommandRun): string | undefined {
  const [nonsense] = NONSENSE.exec(stdout + stderr) ?? [];
  if (nonsense !== undefined) {
    return `prints ${nonsense}`;
  }
  if (![0, 1, 2, 3].includes(code)) {
    return `exit ${code}`;
  }
  if (code === 2 && stderr.trimEnd().split('\n').length > 1) {
    return 'refuses in more than one line';
  }
  const isSilent = code === 0 && stdout === '' && stderr === '';
  // A shell that asks for what can be typed next may well be told that it is nothing.
  return isSilent && command !== 'completion' ? 'says nothing' : undefined;
}
