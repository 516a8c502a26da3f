import { wrappedText, type Terminal } from '../../../reports/text-columns';
import { escapeControls } from '../../../traces/input-error';

/**
 * All that this program says passes here, and nothing gets through that a terminal or a runner of jobs would take for
 * a command: what steers a terminal or reorders its text, and what GitHub, Azure or TeamCity obey in a log (`::error::`
 * at the start of a line, `##[error]` anywhere). Such a character is spelled as `\u001b`, which JSON reads as the same.
 * Line ends and tabs are the text's own: a name in it has been through `escapeControls`.
 */

/** What standard output is: a terminal with so many columns and colours (`NO_COLOR` is heeded), or no terminal. */
export function standardTerminal(): Terminal {
  const { stdout } = process;
  return stdout.isTTY ? { columns: stdout.columns, hasColours: stdout.hasColors() } : {};
}

/** Prints a text: a report, a table, a file's bytes as text. */
export function print(text: string): void {
  process.stdout.write(printable(text));
}

/** Prints what people read: on a terminal in lines no wider than that. What programs read is printed as it is. */
export const printWords = (text: string): void => print(wrappedText(text, standardTerminal().columns));

/** Prints one line for people, whatever the names in it hold. */
export const printLine = (line: string): void => printWords(`${escapeControls(line)}\n`);

/** Says one line beside what is printed. */
export const tellLine = (line: string): void => tell(`${escapeControls(line)}\n`);

/** Says something beside what is printed: what is odd, what went wrong. */
export function tell(text: string): void {
  process.stderr.write(printable(text));
}

/** Annotations, which are such commands, made by `workflowCommand` that escapes what they quote. */
export function tellRunner(commands: string): void {
  process.stderr.write(commands.replace(STEERING, spelled));
}

/** Runs `action` when everything printed is out. */
export function whenPrinted(action: () => void): void {
  process.stdout.write('', action);
}

/** Bold red and its end are what tables mark with, and steer nothing. */
const STEERING = /\u001b(?!\[(?:0|1;31)m)|[^\P{Cc}\n\t\u001b]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const COMMAND = /^(?<indent>[^\S\n]*):(?=:)|#(?=#(?:\w+)?\[)/gm;

function printable(text: string): string {
  return text
    .replace(STEERING, spelled)
    .replace(COMMAND, (found) => found.replace(/[:#]$/, (sign) => spelled(sign)));
}

const spelled = (text: string): string =>
  Array.from(
    { length: text.length },
    (_, unit) => `\\u${text.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
