import { stringify } from 'csv-stringify/sync';
import { errorsText } from './errors';
import {
  beyond,
  COLD_NEAR,
  FAR,
  MAX_NEAR,
  nameOf,
  NEAR,
  NEAR_SHARE_MIN,
  ratioOf,
  share,
  type Judged,
  type Judgement,
} from './judgement';
import type { ColdRow, Compared, FidelityRow } from './rows';

/** The table of fidelity as CSV and Markdown, and its summary. */

const COUNTS = ['loads', 'stores', 'instructions', 'l1Misses', 'llMisses'] as const;
const CYCLES = ['median', 'p99', 'max'] as const;

export function csvOf(rows: readonly FidelityRow[], cold: readonly ColdRow[]): string {
  const figures = [...COUNTS, ...CYCLES.map((figure) => `${figure}Cycles`)];
  const header = [
    ...['stack', 'storm', 'pages', 'live', 'phase', 'operation', 'cache'],
    ...figures.flatMap((figure) => [`${figure}Measured`, `${figure}Modelled`, `${figure}Ratio`]),
    'apartCyclesMean',
  ];
  const warmLines = rows.map((row) => [
    ...[row.engine, row.storm, row.pages, row.live, row.phase, row.op, 'warm'],
    ...COUNTS.flatMap((count) => cells(row.counts?.[count])),
    ...CYCLES.flatMap((figure) => cells(row.cycles[figure])),
    row.apartCycles,
  ]);
  const none = (figures: readonly string[]) => figures.flatMap(() => cells(undefined));
  const coldLines = cold.map(({ engine, live, op, cycles }) => [
    ...[engine, 'fragnd', '2M', live, 'steady', op, 'cold'],
    ...none(COUNTS),
    ...cells(cycles),
    ...none(['p99', 'max']),
    0,
  ]);
  return stringify([header, ...warmLines, ...coldLines]);
}

export function markdownOf(
  rows: readonly FidelityRow[],
  cold: readonly ColdRow[],
  judgement: Judgement,
): string {
  const table = (header: readonly string[], lines: readonly (readonly string[])[]) =>
    [header, header.map((_, column) => (column === 0 ? ':--' : '--:')), ...lines]
      .map((line) => `| ${line.join(' | ')} |`)
      .join('\n');
  return [
    '# Fidelity of the modelled costs',
    'Measured on the compiled reference / modelled with `zen4-guest-2026` = ratio, per operation. Cycles are core cycles: ' +
      'ticks of the guest’s clock times 1.41, the modelled ones rounded to its step of 26 ticks.',
    '## Summary',
    summaryOf(judgement),
    errorsText(rows),
    '## Cycles',
    table(
      ['stack storm live pages phase operation', ...CYCLES, 'apart'],
      rows.map((row) => [
        nameOf(row),
        ...CYCLES.map((figure) => shown(row.cycles[figure])),
        `${row.apartCycles}`,
      ]),
    ),
    '`apart`: mean cycles of what the reference did not have (mapping, unmapping, TLB flushes, page tables, page clearing); not in the others.',
    '## After an eviction',
    table(
      ['stack live operation', 'median'],
      cold.map(({ engine, live, op, cycles }) => [`${engine} ${live} ${op}`, shown(cycles)]),
    ),
    '## Counts',
    table(
      ['stack storm live pages phase operation', ...COUNTS],
      rows
        .filter(({ counts, pages }) => counts !== undefined && pages === '2M')
        .map((row) => [nameOf(row), ...COUNTS.map((count) => shown(row.counts![count], 2))]),
    ),
    'Loads and stores include what the compiler adds to the allocator’s own (test/allocators/xen/compiled-extras.ts); misses are of ' +
      'callgrind’s two caches, 32 KiB and 32 MiB, in the first run.',
    '',
  ].join('\n\n');
}

/** Lines of text, each a promise and how it is kept. */
export function summaryOf({ steady, cold, worst, inversions }: Judgement): string {
  const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
  return [
    `- steady medians and p99s above 104 ticks: ${steady.length}, within ${NEAR}: ${percent(share(steady, NEAR))} ` +
      `(promised: ${percent(NEAR_SHARE_MIN)}), within ${FAR}: ${percent(share(steady, FAR))} (promised: all)`,
    ...farOnes(steady, FAR),
    `- medians after an eviction: ${cold.length}, within ${COLD_NEAR}: ${percent(share(cold, COLD_NEAR))} (promised: all)`,
    ...farOnes(cold, COLD_NEAR),
    `- first-fit’s worst operations: ${worst.length}, within ${MAX_NEAR} of the range from the measured p99 to the measured ` +
      `maximum: ${percent(share(worst, MAX_NEAR))} (promised: all)`,
    ...farOnes(worst, MAX_NEAR),
    `- engines in the wrong order where one was measured to cost twice as much as the other: ${inversions.length} (promised: none)`,
    ...inversions.map((each) => `  - ${each}`),
  ].join('\n');
}

function farOnes(judged: readonly Judged[], factorMax: number): readonly string[] {
  return beyond(judged, factorMax).map(
    ({ what, ratio, exception }) => `  - ${what}: ${ratio.toFixed(2)}; ${exception?.reason ?? 'UNEXPLAINED'}`,
  );
}

function cells(compared: Compared | undefined): readonly (string | number)[] {
  if (compared === undefined) {
    return ['', '', ''];
  }
  const { measured, modelled } = compared;
  return [measured, Number(modelled.toFixed(3)), measured === 0 ? '' : ratioOf(compared).toFixed(2)];
}

function shown(compared: Compared, digits = 0): string {
  const { measured, modelled } = compared;
  const ratio = measured === 0 ? '–' : ratioOf(compared).toFixed(2);
  return `${measured.toFixed(digits)} / ${modelled.toFixed(digits)} = ${ratio}`;
}
