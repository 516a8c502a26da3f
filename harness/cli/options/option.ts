import { didYouMean, UsageError } from '../../../traces/input-error';

/**
 * Options and operands as data. A command declares them once; parsing, help, completion and the types of what its
 * function receives all follow from the declaration.
 */

/** What a shell can complete. */
export type Completes = 'engine' | 'pricing' | 'trace' | 'suite' | 'shell' | 'file';

export interface Option<Value> {
  /** How many words it takes: none, one, one each time it is given, or two at once. */
  readonly takes: 'nothing' | 'one' | 'many' | 'two';
  readonly describe: string;
  /** What help says of its absence. */
  readonly byDefault?: string;
  /** `-a` for `a`. */
  readonly short?: string;
  /** Other long names, without dashes. */
  readonly alsoCalled?: readonly string[];
  /** The heading it stands under in help. */
  readonly group?: string;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
  /** The variable by which it reaches the processes that this one starts. */
  readonly environment?: string;
  /** The value of what was typed, which is undefined where it was not; `where` is how a message calls the option. */
  read(words: readonly string[] | undefined, where: string): Value;
}

/** The values of a record of options or operands, by their names. */
export type ValuesOf<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends { read(...given: never[]): infer Value }
    ? Value
    : never;
};

type Details = Partial<
  Pick<Option<unknown>, 'byDefault' | 'short' | 'alsoCalled' | 'group' | 'completes' | 'environment'>
>;

/** A word as it stands. */
export const text = (describe: string, details: Details = {}): Option<string | undefined> => ({
  ...details,
  takes: 'one',
  describe,
  read: (words) => words?.[0],
});

/** An option that must be given; `hint` says why. */
export const needed = <Value>(option: Option<Value | undefined>, hint: string): Option<Value> => ({
  ...option,
  read: (words, where) => {
    const value = option.read(words, where);
    if (value === undefined) {
      throw new UsageError({ problem: `no ${where}: ${hint}` });
    }
    return value;
  },
});

export const flag = (describe: string, details: Details = {}): Option<boolean> => ({
  ...details,
  takes: 'nothing',
  describe,
  read: (words) => words?.[0] === YES,
});

/** A flag that is set unless `--no-NAME` is given, which is what help shows: described by what its denial does. */
export const flagUnless = (describe: string, details: Details = {}): Option<boolean> => ({
  ...details,
  takes: 'nothing',
  describe,
  byDefault: 'yes',
  read: (words) => words?.[0] !== NO,
});

/** What the words of a flag are, given and denied. */
export const YES = 'yes';
export const NO = 'no';

/** A whole number in a range; `fallback` where it was not given. */
export function count(
  describe: string,
  range: readonly [smallest: number, largest: number],
  details?: Details,
): Option<number | undefined>;
export function count(
  describe: string,
  range: readonly [smallest: number, largest: number],
  details: Details,
  fallback: number,
): Option<number>;
export function count(
  describe: string,
  [smallest, largest]: readonly [number, number],
  details: Details = {},
  fallback?: number,
): Option<number | undefined> {
  return {
    ...(fallback !== undefined && { byDefault: String(fallback) }),
    ...details,
    takes: 'one',
    describe,
    read: (words, where) =>
      words === undefined ? fallback : wholeNumber(where, words[0]!, smallest, largest),
  };
}

export const ANY_COUNT = [0, Number.MAX_SAFE_INTEGER] as const;

/** One of some words. */
export function choice<const Word extends string>(
  describe: string,
  choices: readonly Word[],
  details: Details & { readonly byDefault: Word },
): Option<Word>;
export function choice<const Word extends string>(
  describe: string,
  choices: readonly Word[],
  details?: Details,
): Option<Word | undefined>;
export function choice<const Word extends string>(
  describe: string,
  choices: readonly Word[],
  details: Details = {},
): Option<Word | undefined> {
  return {
    ...details,
    takes: 'one',
    describe,
    choices,
    read: (words, where) =>
      words === undefined ? (details.byDefault as Word | undefined) : oneOf(choices, words[0]!, where),
  };
}

/** An option that may be repeated. */
export const list = (
  describe: string,
  details: Details = {},
  fallback: readonly string[] = [],
): Option<readonly string[]> => ({
  ...(fallback.length > 0 && { byDefault: fallback.join(',') }),
  ...details,
  takes: 'many',
  describe,
  read: (words) => words ?? fallback,
});

/** Two words at once. */
export const pair = (
  describe: string,
  details: Details = {},
): Option<readonly [string, string] | undefined> => ({
  ...details,
  takes: 'two',
  describe,
  read: (words) => words as readonly [string, string] | undefined,
});

/** A word that is named by its place. */
export interface Operand<Value> {
  readonly describe: string;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
  readonly isRequired: boolean;
  readonly isRepeated: boolean;
  read(words: readonly string[], where: string): Value;
}

type OperandDetails = Pick<Operand<unknown>, 'describe' | 'completes'>;

export const operand = (details: OperandDetails): Operand<string> => ({
  ...details,
  isRequired: true,
  isRepeated: false,
  read: ([word]) => word!,
});

export const optionalOperand = (details: OperandDetails): Operand<string | undefined> => ({
  ...details,
  isRequired: false,
  isRepeated: false,
  read: ([word]) => word,
});

export const chosenOperand = <const Word extends string>(
  choices: readonly Word[],
  details: OperandDetails,
): Operand<Word | undefined> => ({
  ...details,
  choices,
  isRequired: false,
  isRepeated: false,
  read: ([word], where) => (word === undefined ? undefined : oneOf(choices, word, where)),
});

export const operands = (details: OperandDetails, least: 0 | 1): Operand<readonly string[]> => ({
  ...details,
  isRequired: least > 0,
  isRepeated: true,
  read: (words) => words,
});

function oneOf<Word extends string>(choices: readonly Word[], word: string, where: string): Word {
  const found = choices.find((each) => each === word);
  if (found === undefined) {
    throw new UsageError({
      where,
      problem: `"${word}"${didYouMean(word, choices)}`,
      expected: `one of ${choices.join(', ')}`,
    });
  }
  return found;
}

/** A whole number in a range; throws a `UsageError` that names the option. */
function wholeNumber(where: string, word: string, smallest: number, largest: number): number {
  const value = Number(word);
  if (!/^\d+$/.test(word) || value < smallest || value > largest) {
    throw new UsageError({
      where,
      problem: `"${word}"`,
      expected: `a whole number from ${smallest} to ${largest}`,
    });
  }
  return value;
}
