import { OP_NAMES, type OpName, type TraceEvent } from '../../../traces/trace';
import { isAlike } from './event-list';

/**
 * What a trace repeats: a few events over and over, objects and sizes going on by the same step each time. It is how a
 * person would write the trace down.
 */
export interface Pattern {
  /** Index of the first event. */
  readonly start: number;
  readonly times: number;
  readonly parts: readonly PatternPart[];
}

export interface PatternPart {
  readonly op: OpName;
  /** Object, size and alignment in the first round. */
  readonly id: number;
  readonly sizeBytes: number;
  readonly alignBytes: number;
  /** How object and size go on from one round to the next. */
  readonly idStep: number;
  readonly sizeStep: number;
}

/** So many events are a round at most. */
const ROUND_EVENTS_MAX = 8;
/** A round of several events that comes twice is no pattern yet. */
const ROUNDS_MIN = 3;

/** The patterns that make up the events, one after the other. */
export function patternsOf(events: readonly TraceEvent[]): Pattern[] {
  const patterns: Pattern[] = [];
  for (let start = 0; start < events.length;) {
    const pattern = longestPatternAt(events, start);
    patterns.push(pattern);
    start += pattern.times * pattern.parts.length;
  }
  return patterns;
}

function longestPatternAt(events: readonly TraceEvent[], start: number): Pattern {
  let longest = patternAt(events, start, 1);
  // Any two sizes differ by some step.
  if (longest.times < ROUNDS_MIN && longest.parts[0]!.sizeStep !== 0) {
    longest = { ...longest, times: 1, parts: longest.parts.map(still) };
  }
  for (let length = 2; length <= ROUND_EVENTS_MAX && start + ROUNDS_MIN * length <= events.length; length++) {
    const pattern = patternAt(events, start, length);
    const isPattern = pattern.times >= ROUNDS_MIN;
    if (isPattern && pattern.times * length > longest.times * longest.parts.length) {
      longest = pattern;
    }
  }
  return longest;
}

function patternAt(events: readonly TraceEvent[], start: number, length: number): Pattern {
  const parts = events.slice(start, start + length).map((event, index): PatternPart => {
    const next = events[start + length + index];
    return {
      op: OP_NAMES[event.op]!,
      id: event.id,
      sizeBytes: event.size,
      alignBytes: event.align,
      idStep: next === undefined ? 0 : next.id - event.id,
      sizeStep: next === undefined ? 0 : next.size - event.size,
    };
  });
  let times = 1;
  const goesOn = ({ id, sizeBytes, idStep, sizeStep }: PatternPart, index: number): boolean => {
    const each = events[start + times * length + index];
    return (
      each !== undefined &&
      isAlike(each, events[start + index]!) &&
      each.id === id + times * idStep &&
      each.size === sizeBytes + times * sizeStep
    );
  };
  while (parts.every(goesOn)) {
    times++;
  }
  return { start, times, parts: times > 1 ? parts : parts.slice(0, length).map(still) };
}

const still = (part: PatternPart): PatternPart => ({ ...part, idStep: 0, sizeStep: 0 });
