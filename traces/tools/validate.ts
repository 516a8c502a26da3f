import { InputError } from '../input-error';
import { validated } from '../formats/validated';
import { openTrace, type OpenOptions } from '../open';
import { LARGEST_INTEGER, NOTHING, TraceEvent } from '../trace';

/** What is wrong with a trace. */
export interface Validation {
  /** How many legal events there are. */
  readonly events: number;
  /** The first violations, each with its place, in the order of their lines. */
  readonly violations: readonly InputError[];
  /** Whether reading ended before the trace did: after too many violations, or one that nothing can follow. */
  readonly incomplete: boolean;
  /** The identity, where there is nothing to complain of. */
  readonly identity?: string;
}

/**
 * Reads a trace to its end and says everything that is wrong with it, up to `violationsMax` violations: rows that are
 * none, events that break the rules between events, damage, an identity that the file only claims. Rejects where
 * there is no trace at all (no such file, no known format).
 */
export async function validateTrace(
  specification: string,
  options: OpenOptions,
  violationsMax = 100,
): Promise<Validation> {
  // The reader runs ahead of the rules: each is stopped by a count of its own, or what one finds late in the trace
  // would hide what the other finds early.
  const [unreadable, illegal]: [InputError[], InputError[]] = [[], []];
  const trace = await openTrace(specification, {
    ...options,
    passes: 'one',
    validate: false,
    verifyIdentity: true,
    onProblem: (problem) => unreadable.push(problem) < violationsMax,
  });
  const source = validated(await trace.open(), (problem) => illegal.push(problem) < violationsMax);
  const event = new TraceEvent();
  let events = 0;
  let broken = false;
  try {
    do {
      while (source.next(event, NOTHING)) {
        events += 1;
      }
    } while (await source.refill());
  } catch (error) {
    if (!(error instanceof InputError)) {
      throw error;
    }
    unreadable.push(error);
    broken = true;
  } finally {
    await source.close();
  }
  const found = [...unreadable, ...illegal].sort((one, other) => lineOf(one) - lineOf(other));
  const violations = found.slice(0, violationsMax);
  return {
    events,
    violations,
    incomplete: broken || found.length >= violationsMax,
    ...(violations.length === 0 && { identity: source.identity() }),
  };
}

/** What has no line is told last. */
function lineOf({ where = '' }: InputError): number {
  return Number(/:(\d+)(?::\d+)?$/.exec(where)?.[1] ?? LARGEST_INTEGER);
}
