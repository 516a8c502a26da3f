import type { Checkpoint } from '../../harness/metrics/checkpoints';
import { fragmentationIndex, unusableFreeIndex } from '../../harness/metrics/fragmentation';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import type { Results } from '../../harness/results/results';
import { csvText, type Column } from './cells';
import { replayColumns } from './replay-columns';

interface TimelineRow {
  readonly replay: MeasuredReplay;
  readonly checkpoint: Checkpoint;
}

/** Orders of Linux's indices: a single page, a pair, the costly order, a 2 MiB page. */
const LINUX_ORDERS = [0, 1, 3, 9];

/**
 * `timeline.csv`: the checkpoints of every replay over its time axis (bytes allocated), with the first operation of
 * maximal held, the first failure and the end marked. Hole-based columns are empty where the heap was not surveyed.
 */
export function timelineCsv({ replays }: Results): string {
  const rows = replays.flatMap((replay) => replay.checkpoints.map((checkpoint) => ({ replay, checkpoint })));
  return csvText([...replayColumns<TimelineRow>(), ...momentColumns(), ...surveyColumns()], rows);
}

function momentColumns(): Column<TimelineRow>[] {
  const names = [
    'operation',
    'allocatedBytes',
    'liveObjects',
    'liveBytes',
    'grantedBytes',
    'headerBytes',
    'heldBytes',
  ] as const;
  return [
    { name: 'moment', cell: momentText },
    ...names.map((name): Column<TimelineRow> => ({
      name: dotted(name),
      cell: (row) => row.checkpoint[name],
    })),
  ];
}

function surveyColumns(): Column<TimelineRow>[] {
  const names = [
    'freeBytes',
    'freeBlocks',
    'largestFreeBytes',
    'metadataBytes',
    'largestHoleBasisPoints',
    'squaredBasisPoints',
  ] as const;
  return [
    ...names.map((name): Column<TimelineRow> => ({
      name: dotted(name),
      cell: ({ checkpoint }) => checkpoint.survey?.[name],
    })),
    ...LINUX_ORDERS.flatMap((order): Column<TimelineRow>[] => [
      { name: `unusable-index.order${order} [per mille]`, cell: linuxIndex(unusableFreeIndex, order) },
      { name: `fragmentation-index.order${order} [per mille]`, cell: linuxIndex(fragmentationIndex, order) },
    ]),
  ];
}

function linuxIndex(index: typeof unusableFreeIndex, order: number): Column<TimelineRow>['cell'] {
  return ({ checkpoint }) => {
    const byOrder = checkpoint.survey?.freeBlocksByOrder;
    return byOrder ? index(byOrder, order) : undefined;
  };
}

function momentText({ replay, checkpoint }: TimelineRow): string {
  const { operation } = checkpoint;
  const { checkpoints, firstFailure, metrics } = replay;
  const marks = [
    ...(operation === metrics['held.bytes.peak']?.operation ? ['held peak'] : []),
    ...(operation === firstFailure?.operation ? ['first failure'] : []),
    ...(checkpoint === checkpoints[checkpoints.length - 1] ? ['end'] : []),
  ];
  return marks.join(', ');
}

/** `heldBytes` → `held.bytes`, as metrics are named. */
function dotted(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `.${capital.toLowerCase()}`);
}
