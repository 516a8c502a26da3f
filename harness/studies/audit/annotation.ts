import { didYouMean } from '../../../traces/input-error';
import { LARGEST_INTEGER, OP, OP_NAMES } from '../../../traces/trace';
import type { TextTable } from '../../../traces/trace';

/**
 * The `value` cells of annotated traces: `key=value` pairs between blanks. `traces/policy/README.md` is the
 * vocabulary; here it is read, and what it does not know is refused, for a misspelt annotation would pass for clean.
 */

/** What a cell says. Ids are numbers; what is not said is undefined. */
export interface Annotation {
  readonly call?: number;
  readonly ctx?: number;
  readonly parentcall?: number;
  /** The returned object it can be reached from: an id, the context, or memory of the application's own. */
  readonly inside?: 'ctx' | 'app' | number;
  readonly kind?: 'public' | 'private';
  readonly gc?: 'own' | 'parent' | 'none';
  readonly category?: 'a' | 'b' | 'c' | 'd';
  readonly to?: 'app' | 'internal';
  readonly by?: 'app';
  readonly via?: Via;
  /** Name of the public function that frees, for `via=destructor:NAME`. */
  readonly destructor?: string;
  /** `ctx`, or the id of the object. */
  readonly in?: 'ctx' | number;
  readonly hidden?: 'yes' | 'no';
  readonly first?: 'gc' | 'other';
  readonly rc?: string;
  readonly needs?: string;
}

export type Via = 'gc' | 'libc' | 'app' | 'destructor';

export interface BadAnnotation {
  readonly problem: string;
  readonly expected: string;
}

const ID_KEYS = ['call', 'ctx', 'parentcall'];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  kind: ['public', 'private'],
  gc: ['own', 'parent', 'none'],
  category: ['a', 'b', 'c', 'd'],
  to: ['app', 'internal'],
  by: ['app'],
  hidden: ['yes', 'no'],
  first: ['gc', 'other'],
};

/** The keys that each operation may have; operations that are not here have no annotation that an audit reads. */
const KEYS: Readonly<Record<number, readonly string[]>> = {
  [OP.enter]: ['kind', 'ctx', 'parentcall', 'gc', 'hidden', 'first'],
  [OP.leave]: ['rc'],
  [OP.temp]: ['call', 'category', 'needs'],
  [OP.heap]: ['call', 'category', 'gc', 'needs'],
  [OP.adopt]: ['call'],
  [OP.realloc]: ['call', 'via', 'needs'],
  [OP.free]: ['call', 'via', 'needs'],
  [OP.freeall]: ['call'],
  [OP.return]: ['call', 'to', 'inside'],
  [OP.store]: ['call', 'in'],
  [OP.use]: ['call', 'by'],
  [OP.ctxfree]: [],
};

const NOTHING_SAID: Annotation = {};

/** Reads annotations, each distinct cell once. */
export class Annotations {
  private readonly read = new Map<number, Annotation>();

  constructor(private readonly texts: TextTable) {}

  /** What the cell with this text index says of an operation; throws a `BadAnnotation` for what it may not say. */
  of(op: number, value: number): Annotation {
    const keys = KEYS[op];
    if (keys === undefined || value === 0) {
      return NOTHING_SAID;
    }
    const key = value * OP_NAMES.length + op;
    const known = this.read.get(key);
    if (known !== undefined) {
      return known;
    }
    const annotation = readAnnotation(this.texts.text(value), op, keys);
    this.read.set(key, annotation);
    return annotation;
  }
}

/** Thrown for a cell that cannot be read; the place is for the audit to add. */
export class AnnotationError extends Error {
  constructor(readonly details: BadAnnotation) {
    super(details.problem);
    this.name = 'AnnotationError';
  }
}

function readAnnotation(text: string, op: number, keys: readonly string[]): Annotation {
  const annotation: Record<string, string | number> = {};
  for (const pair of text.split(' ').filter((each) => each !== '')) {
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (equals < 0 || !keys.includes(key)) {
      throw new AnnotationError({
        problem: `"${pair.slice(0, 64)}" in the value of ${OP_NAMES[op]}${didYouMean(key, keys)}`,
        expected: keys.length === 0 ? 'no value' : `${keys.join('=…, ')}=…`,
      });
    }
    Object.assign(annotation, readPair(key, pair.slice(equals + 1)));
  }
  return annotation;
}

function readPair(key: string, word: string): Annotation {
  if (ID_KEYS.includes(key)) {
    return { [key]: readId(key, word) };
  }
  if (key === 'via') {
    return readVia(word);
  }
  if (key === 'in') {
    return { in: word === 'ctx' ? word : readId(key, word) };
  }
  if (key === 'inside') {
    return { inside: word === 'ctx' || word === 'app' ? word : readId(key, word) };
  }
  const choices = CHOICES[key];
  if (choices !== undefined && !choices.includes(word)) {
    throw new AnnotationError({
      problem: `${key}=${word.slice(0, 64)}${didYouMean(word, choices)}`,
      expected: choices.map((choice) => `${key}=${choice}`).join(' or '),
    });
  }
  return { [key]: word };
}

function readId(key: string, word: string): number {
  const id = Number(word);
  if (!/^\d+$/.test(word) || id > LARGEST_INTEGER) {
    throw new AnnotationError({ problem: `${key}=${word.slice(0, 64)}`, expected: 'an id, a whole number' });
  }
  return id;
}

const DESTRUCTOR = 'destructor:';

function readVia(word: string): Annotation {
  if (word === 'gc' || word === 'libc' || word === 'app') {
    return { via: word };
  }
  if (word.startsWith(DESTRUCTOR) && word.length > DESTRUCTOR.length) {
    return { via: 'destructor', destructor: word.slice(DESTRUCTOR.length) };
  }
  throw new AnnotationError({
    problem: `via=${word.slice(0, 64)}`,
    expected: 'via=gc, via=libc, via=app or via=destructor:FUNCTION',
  });
}
