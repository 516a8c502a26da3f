import type { AccessCounts, Profile, SourceLine, StepRun } from './explanation';

/**
 * Where in the source two revisions of a compiled engine differ over one replay: the lines that only one of them has,
 * and the functions that cost other than they did.
 */

/** The lines of source files by name, as far as they are at hand. */
export type Sources = ReadonlyMap<string, readonly string[]>;

export interface RevisionProfile {
  readonly profile: Profile;
  readonly sources: Sources;
}

export interface SourceDifference {
  readonly pricing: string;
  /** In the order of functions and lines, the base's before the head's; empty where no source is at hand. */
  readonly lines: readonly ChangedLine[];
  /** Those whose cycles differ most first. */
  readonly functions: readonly ChangedFunction[];
}

/** A line that did something and has no counterpart on the other side. */
export interface ChangedLine extends SourceLine {
  readonly side: 'base' | 'head';
  readonly text: string;
  readonly figures: Figures;
}

export interface ChangedFunction extends Pick<SourceLine, 'functionName' | 'file'> {
  /** Null where the side has no such function, or never ran it. */
  readonly base: Figures | null;
  readonly head: Figures | null;
}

export interface Figures {
  readonly accesses: number;
  readonly instructions: number;
  readonly cycles: number;
}

export function sourceDifference(base: RevisionProfile, head: RevisionProfile): SourceDifference {
  return {
    pricing: head.profile.pricing.id,
    lines: changedLines(base, head),
    functions: changedFunctions(base.profile, head.profile),
  };
}

function changedFunctions(base: Profile, head: Profile): ChangedFunction[] {
  const before = functionFigures(base);
  const after = functionFigures(head);
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key): ChangedFunction => {
      const [file, functionName] = JSON.parse(key) as [string, string];
      return { functionName, file, base: before.get(key) ?? null, head: after.get(key) ?? null };
    })
    .filter((each) => JSON.stringify(each.base) !== JSON.stringify(each.head))
    .sort((a, b) => cyclesBetween(b) - cyclesBetween(a));
}

const cyclesBetween = ({ base, head }: ChangedFunction): number =>
  Math.abs((head?.cycles ?? 0) - (base?.cycles ?? 0));

function functionFigures({ steps }: Profile): Map<string, Figures> {
  const functions = new Map<string, Figures>();
  for (const step of steps) {
    const [place] = step.source ?? [];
    if (place !== undefined) {
      addTo(functions, JSON.stringify([place.file, place.functionName]), step);
    }
  }
  return functions;
}

function addTo(sums: Map<string, Figures>, key: string, step: StepRun): void {
  const sum = sums.get(key) ?? { accesses: 0, instructions: 0, cycles: 0 };
  sums.set(key, {
    accesses: sum.accesses + accessesOf(step.accesses),
    instructions: sum.instructions + step.instructions,
    cycles: sum.cycles + step.cycles,
  });
}

const accessesOf = ({ loads, chases, stores, updates }: AccessCounts): number =>
  loads + chases + stores + updates;

interface KnownLine extends SourceLine {
  readonly text: string;
  readonly figures: Figures;
}

/** Lines are matched by their function and words: what moved within a file is the same line. */
function changedLines(base: RevisionProfile, head: RevisionProfile): ChangedLine[] {
  const before = knownLines(base);
  const after = knownLines(head);
  const only = (side: 'base' | 'head', lines: readonly KnownLine[], others: readonly KnownLine[]) => {
    const left = new Map<string, number>();
    others.forEach((line) => left.set(wordsOf(line), (left.get(wordsOf(line)) ?? 0) + 1));
    return lines
      .filter((line) => {
        const count = left.get(wordsOf(line)) ?? 0;
        left.set(wordsOf(line), count - 1);
        return count <= 0;
      })
      .map((line): ChangedLine => ({ ...line, side }));
  };
  return [...only('base', before, after), ...only('head', after, before)].sort(
    (a, b) => compareTexts(a.file, b.file) || compareTexts(a.functionName, b.functionName),
  );
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const wordsOf = ({ functionName, text }: KnownLine): string =>
  `${functionName}\n${text.replace(/\s+/g, ' ')}`;

/** Every line of a source at hand that did something, once. */
function knownLines({ profile, sources }: RevisionProfile): KnownLine[] {
  const figures = new Map<string, Figures>();
  const places = new Map<string, SourceLine>();
  for (const step of profile.steps) {
    const [place] = step.source ?? [];
    if (place !== undefined && sources.get(place.file)?.[place.line - 1] !== undefined) {
      const key = `${place.file}\n${place.line}`;
      places.set(key, place);
      addTo(figures, key, step);
    }
  }
  return [...places]
    .map(([key, place]) => ({
      ...place,
      text: sources.get(place.file)![place.line - 1]!.trim(),
      figures: figures.get(key)!,
    }))
    .sort((a, b) => compareTexts(a.file, b.file) || a.line - b.line);
}
