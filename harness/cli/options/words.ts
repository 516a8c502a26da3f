import { parseArgs, type ParseArgsConfig } from 'node:util';
import { didYouMean, UsageError } from '../../../traces/input-error';
import { NO, YES, type Operand, type Option } from './option';

/**
 * The words of a command line, read by what the command declares. Node splits them; what it lets pass (options that do
 * not exist, are denied, repeated, or left without a value) is refused here, each by its name.
 */

export interface Declared {
  readonly operands: Readonly<Record<string, Operand<unknown>>>;
  readonly options: Readonly<Record<string, Option<unknown>>>;
}

/** Throws a `UsageError`; `help` is the command that would have shown what is right. */
export function readWords(
  words: readonly string[],
  { operands, options }: Declared,
  help: string,
): Record<string, unknown> {
  const { given, rest } = splitWords(words, options, help);
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    values[name] = option.read(given.get(name), `--${longName(name)}`);
  }
  return { ...operandValues(rest, operands, help), ...values };
}

/** `heapPages` is typed `heap-pages`. */
const longName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Every long name of an option, the first its own. */
export const longNames = (name: string, { alsoCalled = [] }: Option<unknown>): readonly string[] => [
  longName(name),
  ...alsoCalled,
];

interface Split {
  /** What was given to each option, by the name it is declared under. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly rest: readonly string[];
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

function splitWords(words: readonly string[], options: Declared['options'], help: string): Split {
  const byName = new Map<string, { name: string; option: Option<unknown> }>();
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, option] of Object.entries(options)) {
    const names = longNames(name, option);
    names.forEach((each, index) => {
      byName.set(each, { name, option });
      config[each] = {
        type: option.takes === 'nothing' ? 'boolean' : 'string',
        multiple: true,
        ...(index === 0 && option.short !== undefined && { short: option.short }),
      };
    });
  }
  const { tokens } = parseArgs({ args: [...words], options: config, strict: false, tokens: true });
  const given = new Map<string, readonly string[]>();
  const rest: string[] = [];
  const waiting = [...tokens];
  for (let token = waiting.shift(); token !== undefined; token = waiting.shift()) {
    if (token.kind === 'positional') {
      rest.push(token.value);
    } else if (token.kind === 'option') {
      const found = byName.get(token.name);
      if (found === undefined) {
        deny(token, byName, given, help);
      } else {
        const value = found.option.takes === 'nothing' ? flagOf(token) : [wordOf(token)];
        const second = found.option.takes === 'two' ? secondOf(token, waiting.shift()) : [];
        add(found, [...value, ...second], token.rawName, given);
      }
    }
  }
  return { given, rest };
}

type OptionToken = Extract<Token, { kind: 'option' }>;

function wordOf({ rawName, value, inlineValue }: OptionToken): string {
  const isOption = inlineValue !== true && /^-[^\d]/.test(value ?? '');
  if (value === undefined || isOption) {
    throw new UsageError({
      where: rawName,
      problem: 'names none',
      expected: isOption ? `a value before ${value!}` : 'a value',
    });
  }
  // `-p=flat` is no less clear than `--pricing=flat`.
  return inlineValue === true && !rawName.startsWith('--') ? value.replace(/^=/, '') : value;
}

function secondOf({ rawName }: OptionToken, next: Token | undefined): string[] {
  if (next?.kind !== 'positional') {
    throw new UsageError({ where: rawName, problem: 'one value', expected: 'two' });
  }
  return [next.value];
}

function flagOf({ rawName, value }: OptionToken): [string] {
  if (value !== undefined) {
    throw new UsageError({ where: rawName, problem: `"${value}"`, expected: 'no value' });
  }
  return [YES];
}

/** `--no-NAME`, or an option that does not exist. */
function deny(
  { name, rawName, value }: OptionToken,
  byName: ReadonlyMap<string, { name: string; option: Option<unknown> }>,
  given: Map<string, readonly string[]>,
  help: string,
): void {
  const denied = name.startsWith('no-') ? byName.get(name.slice('no-'.length)) : undefined;
  if (denied?.option.takes === 'nothing' && value === undefined) {
    add(denied, [NO], rawName, given);
    return;
  }
  throw new UsageError(
    denied === undefined
      ? {
          problem: `unknown option "${name}"${didYouMean(name, [...byName.keys()])}`,
          expected: `what \`${help}\` shows`,
        }
      : {
          where: rawName,
          problem: 'nothing to deny',
          expected: `the command without --${name.slice('no-'.length)}`,
        },
  );
}

function add(
  { name, option }: { name: string; option: Option<unknown> },
  words: readonly string[],
  rawName: string,
  given: Map<string, readonly string[]>,
): void {
  const before = given.get(name);
  const isSame = option.takes === 'nothing' && before?.[0] === words[0];
  if (before !== undefined && option.takes !== 'many' && !isSame) {
    throw new UsageError({ where: rawName, problem: 'given twice', expected: 'it once' });
  }
  given.set(name, option.takes === 'many' ? [...(before ?? []), ...words] : words);
}

function operandValues(
  words: readonly string[],
  operands: Declared['operands'],
  help: string,
): Record<string, unknown> {
  const expected = `what \`${help}\` shows`;
  const declared = Object.entries(operands);
  const least = declared.filter(([, { isRequired }]) => isRequired).length;
  if (words.length < least) {
    throw new UsageError({ problem: `${words.length} arguments, ${least} needed`, expected });
  }
  const rest = [...words];
  const values = declared.map(([name, each]) => {
    const own = rest.splice(0, each.isRepeated ? rest.length : 1);
    return [name, each.read(own, longName(name))] as const;
  });
  const [strange] = rest;
  if (strange !== undefined) {
    throw new UsageError({ problem: `unknown command or argument "${strange}"`, expected });
  }
  return Object.fromEntries(values);
}
