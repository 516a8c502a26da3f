import type { Comparison } from '../../harness/compare/comparison';
import { csvText, type Column } from '../csv/cells';
import { limitText, reportRows, statusRows, type ReportRow, type StatusRow } from './rows';

type CsvRow = StatusRow & Partial<Pick<ReportRow, 'row'>>;

/**
 * The comparison as one table: a row per metric of every compared cell, and one for every cell or pricing about which
 * there is only a status to tell (missing, newly failing, not comparable). Raw integers, relative changes in basis
 * points.
 */
export function comparisonCsv(comparison: Comparison): string {
  const metrics = reportRows(comparison).map(({ row, hashes, ...labels }): CsvRow => ({
    ...labels,
    row,
    pricing: row.pricing,
    status: hashes,
    because: '',
  }));
  const others = statusRows(comparison).filter(({ status }) => !HASHES.test(status));
  return csvText(COLUMNS, [...others, ...metrics]);
}

/** Statuses that metric rows carry already. */
const HASHES = /identical|changed/;

const COLUMNS: readonly Column<CsvRow>[] = [
  { name: 'category', cell: ({ category }) => category },
  { name: 'trace', cell: ({ trace }) => trace },
  { name: 'engine', cell: ({ engine }) => engine },
  { name: 'pricing', cell: ({ pricing }) => pricing ?? undefined },
  { name: 'status', cell: ({ status }) => status },
  { name: 'because', cell: ({ because }) => because },
  { name: 'metric', cell: ({ row }) => row?.metric },
  { name: 'unit', cell: ({ row }) => row?.unit ?? undefined },
  { name: 'better', cell: ({ row }) => row?.better },
  { name: 'base', cell: ({ row }) => row?.base?.value },
  { name: 'head', cell: ({ row }) => row?.head?.value },
  { name: 'absolute', cell: ({ row }) => row?.absolute ?? undefined },
  { name: 'relative [basis points]', cell: ({ row }) => row?.relativeBasisPoints ?? undefined },
  { name: 'judgement', cell: ({ row }) => row?.judgement },
  { name: 'limit', cell: ({ row }) => row && limitText(row) },
];
