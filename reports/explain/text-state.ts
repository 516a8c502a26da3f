import type {
  Elsewhere,
  ExplainedOperation,
  Explanation,
  Neighbourhood,
} from '../../harness/explain/explanation';
import { countText, decimalRatio, groupedInteger, kibibytesText } from '../../harness/text/numbers';
import { columns, type Section } from './columns';
import { mainCauseText, shareText, writersRange, writerText } from './words';

/** The tables about the world around an operation: who left it so, what it looked like, and how others fare in it. */

/** Groups that cost less than a hundredth are summed up, behind so many. */
const GROUPS_SHOWN_MIN = 3;

export function provenanceLines({ provenance, cycles }: ExplainedOperation): Section {
  const { groups, otherCycles, ownCycles } = provenance;
  const shown = groups.filter((group, index) => index < GROUPS_SHOWN_MIN || group.cycles * 100 >= cycles);
  const rows = shown.map((group) => [
    group.where,
    groupedInteger(group.reads),
    groupedInteger(group.cycles),
    shareText(group.cycles, cycles),
    writerText(group),
    writersRange(group),
  ]);
  const rest = groups.slice(shown.length).reduce((sum, group) => sum + group.cycles, otherCycles);
  const isAll = shown.length === groups.length && otherCycles === 0;
  const others = isAll ? [] : [['others', '', groupedInteger(rest), shareText(rest, cycles)]];
  const own = [
    'itself',
    '',
    groupedInteger(ownCycles),
    shareText(ownCycles, cycles),
    'its instructions and writes',
  ];
  return rows.length === 0
    ? []
    : [
        'What it read, and who had left it so:',
        ...columns(
          ['left', 'right', 'right', 'right', 'left', 'left'],
          ['read', 'times', 'cycles', '', 'left so by', ''],
          [...rows, ...others, own],
        ),
      ];
}

export function heapLines({ heap, op, id }: ExplainedOperation): Section {
  const { survey } = heap;
  const share = (part: number) => shareText(part, heap.heldBytes);
  const rows = [
    ['held', kibibytesText(heap.heldBytes), '', ''],
    [
      'granted',
      kibibytesText(heap.grantedBytes),
      share(heap.grantedBytes),
      `to ${countText(heap.liveObjects, 'object')}`,
    ],
    ['asked for', kibibytesText(heap.liveBytes), share(heap.liveBytes), ''],
    [
      'free',
      kibibytesText(survey.freeBytes),
      share(survey.freeBytes),
      survey.freeBlocks === 0
        ? ''
        : `in ${countText(survey.freeBlocks, 'block')}, the largest of ${groupedInteger(survey.largestFreeBytes)} B`,
    ],
  ];
  return [
    'The heap before it:',
    ...columns(['left', 'right', 'right', 'left'], undefined, rows),
    ...neighbourhoodLines(`Around object ${id} before it:`, heap.before),
    ...neighbourhoodLines(`Around what ${op} returned:`, heap.after),
  ];
}

function neighbourhoodLines(title: string, neighbourhood: Neighbourhood | null): Section {
  if (neighbourhood === null) {
    return [];
  }
  const rows = neighbourhood.blocks.map(({ heapOffset, bytes, state }, index) => [
    `0x${heapOffset.toString(16).padStart(8, '0')}`,
    groupedInteger(bytes),
    state,
    index === neighbourhood.subject ? '<' : '',
  ]);
  return [title, ...columns(['left', 'right', 'left', 'left'], ['offset', 'bytes', 'state', ''], rows)];
}

type Ran = Extract<Elsewhere, { kind: 'ran' }>;

/** Who refuses is quick: a failure is told apart from the work of those that it is compared with. */
export function elsewhereLines(operation: ExplainedOperation, { engine, trace }: Explanation): Section {
  const { elsewhere, cycles, failed, causes, standing } = operation;
  if (elsewhere.length === 0) {
    return trace.adaptive ? ['Other engines get other events: the trace adapts to placements.'] : [];
  }
  const here: Ran = { kind: 'ran', engine: engine.name, cycles, failed, causes, standing };
  const ran = [here, ...elsewhere.filter((each) => each.kind === 'ran').filter((each) => !each.failed)]
    .sort((a, b) => a.cycles - b.cycles)
    .map((each) => [
      each === here ? `${each.engine} <` : each.engine,
      groupedInteger(each.cycles),
      cycles === 0 ? '' : decimalRatio(each.cycles, cycles, 3),
      mainCauseText(each.causes, each.cycles),
      `${groupedInteger(each.standing.rank)} of ${groupedInteger(each.standing.of)}`,
    ]);
  const others = elsewhere.flatMap((each) =>
    each.kind === 'none'
      ? [`  ${each.engine}: n/a, ${each.reason}`]
      : each.failed
        ? [`  ${each.engine}: failed, after ${countText(each.cycles, 'cycle')}`]
        : [],
  );
  return [
    'The same operation on other engines:',
    ...columns(
      ['left', 'right', 'right', 'left', 'right'],
      ['engine', 'cycles', 'ratio', 'mostly', 'rank'],
      ran,
    ),
    ...others,
  ];
}
