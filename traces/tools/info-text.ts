import { escapeControls } from '../input-error';
import type { HistogramClass } from './histogram';
import type { GroupFigures, RequestFigures, TraceInfo } from './info';

/** `TraceInfo` as lines for a terminal, at most 100 columns wide. */

const BAR_COLUMNS = 40;
const GROUPS_MAX = 12;
const TEXT_COLUMNS_MAX = 40;

export function infoLines(info: TraceInfo): string[] {
  return [
    `${escapeControls(info.name)}: ${number(info.events)} events, ${originText(info)}`,
    `identity ${info.identity}`,
    ...(info.violations > 0 ? [`${number(info.violations)} events break the rules of a trace`] : []),
    '',
    `events    ${info.ops.map(({ op, events }) => `${op} ${number(events)}`).join(', ')}`,
    `needs     ${info.needs.length === 0 ? 'nothing beyond alloc and free' : info.needs.join(', ')}`,
    `requests  ${requestText(info.all)}`,
    ...(info.alignedRequests > 0
      ? [`aligned   ${number(info.alignedRequests)} requests, at most to ${number(info.alignMax)} bytes`]
      : []),
    `peak      ${peakText(info)}`,
    `at end    ${number(info.liveBytesAtEnd)} bytes in ${number(info.liveObjectsAtEnd)} objects live`,
    ...factLines(info),
    ...histogramLines('requested bytes', info.sizes),
    ...histogramLines('lifetime in events', info.lifetimes),
    ...groupLines('call site', info.sites),
    ...groupLines('function', info.calls),
  ];
}

function originText({ origin }: TraceInfo): string {
  if (origin.kind === 'recorded') return `recorded (${escapeControls(origin.format)})`;
  const parameters = Object.entries(origin.parameters).map(([name, value]) => `${name}=${value}`);
  return escapeControls(
    `synthetic (${origin.generator} ${[...parameters, `seed=${origin.seed}`].join(' ')})`,
  );
}

function requestText({ requests, bytesTotal, bytesMin, bytesMax }: RequestFigures): string {
  if (bytesMin === undefined || bytesMax === undefined) return 'none';
  const mean = number(Math.round(bytesTotal / requests));
  const range = `${number(bytesMin)} to ${number(bytesMax)} bytes, ${mean} on average`;
  return `${number(requests)} of ${range}, ${number(bytesTotal)} in all`;
}

function peakText({ liveBytesPeak, liveObjectsPeak }: TraceInfo): string {
  const after = (event: number | undefined) => (event === undefined ? '' : ` after event ${number(event)}`);
  const bytes = `${number(liveBytesPeak.amount)} bytes live${after(liveBytesPeak.event)}`;
  return `${bytes}, ${number(liveObjectsPeak.amount)} objects${after(liveObjectsPeak.event)}`;
}

function factLines({ facts }: TraceInfo): string[] {
  if (facts.length === 0) return [];
  const values = facts.map(({ value, unit }) => `${number(value)} ${unit}`.trimEnd());
  const columns = Math.max(...facts.map(({ name }) => name.length));
  return ['', ...facts.map(({ name }, index) => `${name.padEnd(columns)}  ${values[index]}`)];
}

function histogramLines(title: string, classes: readonly HistogramClass[]): string[] {
  if (classes.length === 0) return [];
  const most = Math.max(...classes.map(({ count }) => count));
  const ranges = classes.map(({ smallest, largest }) =>
    smallest === largest ? number(smallest) : `${number(smallest)}–${number(largest)}`,
  );
  const rangeColumns = Math.max(title.length, ...ranges.map((range) => range.length));
  const countColumns = number(most).length;
  return [
    '',
    title,
    ...classes.map(({ count }, index) => {
      const bar = '#'.repeat(Math.ceil((count / most) * BAR_COLUMNS));
      return `${ranges[index]!.padStart(rangeColumns)}  ${number(count).padStart(countColumns)}  ${bar}`.trimEnd();
    }),
  ];
}

function groupLines(title: string, groups: readonly GroupFigures[]): string[] {
  if (groups.length === 0) return [];
  const rows = groups
    .slice(0, GROUPS_MAX)
    .map(({ text, events, requests, bytesTotal }) => [
      shortened(escapeControls(text)),
      number(events),
      number(requests),
      requests === 0 ? '' : number(Math.round(bytesTotal / requests)),
      number(bytesTotal),
    ]);
  const table = [[title, 'events', 'requests', 'mean bytes', 'bytes in all'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const left = groups.length - rows.length;
  return ['', ...lines, ...(left > 0 ? [`and ${number(left)} more`] : [])];
}

function shortened(text: string): string {
  return text.length <= TEXT_COLUMNS_MAX ? text : `${text.slice(0, TEXT_COLUMNS_MAX - 1)}…`;
}

/** Digits in groups of three, the same in every locale. */
function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
