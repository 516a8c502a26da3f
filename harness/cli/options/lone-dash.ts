/**
 * A lone `-` names standard input or output. yargs drops it, as an argument and behind a long option, because it begins
 * like an option (yargs issue 1312); so yargs is given a word that nobody types, and commands get their dash back.
 */

const DASH = '-';
/** For private use, which Unicode gives no meaning; it shows in messages as it is, so that it is found there. */
const STAND_IN = '\u{E02D}';

/** The command line as yargs is to read it. */
export const withoutLoneDashes = (words: readonly string[]): string[] =>
  words.map((word) => (word === DASH ? STAND_IN : word));

/** What yargs says of a command line, about the one that was typed. */
export const messageWithDashes = (message: string): string => message.replaceAll(STAND_IN, DASH);

/** The arguments that yargs has read, as they were typed. */
export function argumentsWithDashes<Arguments extends object>(argv: Arguments): Arguments {
  const typed = (value: unknown): unknown =>
    value === STAND_IN ? DASH : Array.isArray(value) ? value.map(typed) : value;
  return Object.fromEntries(Object.entries(argv).map(([name, value]) => [name, typed(value)])) as Arguments;
}
