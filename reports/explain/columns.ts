import { alignedLines, type Alignment } from '../text-columns';

/** Rows of cells under a header, each line indented by two; nothing at all without rows. */
export function columns(
  alignments: readonly Alignment[],
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  return rows.length === 0 ? [] : alignedLines([header, ...rows], alignments).map((line) => `  ${line}`);
}
