import type { ExplainedOperation, Explanation } from '../../harness/explain/explanation';
import { decimalRatio, groupedInteger } from '../../harness/text/numbers';
import {
  mainCause,
  operationTitle,
  shareText,
  stepTitle,
  stepTotals,
  writersRange,
  writerText,
} from './words';

/** What an operation did and why it was slow, in a few sentences of a line each. */
export function summary(operation: ExplainedOperation, explanation: Explanation): string[] {
  return [
    headline(operation, explanation),
    whereTheCyclesWent(operation, explanation.engine.name),
    ...searchInTheHeap(operation),
    ...whoLeftItSo(operation),
  ];
}

function headline(operation: ExplainedOperation, { choice }: Explanation): string {
  const { cycles, standing, locks, failed } = operation;
  const lock = choice.kind === 'lock' ? locks.find(({ name }) => name === choice.lock) : undefined;
  const held =
    lock === undefined ? '' : `, ${groupedInteger(lock.heldCycles)} of them with ${lock.name} held`;
  return `${operationTitle(operation)}${failed ? ', which failed' : ''}: ${groupedInteger(cycles)} cycles${held}, ${rankText(standing)}`;
}

function rankText({ rank, of, kind, cyclesP50 }: ExplainedOperation['standing']): string {
  const all = kind === 'other' ? 'the other operations' : `${groupedInteger(of)} ${kind}s`;
  const which = rank === 1 ? `the dearest of ${all}` : `rank ${groupedInteger(rank)} of ${all}`;
  return of === 1 ? 'the only one of its kind' : `${which} (median ${groupedInteger(cyclesP50)})`;
}

function whereTheCyclesWent({ story, causes, cycles }: ExplainedOperation, engine: string): string {
  const [most] = [...stepTotals(story)].sort((a, b) => b.cycles - a.cycles);
  const cause = mainCause(causes);
  if (most === undefined || cause === undefined) {
    return 'It cost nothing.';
  }
  const times = most.times > 1 ? `, ${groupedInteger(most.times)} times` : '';
  const share = shareText(most.cycles, cycles);
  return `${share} of its cycles went into "${stepTitle(most.step, engine)}"${times}; ${shareText(cause.cycles, cycles)} of all are put down to ${cause.name}.`;
}

/** A search shorter than this is not why an operation is slow. */
const SEARCH_STEPS_MIN = 10;

/** How long the search was beside what there was to search. */
function searchInTheHeap({ events, heap }: ExplainedOperation): string[] {
  const steps = events.searchSteps ?? 0;
  const { freeBlocks } = heap.survey;
  if (steps < SEARCH_STEPS_MIN) {
    return [];
  }
  if (steps === freeBlocks) {
    return [`Its search took ${groupedInteger(steps)} steps, as many as the heap had free blocks.`];
  }
  return [
    `Its search took ${groupedInteger(steps)} steps; the heap had ${groupedInteger(freeBlocks)} free blocks.`,
  ];
}

/** Not worth a sentence below a quarter of the cycles. */
function whoLeftItSo({ provenance, cycles }: ExplainedOperation): string[] {
  const [first] = provenance.groups;
  if (first === undefined || first.cycles * 4 < cycles) {
    return [];
  }
  const reads = first.reads === 1 ? 'one read' : `${groupedInteger(first.reads)} reads`;
  const range = writersRange(first);
  return [
    `${shareText(first.cycles, cycles)} went into ${reads} of ${first.where} that were left so by ` +
      `${writerText(first)}${range === '' ? '' : ` (${range})`}: ${decimalRatio(first.cycles, first.reads, 1)} cycles each.`,
  ];
}
