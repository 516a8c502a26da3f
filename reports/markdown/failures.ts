import type { Checkpoint, RecentOperation } from '../../harness/metrics/checkpoints';
import { groupedInteger } from '../../harness/text/numbers';
import {
  fragmentationIndex,
  orderHolding,
  pagesFrom,
  unusableFreeIndex,
} from '../../harness/metrics/fragmentation';
import { engineLabel, type TraceGroup } from '../trace-groups';
import { escapeName, markdownTable, type MarkdownColumn } from './table';

/** The first allocation that an engine could not serve, and what the heap looked like at that moment. */
interface FailureRow {
  readonly engine: string;
  readonly operation: number;
  readonly recent: readonly RecentOperation[];
  readonly checkpoint: Checkpoint | undefined;
}

/** Why allocations began to fail: for lack of memory, or because what was free lay in pieces. */
export function failuresSection(group: TraceGroup): string {
  const rows = group.replays.flatMap((replay): FailureRow[] => {
    const { firstFailure, checkpoints } = replay;
    if (firstFailure === null) {
      return [];
    }
    const { operation, recentOperations } = firstFailure;
    const checkpoint = checkpoints.find((each) => each.operation === operation);
    return [{ engine: engineLabel(replay, group.replays), operation, recent: recentOperations, checkpoint }];
  });
  if (rows.length === 0) {
    return '';
  }
  const folded = rows.filter(({ recent }) => recent.length > 0).map(recentOperations);
  return ['### First failures\n', markdownTable(COLUMNS, rows), ...folded].join('\n');
}

const COLUMNS: readonly MarkdownColumn<FailureRow>[] = [
  { title: 'Engine', align: 'left', cell: ({ engine }) => escapeName(engine) },
  { title: 'Operation', align: 'right', cell: ({ operation }) => `#${groupedInteger(operation)}` },
  { title: 'Request', align: 'right', cell: (row) => bytesText(requestBytes(row)) },
  {
    title: 'Free in held',
    align: 'right',
    cell: ({ checkpoint }) => bytesText(checkpoint?.survey?.freeBytes),
  },
  {
    title: 'Largest hole',
    align: 'right',
    cell: ({ checkpoint }) => bytesText(checkpoint?.survey?.largestFreeBytes),
  },
  {
    title: 'Free pages',
    align: 'right',
    cell: (row) => ofPages(row, (byOrder) => groupedInteger(pagesFrom(byOrder, 0))),
  },
  { title: 'Unusable index', align: 'right', cell: (row) => linuxIndex(row, unusableFreeIndex) },
  { title: 'Fragmentation index', align: 'right', cell: (row) => linuxIndex(row, fragmentationIndex) },
];

function requestBytes({ recent }: FailureRow): number | undefined {
  return recent[recent.length - 1]?.sizeBytes;
}

function ofPages({ checkpoint }: FailureRow, text: (freeBlocksByOrder: readonly number[]) => string): string {
  const byOrder = checkpoint?.survey?.freeBlocksByOrder;
  return byOrder ? text(byOrder) : '';
}

/** Linux's index, in per mille, for the order of pages that the request alone would need. */
function linuxIndex(row: FailureRow, index: typeof unusableFreeIndex): string {
  const request = requestBytes(row);
  return request === undefined ? '' : ofPages(row, (byOrder) => `${index(byOrder, orderHolding(request))}`);
}

function recentOperations({ engine, recent }: FailureRow): string {
  const columns: readonly MarkdownColumn<RecentOperation>[] = [
    { title: 'Operation', align: 'right', cell: ({ operation }) => `#${groupedInteger(operation)}` },
    { title: 'Op', align: 'left', cell: ({ op }) => op },
    { title: 'Id', align: 'right', cell: ({ id }) => `${id}` },
    { title: 'Bytes', align: 'right', cell: ({ sizeBytes }) => groupedInteger(sizeBytes) },
    { title: 'Returned', align: 'left', cell: ({ returned }) => escapeName(returned) },
  ];
  const title = `The last ${recent.length} operations before ${escapeName(engine)} failed`;
  return `<details><summary>${title}</summary>\n\n${markdownTable(columns, recent)}\n</details>\n`;
}

function bytesText(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${groupedInteger(bytes)} B`;
}
