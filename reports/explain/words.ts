import type {
  AccessCounts,
  ExplainedOperation,
  StepRun,
  StoryPart,
  WriterGroup,
} from '../../harness/explain/explanation';
import { storySteps } from '../../harness/explain/story';
import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import { CAUSE_NAMES, type CauseCycles } from '../../harness/metrics/worst-operations';
import { wordsOf } from '../phrase';

/** The parts of an explanation in words, for every kind of report. Names are made harmless by who prints them. */

/** `#2,966 free of object 421 (3,514 B)`, with site and API function where the event names them. */
export function operationTitle({ operation, op, id, sizeBytes, site, call }: ExplainedOperation): string {
  const size = sizeBytes > 0 ? ` (${groupedInteger(sizeBytes)} B)` : '';
  const via = call === '' ? '' : ` by ${call}`;
  const from = site === '' ? '' : ` from ${site}`;
  return `#${groupedInteger(operation)} ${op} of object ${id}${size}${via}${from}`;
}

/** `scan node`, with the engine before it where the story has steps of several. */
export function stepTitle({ engine, name, source }: StepRun, mainEngine: string): string {
  // The words of a model's steps are ours; a place in a source is named by its author.
  const title = source === null ? wordsOf(name) : name;
  return engine === '' || engine === mainEngine ? title : `${engine}: ${title}`;
}

export function accessCount({ loads, chases, stores, updates }: AccessCounts): number {
  return loads + chases + stores + updates;
}

/** The cause with most cycles, or undefined where nothing cost any. */
export function mainCause(causes: CauseCycles): { name: string; cycles: number } | undefined {
  const [first] = Object.entries(causes).sort(([, a], [, b]) => b - a);
  return first === undefined ? undefined : { name: wordsOf(first[0]), cycles: first[1] };
}

/** `78 % l2`; empty where nothing cost anything. */
export function mainCauseText(causes: CauseCycles, cycles: number): string {
  const cause = mainCause(causes);
  return cause === undefined ? '' : `${shareText(cause.cycles, cycles)} ${cause.name}`;
}

/** A whole percentage; what is not quite nothing or all says so. */
export function shareText(part: number, whole: number): string {
  if (part > 0 && part * 100 < whole) {
    return '< 1 %';
  }
  if (part < whole && part * 100 > whole * 99) {
    return '> 99 %';
  }
  return whole === 0 ? '' : `${decimalRatio(part * 100, whole, 0)} %`;
}

/** A step with all its executions, wherever in the story they were. */
export interface StepTotal {
  /** The first of them: what the step is. */
  readonly step: StepRun;
  readonly times: number;
  readonly accesses: number;
  readonly instructions: number;
  readonly cycles: number;
  readonly causes: CauseCycles;
}

/** The steps of a story summed up, in the order of their first time. */
export function stepTotals(story: readonly StoryPart[]): StepTotal[] {
  const totals = new Map<string, StepTotal>();
  for (const step of storySteps(story)) {
    const key = JSON.stringify([step.engine, step.name, step.source]);
    const { times, accesses, instructions, cycles, causes } = totals.get(key) ?? ZERO;
    totals.set(key, {
      step: totals.get(key)?.step ?? step,
      times: times + step.times,
      accesses: accesses + accessCount(step.accesses),
      instructions: instructions + step.instructions,
      cycles: cycles + step.cycles,
      causes: sumOfCauses(causes, step.causes),
    });
  }
  return [...totals.values()];
}

const ZERO = { times: 0, accesses: 0, instructions: 0, cycles: 0, causes: {} };

function sumOfCauses(causes: CauseCycles, others: CauseCycles): CauseCycles {
  const sum: { -readonly [Cause in keyof CauseCycles]: number } = { ...causes };
  for (const name of CAUSE_NAMES) {
    const cycles = (causes[name] ?? 0) + (others[name] ?? 0);
    if (cycles > 0) {
      sum[name] = cycles;
    }
  }
  return sum;
}

/** `alloc of 2,048 to 4,095 B from foo`, or the engine's start. */
export function writerText({ by }: WriterGroup): string {
  if (by === null) {
    return "the engine's start";
  }
  const { op, sizeBytesFrom, sizeBytesTo, site } = by;
  const size =
    sizeBytesTo === null
      ? ` of ${groupedInteger(sizeBytesFrom)} B and more`
      : sizeBytesTo === 0
        ? ''
        : sizeBytesTo === sizeBytesFrom
          ? ` of ${sizeBytesFrom} B`
          : ` of ${groupedInteger(sizeBytesFrom)} to ${groupedInteger(sizeBytesTo)} B`;
  return `${op}${size}${site === '' ? '' : ` from ${site}`}`;
}

/** `#0 … #2,965`; empty for the engine's start. */
export function writersRange({ firstOperation, lastOperation }: WriterGroup): string {
  if (firstOperation === null || lastOperation === null) {
    return '';
  }
  const first = `#${groupedInteger(firstOperation)}`;
  return firstOperation === lastOperation ? first : `${first} … #${groupedInteger(lastOperation)}`;
}
