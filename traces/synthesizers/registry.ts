import { didYouMean, UsageError } from '../input-error';
import type { Trace } from '../trace';
import { alternatingBuddies } from './adversary/alternating-buddies';
import { ascendingFrees } from './adversary/ascending-frees';
import { ascendingSizes } from './adversary/ascending-sizes';
import { comb } from './adversary/comb';
import { descendingFrees } from './adversary/descending-frees';
import { oddEvenFrees } from './adversary/odd-even-frees';
import { robson } from './adversary/robson';
import { slivers } from './adversary/slivers';
import { churn } from './churn';
import { differenceEngine } from './difference-engine';
import { domainLifecycle } from './domain-lifecycle';
import { fleet } from './fleet';
import { halfPageStorm } from './half-page-storm';
import { libxlCalls } from './libxl-calls';
import { nearPageStorm } from './near-page-storm';
import { peaks } from './peaks';
import { plateau } from './plateau';
import { ramp } from './ramp';
import { ramzswap } from './ramzswap';
import { tmem } from './tmem';
import { wholeNumber, type ParameterValues } from './parameters';
import { SEED_BY_DEFAULT, synthesizedTrace, type Synthesizer } from './synthesizer';

/** Every synthesizer, sorted by name. One is read when it is first asked for. */
const READ: Readonly<Record<string, () => Synthesizer>> = {
  'adversary/alternating-buddies': () => alternatingBuddies,
  'adversary/ascending-frees': () => ascendingFrees,
  'adversary/ascending-sizes': () => ascendingSizes,
  'adversary/comb': () => comb,
  'adversary/descending-frees': () => descendingFrees,
  'adversary/odd-even-frees': () => oddEvenFrees,
  'adversary/robson': () => robson,
  'adversary/slivers': () => slivers,
  churn: () => churn,
  'difference-engine': () => differenceEngine,
  'domain-lifecycle': () => domainLifecycle,
  fleet: () => fleet,
  'half-page-storm': () => halfPageStorm,
  'libxl-calls': () => libxlCalls,
  'near-page-storm': () => nearPageStorm,
  peaks: () => peaks,
  plateau: () => plateau,
  ramp: () => ramp,
  ramzswap: () => ramzswap,
  tmem: () => tmem,
};

export const SYNTHESIZER_NAMES: readonly string[] = Object.keys(READ);

export const allSynthesizers = (): Synthesizer[] => Object.values(READ).map((read) => read());

const SCHEME = 'synth:';

/** Whether the text asks for a synthesizer rather than naming a file. */
export const isSynthesizerSpecification = (text: string): boolean => text.startsWith(SCHEME);

/** The synthesizer of that name. Throws a `UsageError` that suggests the nearest. */
export function synthesizerNamed(name: string): Synthesizer {
  if (!SYNTHESIZER_NAMES.includes(name)) {
    throw new UsageError({
      problem: `unknown synthesizer "${name}"`,
      expected: `one of ${SYNTHESIZER_NAMES.join(', ')}${didYouMean(name, SYNTHESIZER_NAMES)}`,
    });
  }
  return READ[name]!();
}

/**
 * The trace that `synth:NAME?parameter=value&seed=N` describes; what is not given takes its default. Throws a
 * `UsageError` that names the parameter, its range and the nearest name.
 */
export function traceFromSpecification(text: string): Trace {
  const { name, values, seed } = parseSpecification(text);
  return synthesizedTrace(synthesizerNamed(name), values, seed);
}

interface Specification {
  readonly name: string;
  readonly values: ParameterValues;
  readonly seed: number;
}

function parseSpecification(text: string): Specification {
  const form = `${SCHEME}NAME?parameter=value&seed=N`;
  if (!isSynthesizerSpecification(text)) {
    throw new UsageError({ problem: `"${text}" names no synthesizer`, expected: form });
  }
  const questionMark = text.indexOf('?');
  const name = text.slice(SCHEME.length, questionMark < 0 ? undefined : questionMark);
  const settings = questionMark < 0 ? '' : text.slice(questionMark + 1);
  const values = new Map<string, string>();
  for (const setting of settings === '' ? [] : settings.split('&')) {
    const [, key, value] = /^([^=]+)=([^=]+)$/.exec(setting) ?? [];
    const where = `${SCHEME}${name}`;
    if (key === undefined || value === undefined) {
      throw new UsageError({ where, problem: `"${setting}" sets no parameter`, expected: 'parameter=value' });
    }
    if (values.has(key)) {
      throw new UsageError({
        where,
        problem: `parameter ${key} is set twice`,
        expected: 'each at most once',
      });
    }
    values.set(key, value);
  }
  const seed = seedFrom(values.get('seed'), `${SCHEME}${name}`);
  values.delete('seed');
  return { name, values: Object.fromEntries(values), seed };
}

function seedFrom(text: string | undefined, where: string): number {
  const seed = text === undefined ? SEED_BY_DEFAULT : wholeNumber(text);
  if (seed !== undefined && seed >= 0) {
    return seed;
  }
  const expected = `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
  throw new UsageError({ where, problem: `parameter seed is "${text}"`, expected });
}
