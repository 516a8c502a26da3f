import { isFailure, type MeasuredReplay } from '../../harness/metrics/measured-replay';
import { OP_KINDS } from '../../harness/metrics/op-kinds';
import type { Results } from '../../harness/results/results';
import type { JudgedExperiment } from '../../harness/studies/claims/claim';
import { groupedInteger, kibibytesText, percentText } from '../../harness/text/numbers';
import { escapeControls } from '../../traces/input-error';
import { phraseText, type Phrase } from '../phrase';
import { engineLabel, memberName, stopText, traceFamilies, type TraceFamily } from '../trace-groups';
import { headlines, remarks } from '../verdict';
import { seriesOf } from './family-section';
import { Term } from './glossary';
import { GrowthPlot } from './growth';
import { Name } from './name';
import { Scroll } from './scroll';

/** What happened, in ten seconds: what failed, the worst of all, the engines by their extremes, what it proves. */
export function FrontPage({
  results,
  experiment,
  linkTo,
  familiesMax,
}: {
  results: Results;
  experiment?: JudgedExperiment;
  /** Where a family of traces is told. */
  linkTo: (family: number) => string;
  /** How many of them are listed here. */
  familiesMax: number;
}) {
  const [first, ...others] = headlines(results);
  return (
    <section id="front" aria-label="What happened">
      <Failures results={results} />
      {first !== undefined && <p class="headline">{shown(first)}</p>}
      {others.length > 0 && (
        <ul class="verdicts">
          {others.map((phrase, index) => (
            <li key={index}>{shown(phrase)}</li>
          ))}
        </ul>
      )}
      {remarks(results).map((phrase, index) => (
        <p key={index}>{shown(phrase)}</p>
      ))}
      {experiment !== undefined && <Judgements {...experiment} />}
      <Growth families={traceFamilies(results)} />
      <EngineBars results={results} linkTo={linkTo} familiesMax={familiesMax} />
    </section>
  );
}

/** How the worst operation grows, of every family whose traces grow. */
function Growth({ families }: { families: readonly TraceFamily[] }) {
  return (
    <div class="pictures">
      {families.map((family, index) =>
        family.growsBy === undefined ? null : (
          <GrowthPlot
            key={index}
            id={`growth${index}`}
            family={family}
            growsBy={family.growsBy}
            series={seriesOf(family)}
          />
        ),
      )}
    </div>
  );
}

const shown = (phrase: Phrase): string => phraseText(phrase, escapeControls);

/** What did not end well, before everything else: broken engines, then refused allocations, then what cannot be run. */
function Failures({ results: { replays } }: { results: Results }) {
  const broken = replays.filter(({ outcome }) => isFailure(outcome));
  const refusing = replays.filter(({ metrics }) => (metrics['allocations.failed']?.value ?? 0) > 0);
  const unable = replays.filter(({ outcome }) => outcome.kind === 'unsupported');
  const lines = [
    ...broken.map((replay) => `${whose(replay, replays)}: ${stopText(replay)!}`),
    ...refusing.map((replay) => `${whose(replay, replays)}: ${refusalText(replay)}`),
    ...unable.map((replay) => `${whose(replay, replays)}: ${stopText(replay)!}`),
  ];
  return lines.length === 0 ? null : (
    <div class="failures" role="note">
      <p>{`${groupedInteger(lines.length)} of ${groupedInteger(replays.length)} replays did not do all they were asked:`}</p>
      <ul>
        {lines.slice(0, LINES_MAX).map((line, index) => (
          <li key={index}>
            <Name of={line} />
          </li>
        ))}
      </ul>
      {lines.length > LINES_MAX && (
        <p>{`${groupedInteger(lines.length - LINES_MAX)} more in summary.csv.`}</p>
      )}
    </div>
  );
}

const LINES_MAX = 20;

const whose = (replay: MeasuredReplay, replays: readonly MeasuredReplay[]): string =>
  `${engineLabel(replay, replays)} on ${replay.trace.name}`;

function refusalText({ metrics }: MeasuredReplay): string {
  const failed = metrics['allocations.failed']!;
  const first =
    failed.operation === undefined ? '' : `, the first at operation ${groupedInteger(failed.operation)}`;
  return `${groupedInteger(failed.value)} allocations returned NULL${first}`;
}

function Judgements({ experiment, report }: JudgedExperiment) {
  return (
    <section id="claims" aria-labelledby="claims-title">
      <h2 id="claims-title">{experiment.name}</h2>
      <p>{experiment.summary}</p>
      <ul class="claims">
        {report.judgements.map(({ claim, verdict, because }) => (
          <li key={claim.id}>
            <strong class={`badge ${verdict.replace(/ /g, '-')}`}>{verdict}</strong> {claim.statement}
            <br />
            {because}
          </li>
        ))}
      </ul>
      {report.remarks.map((remark) => (
        <p key={remark}>{remark}</p>
      ))}
    </section>
  );
}

/** The extremes of an engine over the traces of a family and all pricings. */
interface Extremes {
  readonly engine: string;
  readonly values: readonly (number | undefined)[];
}

interface ExtremeColumn {
  readonly heading: string;
  readonly kind?: string;
  readonly unit: string;
  readonly read: (replay: MeasuredReplay) => number | undefined;
  readonly text: (value: number) => string;
}

function extremeColumns(results: Results): ExtremeColumn[] {
  const kinds = OP_KINDS.filter((kind) =>
    results.replays.some(({ metrics }) => (metrics[`${kind}.operations`]?.value ?? 0) > 0),
  );
  return [
    ...kinds.map((kind): ExtremeColumn => ({
      heading: 'worst',
      kind,
      unit: 'cycles',
      read: ({ pricings }) => most(pricings.map(({ metrics }) => metrics[`${kind}.cycles.max`]?.value)),
      text: groupedInteger,
    })),
    {
      heading: 'held peak',
      unit: 'KiB',
      read: ({ metrics }) => metrics['held.bytes.peak']?.value,
      text: kibibytesText,
    },
    { heading: 'waste', unit: '%', read: ({ metrics }) => metrics['waste.peak']?.value, text: percentText },
    {
      heading: 'failed',
      unit: '',
      read: ({ metrics }) => metrics['allocations.failed']?.value,
      text: groupedInteger,
    },
  ];
}

function most(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** A row of bars for each engine of each family: of a column the longest is the worst and the shortest the best. */
function EngineBars({
  results,
  linkTo,
  familiesMax,
}: {
  results: Results;
  linkTo: (family: number) => string;
  familiesMax: number;
}) {
  const families = traceFamilies(results);
  const columns = extremeColumns(results);
  return (
    <>
      <h2 id="engines">Engines by their worst</h2>
      <p>
        The most of every engine over the traces of a family and all pricings. Bars are in proportion within a
        family; ▲ marks the worst of several, ▼ the best.
      </p>
      <Scroll label="Engines by their worst">
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">engine</th>
              {columns.map(({ heading, kind, unit }) => (
                <th key={`${kind} ${heading}`} scope="col">
                  {kind !== undefined && `${kind} `}
                  <Term of={heading} />
                  {unit !== '' && `, ${unit}`}
                </th>
              ))}
            </tr>
          </thead>
          {families.slice(0, familiesMax).map((family, index) => (
            <FamilyBars key={index} family={family} columns={columns} link={linkTo(index)} />
          ))}
        </table>
      </Scroll>
      {families.length > familiesMax && (
        <p>{`The first ${familiesMax} of ${families.length} families of traces; the others follow below.`}</p>
      )}
    </>
  );
}

function FamilyBars({
  family,
  columns,
  link,
}: {
  family: TraceFamily;
  columns: readonly ExtremeColumn[];
  link: string;
}) {
  const engines = extremesOf(family, columns);
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colspan={columns.length + 1}>
          <a href={link}>
            <Name of={familyTitle(family)} />
          </a>
        </th>
      </tr>
      {engines.map(({ engine, values }) => (
        <tr key={engine}>
          <th scope="row" class="name">
            <Name of={engine} />
          </th>
          {columns.map((column, index) => (
            <BarCell
              key={index}
              value={values[index]}
              all={engines.map((each) => each.values[index]).filter((value) => value !== undefined)}
              text={column.text}
            />
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function familyTitle({ name, members }: TraceFamily): string {
  return members.length === 1
    ? memberName(members[0]!)
    : `${name}, ${members[0]!.label} to ${members[members.length - 1]!.label}`;
}

function extremesOf({ members }: TraceFamily, columns: readonly ExtremeColumn[]): Extremes[] {
  const replays = new Map<string, MeasuredReplay[]>();
  for (const member of members) {
    for (const replay of member.replays.filter(({ outcome }) => outcome.kind !== 'unsupported')) {
      const engine = engineLabel(replay, member.replays);
      replays.set(engine, [...(replays.get(engine) ?? []), replay]);
    }
  }
  return [...replays].map(([engine, each]) => ({
    engine,
    values: columns.map(({ read }) => most(each.map(read))),
  }));
}

interface BarCellProps {
  readonly value: number | undefined;
  readonly all: readonly number[];
  readonly text: (value: number) => string;
}

function BarCell({ value, all, text }: BarCellProps) {
  if (value === undefined) {
    return <td />;
  }
  const [least, greatest] = [Math.min(...all), Math.max(...all)];
  const width = greatest === 0 ? 0 : Math.max(Math.round((value * 1000) / greatest) / 10, 0.5);
  const mark = least === greatest ? '' : value === greatest ? ' ▲' : value === least ? ' ▼' : '';
  const isWorst = mark === ' ▲';
  return (
    <td class={isWorst ? 'bar most' : 'bar'}>
      <span class="length" style={`width:${width}%`} aria-hidden="true" />
      {text(value)}
      {mark}
    </td>
  );
}
