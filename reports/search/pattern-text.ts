import type { Pattern, PatternPart } from '../../harness/studies/search/pattern';
import { groupedInteger } from '../../harness/text/numbers';

/** A trace in the words of a bug report: `allocate 2,000 of 2,048 bytes: #0 … #1999`. */

/** One line a pattern. */
export function patternText(pattern: Pattern): string {
  const { times, parts } = pattern;
  if (parts.length === 1) {
    return runText(parts[0]!, times);
  }
  const phrases = parts.map((part, index) => phraseOf(part, parts.slice(0, index)));
  return `${groupedInteger(times)} times: ${phrases.join('; ')}`;
}

/** One kind of operation, many times. */
function runText({ op, id, sizeBytes, alignBytes, idStep, sizeStep }: PatternPart, times: number): string {
  const objects = listText(id, idStep, times, (id) => `#${id}`);
  const sizes = listText(sizeBytes, sizeStep, times, groupedInteger);
  switch (op) {
    case 'alloc':
      return `allocate ${times === 1 ? '' : `${groupedInteger(times)} of `}${bytesText(sizes)}${alignText(alignBytes)}: ${objects}`;
    case 'free':
      return `free ${everyText(idStep, times)}${objects}`;
    case 'realloc':
      return `resize ${objects} to ${bytesText(sizes)}`;
    default:
      return `${op} ${objects}${sizeBytes === 0 ? '' : `, ${bytesText(sizes)}`}${times === 1 ? '' : `, ${groupedInteger(times)} times`}`;
  }
}

/** One operation of a round, and how it goes on from round to round. */
function phraseOf(
  { op, id, sizeBytes, alignBytes, idStep, sizeStep }: PatternPart,
  before: readonly PatternPart[],
): string {
  const isOwn = before.some((part) => part.op === 'alloc' && part.id === id && part.idStep === idStep);
  const isOnly = before.length === 1;
  const object = isOwn && isOnly ? 'it' : `#${id}${stepText(idStep)}`;
  const size = `${bytesText(groupedInteger(sizeBytes))}${stepText(sizeStep)}`;
  switch (op) {
    case 'alloc':
      return `allocate ${size}${alignText(alignBytes)} (${object})`;
    case 'free':
      return `free ${object}`;
    case 'realloc':
      return `resize ${object} to ${size}`;
    default:
      return `${op} ${object}`;
  }
}

const bytesText = (sizes: string): string => `${sizes} ${sizes === '1' ? 'byte' : 'bytes'}`;
const alignText = (bytes: number): string => (bytes === 0 ? '' : ` aligned to ${bytes}`);

/** ` (+2 each time)`; nothing where it stays. */
const stepText = (step: number): string =>
  step === 0 ? '' : ` (${step > 0 ? '+' : '−'}${groupedInteger(Math.abs(step))} each time)`;

/** `every other one of `: where objects are freed with others left between them. */
function everyText(idStep: number, times: number): string {
  const distance = Math.abs(idStep);
  if (times < 3 || distance < 2) {
    return '';
  }
  return distance === 2 ? 'every other: ' : `one in ${distance}: `;
}

/** `#0, #2 … #1998`. */
function listText(first: number, step: number, times: number, text: (value: number) => string): string {
  const last = first + step * (times - 1);
  if (step === 0 || times === 1) {
    return text(first);
  }
  if (times === 2) {
    return `${text(first)}, ${text(last)}`;
  }
  return Math.abs(step) === 1
    ? `${text(first)} … ${text(last)}`
    : `${text(first)}, ${text(first + step)} … ${text(last)}`;
}
