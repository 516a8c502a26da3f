/**
 * What the project throws for input a person can correct: a file it cannot read (`InputError`) or an option it does
 * not understand (`UsageError`). Both become one line on stderr and exit code 2; every other exception is a bug of
 * ours. They live beside the trace model because every folder may reach it and it reaches nothing.
 */

/** What every correctable problem says about itself. */
export interface ProblemDetails {
  /** Where it is: `file:line:column`, `file`, or the option's name. */
  readonly where?: string;
  /** What is wrong, without the place and without a full stop. */
  readonly problem: string;
  /** What would have been accepted, phrased to follow the word "expected". */
  readonly expected?: string;
  /** What another program said of it, in its own lines, to be shown before ours. */
  readonly quoted?: string;
}

/** The common shape: the message is one printable line, `where: problem; expected …`. */
abstract class CorrectableError extends Error {
  readonly where?: string;
  readonly problem: string;
  readonly expected?: string;
  readonly quoted?: string;

  constructor({ where, problem, expected, quoted }: ProblemDetails) {
    super(
      messageLine({
        problem,
        ...(where !== undefined && { where }),
        ...(expected !== undefined && { expected }),
      }),
    );
    this.problem = problem;
    if (where !== undefined) {
      this.where = where;
    }
    if (expected !== undefined) {
      this.expected = expected;
    }
    if (quoted !== undefined) {
      this.quoted = quoted;
    }
  }
}

/** Unreadable or malformed input: a trace, a recording, a suite, a profile, a results file. */
export class InputError extends CorrectableError {
  override readonly name = 'InputError';
}

/** A command line or an option that cannot be followed. */
export class UsageError extends CorrectableError {
  override readonly name = 'UsageError';
}

/** Nobody mistypes a name this long: it is hostile or not a name, and comparing costs its length squared. */
const longestNameConsidered = 128;

/** A part this short is in too many names, and more names than this help nobody. */
const shortestPart = 4;
const namesOfPartMax = 3;

/**
 * The suffix of an "unknown name" message: `; did you mean "x"?` for the nearest candidate, else for those that the
 * name is a part of (`tlsf`), or the empty string. Near is what becomes the name when no more than a third of its
 * letters change. Among equally near candidates the first listed wins, so the text never depends on anything but the
 * arguments.
 */
export function didYouMean(name: string, candidates: readonly string[]): string {
  if (name.length > longestNameConsidered) {
    return '';
  }
  const nearest = nearestTo(name.toLowerCase(), candidates);
  const meant = nearest === undefined ? namesWithPart(name, candidates) : [nearest];
  return meant.length === 0
    ? ''
    : `; did you mean ${meant.map((each) => `"${escapeControls(each)}"`).join(' or ')}?`;
}

/** Names that begin with the part before those that hold it elsewhere; hyphens are easily forgotten. */
function namesWithPart(name: string, candidates: readonly string[]): string[] {
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const part = bare(name);
  if (part.length < shortestPart) {
    return [];
  }
  const beginning = candidates.filter((each) => bare(each).startsWith(part));
  const found = beginning.length > 0 ? beginning : candidates.filter((each) => bare(each).includes(part));
  return found.slice(0, namesOfPartMax);
}

function nearestTo(typed: string, candidates: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let nearestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    // A length difference is a lower bound of the distance: hostile names cost nothing.
    if (Math.abs(candidate.length - typed.length) >= nearestDistance) {
      continue;
    }
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/**
 * By hand, for the libraries that are kept up count a swap of neighbours, the commonest slip, as two edits:
 * Damerau-Levenshtein distance in UTF-16 units: the least number of insertions, deletions, substitutions and swaps of
 * neighbours that turn one string into the other, where letters may still be edited between swapped ones (Lowrance
 * and Wagner, "An Extension of the String-to-String Correction Problem", J. ACM 22(2), 1975).
 */
export function editDistance(from: string, to: string): number {
  const columns = to.length + 2;
  const unreachable = from.length + to.length;
  const distance = new Uint32Array((from.length + 2) * columns);
  distance[0] = unreachable;
  for (let i = 0; i <= from.length; i++) {
    distance[(i + 1) * columns] = unreachable;
    distance[(i + 1) * columns + 1] = i;
  }
  for (let j = 0; j <= to.length; j++) {
    distance[j + 1] = unreachable;
    distance[columns + j + 1] = j;
  }
  const lastRowOfLetter = new Map<string, number>();
  for (let i = 1; i <= from.length; i++) {
    let lastMatchingColumn = 0;
    for (let j = 1; j <= to.length; j++) {
      const swapRow = lastRowOfLetter.get(to[j - 1]!) ?? 0;
      const swapColumn = lastMatchingColumn;
      const same = from[i - 1] === to[j - 1];
      if (same) {
        lastMatchingColumn = j;
      }
      distance[(i + 1) * columns + j + 1] = Math.min(
        distance[i * columns + j]! + (same ? 0 : 1),
        distance[(i + 1) * columns + j]! + 1,
        distance[i * columns + j + 1]! + 1,
        distance[swapRow * columns + swapColumn]! + (i - swapRow - 1) + 1 + (j - swapColumn - 1),
      );
    }
    lastRowOfLetter.set(from[i - 1]!, i);
  }
  return distance[(from.length + 1) * columns + to.length + 1]!;
}

/**
 * Text safe to print on one terminal line: control characters, line separators, and the marks that reorder or hide
 * text become `\n`, `\t`, `\r` or `\u{hex}`.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    if (character === '\n') {
      return '\\n';
    }
    if (character === '\t') {
      return '\\t';
    }
    if (character === '\r') {
      return '\\r';
    }
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}

function messageLine({ where, problem, expected }: ProblemDetails): string {
  const place = where === undefined ? '' : `${where}: `;
  const wanted = expected === undefined ? '' : `; expected ${expected}`;
  return escapeControls(`${place}${problem}${wanted}`);
}
