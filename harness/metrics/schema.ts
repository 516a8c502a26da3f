import * as v from 'valibot';
import { OP_NAMES } from '../../traces/trace';
import { NOTED_NAMES, type NotedName } from '../machine/domain-events';
import { CAUSES } from '../pricing/costs';

/**
 * Schemas of what is measured, for every format that keeps some of it. The order of their keys is the order in files;
 * unknown keys are refused, because a file that says more than its format knows is another format.
 */

/** What a schema describes: data that nobody changes. */
export type Shape<Schema extends v.GenericSchema> = Constant<v.InferOutput<Schema>>;
type Constant<Data> = { readonly [Key in keyof Data]: Constant<Data[Key]> };

const COUNT = 'a whole number from 0 to 2^53 − 1';
const INTEGER = 'an integer';

export const count = v.pipe(v.number(COUNT), v.safeInteger(COUNT), v.minValue(0, COUNT));
export const integer = v.pipe(v.number(INTEGER), v.safeInteger(INTEGER));
export const positive = v.pipe(count, v.minValue(1, 'a whole number from 1 to 2^53 − 1'));
export const text = v.string('a text');
export const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/, '64 lowercase hexadecimal digits'));
export const op = v.picklist(OP_NAMES, 'an operation');

/** Long lists of counts are checked in one go: an entry that is wrong is not worth a hundred thousand closures. */
export const counts = v.custom<number[]>(
  (value) => Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0),
  'a list of whole numbers',
);

/** Names of domain events in files, in order. */
export const EVENT_NAMES = NOTED_NAMES.filter((name): name is Exclude<NotedName, 'none'> => name !== 'none');
export const event = v.picklist(EVENT_NAMES, 'an event');
export const events = v.strictObject(optionalCounts(EVENT_NAMES));
export const causes = v.strictObject(optionalCounts(CAUSES));

/** Engine options, or parameters of a synthesizer: by name, as they were resolved. */
export const parameters = v.record(text, v.union([integer, text], 'an integer or a text'));

export const machineSizes = v.strictObject({ heapPages: count, virtualPages: count });

/** What an engine in C was built from: its module is what its results follow from, the rest says how to make it. */
const build = v.strictObject({
  moduleSha256: sha256,
  abi: v.picklist(['lp64', 'ilp32'], 'lp64 or ilp32'),
  compiler: text,
  flags: v.array(text),
  /** sha256 by name, of everything that the compiler could read. */
  sources: v.record(text, sha256),
});
export type EngineBuild = v.InferOutput<typeof build>;

export const engine = v.strictObject({
  name: text,
  version: count,
  options: parameters,
  build: v.exactOptional(build),
});

function optionalCounts<const Names extends readonly string[]>(names: Names) {
  return Object.fromEntries(names.map((name) => [name, v.exactOptional(count)])) as {
    [name in Names[number]]: ReturnType<typeof v.exactOptional<typeof count>>;
  };
}
