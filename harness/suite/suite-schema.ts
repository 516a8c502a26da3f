import * as v from 'valibot';
import { LABELS } from '../results/results';

/** The schema of `*.suite.yaml`. An object's message is its name, under which `SUITE_KEYS` lists its keys. */

const PAGES_MAX = 0x1000_0000;

const text = v.pipe(v.string('a text'), v.minLength(1, 'a text'));
const wholeNumber = (smallest: number, largest: number) => {
  const message = `a whole number from ${smallest} to ${largest}`;
  return v.pipe(
    v.number(message),
    v.safeInteger(message),
    v.minValue(smallest, message),
    v.maxValue(largest, message),
  );
};
const listOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item, 'a list'), v.minLength(1, 'a list that is not empty'));

const label = v.picklist(LABELS, `one of ${LABELS.join(', ')}`);

const machine = {
  'heap-pages': v.exactOptional(wholeNumber(1, PAGES_MAX)),
  'virtual-pages': v.exactOptional(wholeNumber(0, PAGES_MAX)),
  'access-budget': v.exactOptional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  realloc: v.exactOptional(v.picklist(['emulate', 'verb'], 'emulate or verb')),
  'verify-payload': v.exactOptional(v.boolean('true or false')),
};

const optionValue = v.union([text, v.number(), v.boolean()], 'a text or a number');

const trace = v.strictObject(
  {
    trace: text,
    label: v.exactOptional(label),
    format: v.exactOptional(text),
    limit: v.exactOptional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  },
  'a trace',
);
const engine = v.strictObject(
  { engine: text, options: v.exactOptional(v.record(v.string(), optionValue, 'options, name: value')) },
  'an engine',
);

/** A name alone, or an object that says more. */
const textOr = <Entry extends v.GenericSchema>(entry: Entry) =>
  v.lazy((input) => (typeof input === 'object' && input !== null ? entry : text)) as v.GenericSchema<
    unknown,
    string | v.InferOutput<Entry>
  >;

const group = v.strictObject(
  {
    group: text,
    traces: listOf(textOr(trace)),
    engines: listOf(textOr(engine)),
    pricings: v.exactOptional(listOf(text)),
    label: v.exactOptional(label),
    ...machine,
  },
  'a group',
);

export const suiteSchema = v.strictObject(
  {
    suite: text,
    summary: v.exactOptional(text),
    include: v.exactOptional(listOf(text)),
    pricings: v.exactOptional(listOf(text)),
    ...machine,
    limits: v.exactOptional(listOf(text)),
    groups: v.exactOptional(listOf(group)),
  },
  'a suite',
);

export type SuiteText = v.InferOutput<typeof suiteSchema>;
export type GroupText = v.InferOutput<typeof group>;
export type TraceText = string | v.InferOutput<typeof trace>;
export type EngineText = string | v.InferOutput<typeof engine>;
export type MachineText = Pick<SuiteText, keyof typeof machine>;

export const SUITE_KEYS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [suiteSchema, group, trace, engine].map(({ message, entries }) => [message, Object.keys(entries)]),
);
