import * as v from 'valibot';
import { CAPABILITIES, type EngineDefinition } from '../replay/port';

/**
 * The shape of an engine's definition, for those that come from outside and were never seen by our compiler. The
 * messages say what is expected and follow that word.
 */

const TEXT = 'a text that is not empty';
const COUNT = 'a whole number from 0 to 2^53 − 1';
const NAME = 'lowercase letters, digits and hyphens, beginning with a letter or digit';

const text = v.pipe(v.string(TEXT), v.nonEmpty(TEXT));
const name = v.pipe(v.string(NAME), v.regex(/^[a-z0-9][a-z0-9-]*$/, NAME));
const integer = v.pipe(v.number('an integer'), v.safeInteger('an integer'));
const count = v.pipe(v.number(COUNT), v.safeInteger(COUNT), v.minValue(0, COUNT));
const powerOfTwo = v.pipe(
  integer,
  v.check((value) => value > 0 && value <= 0x4000_0000 && (value & (value - 1)) === 0, 'a power of two'),
);
const callable = v.function('a function');

const option = v.variant(
  'kind',
  [
    v.object({
      kind: v.literal('integer'),
      summary: text,
      smallest: integer,
      largest: integer,
      byDefault: integer,
    }),
    v.object({
      kind: v.literal('choice'),
      summary: text,
      choices: v.array(text, 'a list of texts'),
      byDefault: text,
    }),
    v.object({ kind: v.literal('engine'), summary: text, byDefault: text }),
  ],
  'an option of kind integer, choice or engine',
);

const bound = v.object(
  {
    verb: v.picklist(['alloc', 'free', 'realloc'], 'alloc, free or realloc'),
    unit: v.picklist(['accesses', 'instructions'], 'accesses or instructions'),
    most: v.optional(count),
    statement: text,
    source: text,
  },
  'verb, unit, statement and source, and most where there is a bound',
);

const demonstration = v.object(
  { operations: v.array(text, 'rows of a trace'), shows: callable },
  'operations and shows(seen)',
);

const quirk = v.object(
  {
    name: text,
    summary: text,
    source: text,
    demonstration: v.optional(demonstration),
    breaks: v.optional(v.object({ guarantee: text, by: callable }, 'a guarantee and by(request)')),
  },
  'name, summary and source',
);

const definition = v.object(
  {
    name,
    version: v.pipe(integer, v.minValue(1, 'a version number from 1')),
    summary: text,
    lineage: text,
    constants: v.object(
      {
        headerBytes: count,
        granuleBytes: powerOfTwo,
        blockBytesMin: count,
        alignBytesMax: v.optional(powerOfTwo),
        requestBytesMax: v.optional(count),
      },
      'headerBytes, granuleBytes, blockBytesMin and requestBytesMax',
    ),
    options: v.record(name, option, 'options by name'),
    capabilities: v.array(
      v.picklist(CAPABILITIES, `one of ${CAPABILITIES.join(', ')}`),
      'a list of optional verbs',
    ),
    bounds: v.array(bound, 'a list of worst cases'),
    quirks: v.array(quirk, 'a list of quirks'),
    placementsForm: v.picklist(
      ['xen', 'xen-virtual', 'plan9', 'libxl'],
      'one of xen, xen-virtual, plan9, libxl',
    ),
    create: callable,
  },
  'a definition with name, version, summary, lineage, constants, options, capabilities, bounds, quirks, ' +
    'placementsForm and create',
);

/** What is wrong with a value that should be an engine's definition, and where in it. */
export interface DefinitionProblem {
  /** Dotted path, empty for the value itself. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/** The first thing that keeps `value` from being an engine's definition, or undefined. */
export function definitionProblem(value: unknown): DefinitionProblem | undefined {
  const parsed = v.safeParse(definition, value, { abortEarly: true });
  if (parsed.success) {
    return inconsistency(value as EngineDefinition);
  }
  const [issue] = parsed.issues;
  return { path: v.getDotPath(issue) ?? '', found: described(issue.input), expected: issue.message };
}

/** What no single field shows: defaults outside their range, names that are there twice. */
function inconsistency({ options, quirks }: EngineDefinition): DefinitionProblem | undefined {
  for (const [optionName, each] of Object.entries(options)) {
    const path = `options.${optionName}.byDefault`;
    if (each.kind === 'integer' && !(each.byDefault >= each.smallest && each.byDefault <= each.largest)) {
      return { path, found: String(each.byDefault), expected: `${each.smallest} to ${each.largest}` };
    }
    if (each.kind === 'choice' && !each.choices.includes(each.byDefault)) {
      return { path, found: described(each.byDefault), expected: `one of ${each.choices.join(', ')}` };
    }
  }
  const twice = quirks.find(
    (quirkOne, index) => quirks.findIndex((other) => other.name === quirkOne.name) < index,
  );
  return twice === undefined
    ? undefined
    : { path: 'quirks', found: `"${twice.name}" twice`, expected: 'names of their own' };
}

function described(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return JSON.stringify(value.slice(0, 64));
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'function':
      return 'a function';
    default:
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
  }
}
