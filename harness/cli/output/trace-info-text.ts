import { barText, sparkline } from '../../../reports/sparkline';
import { fittedTableLines, wrappedText, type Terminal, type TextColumn } from '../../../reports/text-columns';
import { escapeControls } from '../../../traces/input-error';
import type { HistogramClass } from '../../../traces/tools/histogram';
import type { GroupFigures, RequestFigures, TraceInfo } from '../../../traces/tools/info';
import { countText, groupedInteger as number } from '../../text/numbers';

/** `TraceInfo` as lines for a terminal. */

const BAR_COLUMNS = 40;
const GROUPS_MAX = 12;
const TEXT_COLUMNS_MAX = 40;

export function infoLines(info: TraceInfo, terminal: Terminal = {}): string[] {
  const figures = figureLines(info).flatMap((line) => wrappedText(line, terminal.columns).split('\n'));
  return [
    ...figures,
    ...histogramLines('requested bytes', info.sizes, terminal),
    ...histogramLines('lifetime in events', info.lifetimes, terminal),
    ...groupLines('call site', info.sites, terminal),
    ...groupLines('function', info.calls, terminal),
  ];
}

function figureLines(info: TraceInfo): string[] {
  const { events, violations } = info;
  return [
    `${escapeControls(info.name)}: ${countText(events, 'event')}, ${originText(info)}`,
    `identity ${info.identity}`,
    ...(violations > 0 ? [`events that break the rules of a trace: ${number(violations)}`] : []),
    '',
    `events    ${info.ops.map(({ op, events }) => `${op} ${number(events)}`).join(', ')}`,
    `needs     ${info.needs.length === 0 ? 'nothing beyond alloc and free' : info.needs.join(', ')}`,
    `requests  ${requestText(info.all)}`,
    ...(info.alignedRequests > 0
      ? [
          `aligned   ${countText(info.alignedRequests, 'request')}, at most to ${countText(info.alignMax, 'byte')}`,
        ]
      : []),
    `peak      ${peakText(info)}`,
    ...(info.liveBytesPeak.amount > 0 ? [`live      ${sparkline(info.liveBytesOverEvents)}`] : []),
    `at end    ${countText(info.liveBytesAtEnd, 'byte')} in ${countText(info.liveObjectsAtEnd, 'object')} live`,
    ...factLines(info),
  ];
}

function originText({ origin }: TraceInfo): string {
  if (origin.kind === 'recorded') {
    return `recorded (${escapeControls(origin.format)})`;
  }
  const parameters = Object.entries(origin.parameters).map(([name, value]) => `${name}=${value}`);
  return escapeControls(
    `synthetic (${origin.generator} ${[...parameters, `seed=${origin.seed}`].join(' ')})`,
  );
}

function requestText({ requests, bytesTotal, bytesMin, bytesMax }: RequestFigures): string {
  if (bytesMin === undefined || bytesMax === undefined) {
    return 'none';
  }
  const mean = number(Math.round(bytesTotal / requests));
  const range = `${number(bytesMin)} to ${countText(bytesMax, 'byte')}, ${mean} on average`;
  return `${number(requests)} of ${range}, ${number(bytesTotal)} in all`;
}

function peakText({ liveBytesPeak, liveObjectsPeak }: TraceInfo): string {
  const after = (event: number | undefined) => (event === undefined ? '' : ` after event ${number(event)}`);
  const bytes = `${countText(liveBytesPeak.amount, 'byte')} live${after(liveBytesPeak.event)}`;
  return `${bytes}, ${countText(liveObjectsPeak.amount, 'object')}${after(liveObjectsPeak.event)}`;
}

function factLines({ facts }: TraceInfo): string[] {
  if (facts.length === 0) {
    return [];
  }
  const values = facts.map(({ value, unit }) => `${number(value)} ${unit}`.trimEnd());
  const columns = Math.max(...facts.map(({ name }) => name.length));
  return ['', ...facts.map(({ name }, index) => `${name.padEnd(columns)}  ${values[index]}`)];
}

function histogramLines(title: string, classes: readonly HistogramClass[], { columns }: Terminal): string[] {
  if (classes.length === 0) {
    return [];
  }
  const most = Math.max(...classes.map(({ count }) => count));
  const ranges = classes.map(({ smallest, largest }) =>
    smallest === largest ? number(smallest) : `${number(smallest)}–${number(largest)}`,
  );
  const rangeColumns = Math.max(title.length, ...ranges.map((range) => range.length));
  const countColumns = number(most).length;
  const barColumns = Math.min(BAR_COLUMNS, (columns ?? Infinity) - rangeColumns - countColumns - 4);
  return [
    '',
    title,
    ...classes.map(({ count }, index) => {
      const bar = barText(count, most, barColumns);
      return `${ranges[index]!.padStart(rangeColumns)}  ${number(count).padStart(countColumns)}  ${bar}`.trimEnd();
    }),
  ];
}

function groupLines(title: string, groups: readonly GroupFigures[], terminal: Terminal): string[] {
  if (groups.length === 0) {
    return [];
  }
  const shown = groups.slice(0, GROUPS_MAX);
  const left = groups.length - shown.length;
  return [
    '',
    ...fittedTableLines(groupColumns(title), shown, terminal),
    ...(left > 0 ? [`and ${number(left)} more`] : []),
  ];
}

function groupColumns(title: string): TextColumn<GroupFigures>[] {
  const figure = (name: string, cell: (group: GroupFigures) => string): TextColumn<GroupFigures> => ({
    ...{ title: name, align: 'right', cell },
  });
  return [
    { title, align: 'left', isKey: true, cell: ({ text }) => shortened(escapeControls(text)) },
    figure('events', ({ events }) => number(events)),
    figure('requests', ({ requests }) => number(requests)),
    figure('mean bytes', ({ requests, bytesTotal }) =>
      requests === 0 ? '' : number(Math.round(bytesTotal / requests)),
    ),
    figure('bytes in all', ({ bytesTotal }) => number(bytesTotal)),
  ];
}

function shortened(text: string): string {
  return text.length <= TEXT_COLUMNS_MAX ? text : `${text.slice(0, TEXT_COLUMNS_MAX - 1)}…`;
}
