import { didYouMean, UsageError } from '../../../traces/input-error';

/** What the argument parser objects to, in our words: one line that names what is wrong and what was expected. */

interface Place {
  /** The words after the program's name. */
  readonly commandLine: readonly string[];
  readonly commands: readonly string[];
  /** Of the command that was being read. */
  readonly options: readonly string[];
}

interface Objection {
  /** Matches the parser's message; its groups go to `error`. */
  readonly message: RegExp;
  error(groups: readonly string[], place: Place): UsageError;
}

const OBJECTIONS: readonly Objection[] = [
  {
    message: /^Unknown (?:argument|command): (.+)$/s,
    error: ([name], place) => unknown(name!, place),
  },
  {
    message: /^Unknown arguments: (.+)$/s,
    error: ([names], place) => {
      const [first] = place.commandLine;
      // Of a command that is none, the words behind it are unknown too.
      return first !== undefined && names!.split(', ').includes(first)
        ? unknown(first, place)
        : new UsageError({ problem: `unknown arguments ${names}`, expected: helpOf(place) });
    },
  },
  {
    message: /^Not enough non-option arguments: got (\d+), need at least (\d+)$/,
    error: ([got, needed], place) =>
      new UsageError({ problem: `${got} arguments, ${needed} needed`, expected: helpOf(place) }),
  },
  {
    message: /^Missing required argument: (.+)\n(.+)$/s,
    error: ([name, hint]) => new UsageError({ problem: `no --${name}: ${hint}` }),
  },
  {
    message: /^Invalid values:\n +Argument: (.+), Given: (.+), Choices: (.+)$/s,
    error: ([where, given, choices], { commandLine }) =>
      new UsageError({
        where: commandLine.some((word) => word.startsWith(`--${where}`)) ? `--${where}` : where!,
        problem: given!,
        expected: `one of ${choices!.replaceAll('"', '')}`,
      }),
  },
];

/** The parser's message as an error of ours. */
export function usageError(message: string, place: Place): UsageError {
  const strange = place.commandLine.find((word) => !word.startsWith('-') && !place.commands.includes(word));
  if (/^no (?:trace )?command given/.test(message) && strange !== undefined) {
    return unknown(strange, place);
  }
  for (const objection of OBJECTIONS) {
    const found = objection.message.exec(message);
    if (found !== null) {
      return objection.error(found.slice(1), place);
    }
  }
  return new UsageError({ problem: message.trim().replace(/\s*\n\s*/g, '; ') });
}

function unknown(name: string, place: Place): UsageError {
  const isWord = place.commandLine.includes(name);
  const known = isWord ? place.commands : place.options;
  return new UsageError({
    problem: `unknown ${isWord ? 'command or argument' : 'option'} "${name}"${didYouMean(name, known)}`,
    expected: helpOf(place),
  });
}

/** Names the help of the command that a line begins with. */
function helpOf({ commandLine, commands }: Place): string {
  const words: string[] = [];
  for (const word of commandLine) {
    if (!commands.includes(word)) {
      break;
    }
    words.push(word);
  }
  return `what \`${['alloc-replay', ...words, '--help'].join(' ')}\` shows`;
}
