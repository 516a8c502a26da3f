import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ENGINE_NAMES } from '../../../allocators/registry';
import { UsageError } from '../../../traces/input-error';
import { adversaryTraces, policyTraces, recordedTraces } from '../../../traces/shipped';
import { SYNTHESIZER_NAMES } from '../../../traces/synthesizers/registry';
import { PROFILE_NAMES } from '../../pricing/profile-file';
import { shippedSuites } from '../../suite/suite-file';
import { EXIT, type ExitCode } from '../exit-codes';
import { flag, operands, type Completes, type Operand, type Option } from '../options/option';
import { longNames } from '../options/words';
import { command, type Command, type CommandEntry, type CommandGroup } from './command';
import { print } from '../output/terminal';

/**
 * `completion`: the script by which a shell completes what is typed. All three scripts ask this program itself what may
 * stand in place of the last word, so that they know engines, pricings, traces and suites without being made anew.
 */

type Entries = readonly (CommandEntry | CommandGroup)[];

export const completionOf = (entries: Entries): Command =>
  command({
    operands: { words: operands({ describe: 'bash, zsh or fish (default: $SHELL)', completes: 'shell' }, 0) },
    options: { complete: flag('Print what may stand in place of the last of the words behind --') },
    examples: ['source <($0 bash)', '$0 fish > ~/.config/fish/completions/alloc-replay.fish'],
    run: ({ words, complete }): ExitCode => {
      print(complete ? lines(candidates(words, entries)) : scriptFor(words, process.env['SHELL'] ?? ''));
      return EXIT.ok;
    },
  });

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

const SHELLS = ['bash', 'zsh', 'fish'] as const;

function scriptFor([named]: readonly string[], shellPath: string): string {
  const wanted = named ?? basename(shellPath);
  const shell = SHELLS.find((each) => each === wanted);
  if (shell === undefined) {
    const problem = named === undefined ? 'no shell is named, and $SHELL names none of them' : `"${named}"`;
    throw new UsageError({ where: 'completion', problem, expected: `one of ${SHELLS.join(', ')}` });
  }
  return readFileSync(join(__dirname, `completion.${shell}`), 'utf8');
}

/** What may stand in place of the last word. Files are the shell's own business. */
function candidates(words: readonly string[], entries: Entries): readonly string[] {
  const [first, ...rest] = words;
  if (rest.length === 0) {
    return startingWith(
      first ?? '',
      entries.map(({ name }) => name),
    );
  }
  const entry = entries.find(({ name }) => name === first);
  if (entry === undefined) {
    return [];
  }
  return 'commands' in entry ? candidates(rest, entry.commands) : candidatesOf(entry.load(), rest);
}

function candidatesOf({ operands: named, options }: Command, words: readonly string[]): readonly string[] {
  const typed = words.at(-1)!;
  const [, option, part] = /^(--[^=]+)=(.*)$/.exec(typed) ?? [];
  if (option !== undefined) {
    return valuesOf(optionNamed(option, options), part!).map((value) => `${option}=${value}`);
  }
  const before = optionNamed(words.at(-2), options);
  if (before !== undefined && before.takes !== 'nothing') {
    return valuesOf(before, typed);
  }
  if (typed.startsWith('-')) {
    const names = Object.entries(options).flatMap(([name, each]) => longNames(name, each));
    return startingWith(
      typed,
      names.map((name) => `--${name}`),
    );
  }
  return valuesOf(operandAt(words, named, options), typed);
}

function optionNamed(word: string | undefined, options: Command['options']): Option<unknown> | undefined {
  return Object.entries(options).find(
    ([name, each]) => word === `-${each.short}` || longNames(name, each).some((long) => word === `--${long}`),
  )?.[1];
}

function operandAt(
  words: readonly string[],
  named: Command['operands'],
  options: Command['options'],
): Operand<unknown> | undefined {
  const takesValue = (word: string | undefined) => {
    const option = optionNamed(word, options);
    return option !== undefined && option.takes !== 'nothing';
  };
  const index = words
    .slice(0, -1)
    .filter((word, at) => !word.startsWith('-') && !takesValue(words[at - 1])).length;
  const list = Object.values(named);
  const last = list.at(-1);
  return list[index] ?? (last?.isRepeated === true ? last : undefined);
}

/** Of a list that commas join, the last part is completed. */
function valuesOf(
  declared: Pick<Option<unknown>, 'choices' | 'completes'> | undefined,
  typed: string,
): readonly string[] {
  const kept = typed.slice(0, typed.lastIndexOf(',') + 1);
  const known = declared?.choices ?? (declared?.completes === undefined ? [] : KNOWN[declared.completes]());
  return startingWith(typed.slice(kept.length), known).map((value) => kept + value);
}

const startingWith = (typed: string, known: readonly string[]): readonly string[] =>
  known.filter((each) => each.startsWith(typed));

const KNOWN: Readonly<Record<Completes, () => readonly string[]>> = {
  engine: () => ENGINE_NAMES,
  pricing: () => PROFILE_NAMES.flatMap((name) => [name, `${name}@cold`]),
  trace: () => [
    ...recordedTraces().map(({ name }) => `recorded:${name}`),
    ...policyTraces().map(({ name }) => `policy:${name}`),
    ...adversaryTraces().map(({ name }) => `adversaries:${name}`),
    ...SYNTHESIZER_NAMES.map((name) => `synth:${name}`),
  ],
  suite: shippedSuites,
  shell: () => SHELLS,
  file: () => [],
};
