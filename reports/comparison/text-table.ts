import { groupedInteger } from '../../harness/text/numbers';
import { fittedTableLines, type Terminal, type TextColumn } from '../text-columns';

/** A terminal is for one look; other formats have all rows. */
const ROWS_SHOWN = 20;

/** A titled table, cut after twenty rows; nothing at all where there are none. */
export function textTable<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly TextColumn<Row>[],
  terminal: Terminal = {},
): string {
  if (rows.length === 0) {
    return '';
  }
  const shown = rows.slice(0, ROWS_SHOWN);
  const rest = rows.length - shown.length;
  return [
    title,
    ...fittedTableLines(columns, shown, terminal),
    ...(rest === 0 ? [] : [`${groupedInteger(rest)} more; --format csv has them all`]),
    '',
  ].join('\n');
}
