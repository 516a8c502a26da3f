import type { ExplainedOperation, Explanation, PageHeap, Refusal } from '../../harness/explain/explanation';
import { countText, groupedInteger, kibibytesText } from '../../harness/text/numbers';
import { PAGE_BYTES } from '../../traces/ground/integers';

/** Why an allocation failed, in sentences of a line each: what refused it, what was free, and what would have gone. */

export function refusalLines(operation: ExplainedOperation, explanation: Explanation): string[] {
  const { refusal } = operation;
  if (refusal === null) {
    return [];
  }
  return [
    'Why it failed:',
    ...[
      ...whatRefused(operation, refusal, explanation),
      ...whatWasFree(operation, refusal),
      ...whatWouldHaveGone(operation, refusal),
    ].map((line) => `  ${line}`),
  ];
}

function whatRefused(
  { alignBytes, sizeBytes }: ExplainedOperation,
  { rule, quirk, requestBytesMax, pages }: Refusal,
  { engine }: Explanation,
): string[] {
  switch (rule) {
    case 'quirk':
      return [
        `For ${engine.name}'s quirk ${quirk!.name}. ${quirk!.summary}`,
        `The real allocator does so: ${quirk!.source}.`,
      ];
    case 'limit':
      return [`For its size: ${engine.name} serves no more than ${bytesText(requestBytesMax!)} at once.`];
    case 'alignment':
      return [`For its alignment of ${bytesText(alignBytes)} alone: without it, it would have been served.`];
    case 'memory':
      return [`For lack of memory: all that was free together is less than ${bytesText(sizeBytes)}.`];
    case 'fragmentation':
      return [
        `For fragmentation: enough was free together, and in no piece large enough for ${bytesText(sizeBytes)}` +
          `${pages === null ? '' : `, a block of order ${pages.order} of pages`}.`,
      ];
    case 'engine':
      return [
        `For a rule of ${engine.name}: there was room, which it does not look for or does not take ` +
          '(its classes of sizes, its limits); the steps below are what it tried.',
      ];
  }
}

function whatWasFree({ heap: { survey } }: ExplainedOperation, { pages, heapPages }: Refusal): string[] {
  const own =
    survey.freeBlocks === 0
      ? 'Of the memory that the engine held nothing was free.'
      : `In the memory that the engine held, ${bytesText(survey.freeBytes)} were free in ` +
        `${countText(survey.freeBlocks, 'block')}, the largest of ${bytesText(survey.largestFreeBytes)}.`;
  return pages === null ? [own] : [own, ...pageHeapLines(pages, heapPages)];
}

function pageHeapLines(pages: PageHeap, heapPages: number): string[] {
  const { freePages, freeBlocksByOrder, unusablePerMille, fragmentationPerMille } = pages;
  if (freePages === 0) {
    return [`The page heap was exhausted: none of its ${groupedInteger(heapPages)} pages was free.`];
  }
  const largest = freeBlocksByOrder.length - 1;
  const isNone = fragmentationPerMille !== -1000;
  return [
    `The page heap had ${groupedInteger(freePages)} of ${groupedInteger(heapPages)} pages ` +
      `(${kibibytesText(freePages * PAGE_BYTES)}) free, in blocks of up to order ${largest}` +
      `${isNone ? `, none of order ${pages.order}: unusable ${groupedInteger(unusablePerMille)}, fragmentation ${groupedInteger(fragmentationPerMille)} per mille` : ''}.`,
  ];
}

function whatWouldHaveGone({ op }: ExplainedOperation, { nearest }: Refusal): string[] {
  const { smallerBytes, largerBytes } = nearest;
  const smaller =
    smallerBytes === null
      ? []
      : smallerBytes === 0
        ? ['not even one byte']
        : [`${bytesText(smallerBytes)}, the most below`];
  const larger = largerBytes === null ? [] : [`${bytesText(largerBytes)}, the least above`];
  const found = [...smaller, ...larger];
  return found.length === 0
    ? []
    : [`In its place ${op} would have served ${found.join(', and ')}; each was tried.`];
}

const bytesText = (bytes: number): string => `${groupedInteger(bytes)} B`;
