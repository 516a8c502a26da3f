import { UsageError } from '../input-error';
import type { EventSource, Trace, TraceHeader } from '../trace';
import { TextTable } from '../trace';
import type { Parameter, Parameters, ParameterValues, ValuesOf } from './parameters';
import { resolveParameters } from './parameters';
import type { EventGenerator } from './source';
import { SyntheticSource } from './source';

/**
 * What a synthesizer is for. `storm`: many objects of nearly one size; `model`: the requests of a real system, as its
 * papers and sources describe them; `shape`: the classic outlines of memory use over time; `adversary`: a pattern
 * with a known answer, against one kind of allocator.
 */
export type Category = 'storm' | 'model' | 'shape' | 'adversary';

export const SEED_BY_DEFAULT = 1;

/** Says of itself what it makes and makes it: the same parameters and seed give the same events everywhere. */
export interface Synthesizer {
  /** Registered name, as in `synth:half-page-storm`. */
  readonly name: string;
  readonly summary: string;
  /** Where the pattern and its figures come from. */
  readonly sources: readonly string[];
  readonly category: Category;
  /** Whether the events depend on placements, and so on the engine. */
  readonly adaptive: boolean;
  /** Parameters by name, in the order to list them; `seed` is understood. */
  readonly parameters: Parameters;
  /** What `open` will say of itself. Throws a `UsageError` for parameters that cannot be followed. */
  header(given: ParameterValues, seed: number): TraceHeader;
  /** One pass over the events; parameters not given take their defaults. Throws a `UsageError` as `header` does. */
  open(given: ParameterValues, seed: number): EventSource;
}

/** A synthesizer as its file writes it down: `Values` are those of its own parameters. */
export interface SynthesizerDefinition<P extends Parameters> {
  readonly name: string;
  readonly summary: string;
  readonly sources: readonly string[];
  readonly category: Category;
  readonly adaptive: boolean;
  readonly parameters: P;
  /** Why these values do not go together, or undefined when they do. */
  readonly refusal?: (
    values: ValuesOf<P>,
  ) => { readonly problem: string; readonly expected: string } | undefined;
  readonly generate: (values: ValuesOf<P>, seed: number, texts: TextTable) => EventGenerator;
}

export function defineSynthesizer<const P extends Parameters>(
  definition: SynthesizerDefinition<P>,
): Synthesizer {
  const { name, parameters, adaptive, refusal, generate } = definition;
  const resolve = (given: ParameterValues, seed: number): ValuesOf<P> => {
    const where = `synth:${name}`;
    const values = resolveParameters(parameters, given, where) as ValuesOf<P>;
    if (!Number.isSafeInteger(seed) || seed < 0) {
      const expected = `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
      throw new UsageError({ where, problem: `seed is "${seed}"`, expected });
    }
    const refused = refusal?.(values);
    if (refused !== undefined) {
      throw new UsageError({ where, ...refused });
    }
    return values;
  };
  const headerOf = (values: ValuesOf<P>, seed: number): TraceHeader => ({
    name: traceName(name, parameters, values, seed),
    origin: { kind: 'synthetic', generator: name, parameters: values, seed, adaptive },
  });
  return {
    name,
    summary: definition.summary,
    sources: definition.sources,
    category: definition.category,
    adaptive,
    parameters,
    header: (given, seed) => headerOf(resolve(given, seed), seed),
    open(given, seed) {
      const values = resolve(given, seed);
      const texts = new TextTable();
      return new SyntheticSource(headerOf(values, seed), texts, generate(values, seed, texts));
    },
  };
}

/** The trace that a synthesizer makes of these parameters; every pass makes it anew. */
export function synthesizedTrace(synthesizer: Synthesizer, given: ParameterValues, seed: number): Trace {
  return {
    header: synthesizer.header(given, seed),
    open: () => Promise.resolve(synthesizer.open(given, seed)),
  };
}

/** The synthesizer's name and whatever differs from the defaults: readable, and never the same for two traces. */
function traceName(name: string, parameters: Parameters, values: ParameterValues, seed: number): string {
  const differs = ([parameter, { byDefault }]: [string, Parameter]) => values[parameter] !== byDefault;
  const parts = Object.entries(parameters)
    .filter(differs)
    .map(([parameter]) => `-${parameter}=${values[parameter]}`);
  if (seed !== SEED_BY_DEFAULT) {
    parts.push(`-seed=${seed}`);
  }
  // A name is a file name: the folder of an adversary becomes part of it.
  return name.replaceAll('/', '-') + parts.join('');
}
