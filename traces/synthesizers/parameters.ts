import { didYouMean, UsageError } from '../input-error';

/** A whole number that a synthesizer can be given. */
export interface IntegerParameter {
  readonly kind: 'integer';
  /** What it means, as a phrase. */
  readonly summary: string;
  /** What it counts: `objects`, `bytes`, `pages` … */
  readonly unit: string;
  readonly smallest: number;
  readonly largest: number;
  readonly byDefault: number;
}

/** A word out of a few. */
export interface ChoiceParameter<Choice extends string = string> {
  readonly kind: 'choice';
  readonly summary: string;
  readonly choices: readonly Choice[];
  readonly byDefault: Choice;
}

export type Parameter = IntegerParameter | ChoiceParameter;

/** A synthesizer's parameters by name, in the order in which they are listed. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** The values a generator sees: numbers in range, words out of the choices. */
export type ValuesOf<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends ChoiceParameter<infer Choice> ? Choice : number;
};

/** Values by name, as a caller gives them and as a header tells them. */
export type ParameterValues = Readonly<Record<string, number | string>>;

export const integer = (
  summary: string,
  unit: string,
  byDefault: number,
  range: { readonly from: number; readonly to: number },
): IntegerParameter => ({
  kind: 'integer',
  summary,
  unit,
  smallest: range.from,
  largest: range.to,
  byDefault,
});

export const choice = <const Choice extends string>(
  summary: string,
  byDefault: Choice,
  choices: readonly Choice[],
): ChoiceParameter<Choice> => ({ kind: 'choice', summary, choices, byDefault });

export const yesOrNo = (summary: string, byDefault: 'yes' | 'no'): ChoiceParameter<'yes' | 'no'> =>
  choice(summary, byDefault, ['yes', 'no']);

/**
 * The given values with the defaults for those not given, in the order of the definition. Throws a `UsageError` at
 * `where` for a name that is none, a number out of range, a word that is no choice.
 */
export function resolveParameters(
  parameters: Parameters,
  given: ParameterValues,
  where: string,
): ParameterValues {
  const names = Object.keys(parameters);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) {
      throw new UsageError({
        where,
        problem: `unknown parameter "${name}"`,
        expected:
          names.length === 0
            ? 'none but seed'
            : `one of ${[...names, 'seed'].join(', ')}`.concat(didYouMean(name, names)),
      });
    }
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      name,
      checkedValue(parameter, name, given[name] ?? parameter.byDefault, where),
    ]),
  );
}

function checkedValue(
  parameter: Parameter,
  name: string,
  value: number | string,
  where: string,
): number | string {
  return parameter.kind === 'integer'
    ? checkedInteger(parameter, name, value, where)
    : checkedChoice(parameter, name, value, where);
}

function checkedInteger(
  parameter: IntegerParameter,
  name: string,
  value: number | string,
  where: string,
): number {
  const number = wholeNumber(value);
  if (number === undefined || number < parameter.smallest || number > parameter.largest) {
    throw new UsageError({
      where,
      problem: `parameter ${name} is "${value}"`,
      expected: `a whole number of ${parameter.unit} from ${parameter.smallest} to ${parameter.largest}`,
    });
  }
  return number;
}

function checkedChoice(
  parameter: ChoiceParameter,
  name: string,
  value: number | string,
  where: string,
): string {
  const { choices } = parameter;
  if (typeof value === 'string' && choices.includes(value)) {
    return value;
  }
  throw new UsageError({
    where,
    problem: `parameter ${name} is "${value}"`,
    expected: `one of ${choices.join(', ')}${didYouMean(String(value), choices)}`,
  });
}

/** The value as a safe whole number, or undefined: decimal digits with a sign at most. */
export function wholeNumber(value: number | string): number | undefined {
  if (typeof value === 'string' && !/^-?\d{1,16}$/.test(value)) {
    return undefined;
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
