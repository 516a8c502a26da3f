import { worstOperations, type MeasuredReplay } from '../../harness/metrics/measured-replay';
import { OP_KINDS } from '../../harness/metrics/op-kinds';
import { groupedInteger } from '../../harness/text/numbers';
import { engineRows, type EngineRow } from '../engine-table';
import {
  engineLabel,
  isAdaptive,
  lengthText,
  memberName,
  originText,
  type TraceFamily,
  type TraceMember,
} from '../trace-groups';
import { dearestOf, pricingNamed } from '../verdict';
import { EngineTable, type TableRow } from './engine-table';
import { FreeBlocks } from './free-blocks';
import { HeapWalkFigure } from './heap-walk';
import type { Series } from './legend';
import { MemoryChart } from './memory-chart';
import { MetricsTable } from './metrics-table';
import { Name } from './name';
import { PercentileCurves, type KindCurves } from './percentile-curves';
import { commandText, fillInText } from './command';
import { RunPicture } from './run-picture';
import { WorstChart, type EngineWorst } from './worst-chart';

interface FamilySectionProps {
  readonly id: string;
  readonly family: TraceFamily;
  /** Of the blocks of one heap. */
  readonly lettersMax: number;
  /** Whether the pictures are few: one of many pages that are kept. */
  readonly isBrief?: boolean;
}

/**
 * All about the traces of one family: the engines side by side in a table and in pictures of the member with the
 * dearest operation, then each engine by itself, folded away.
 */
export function FamilySection({ id, family, lettersMax, isBrief = false }: FamilySectionProps) {
  const series = seriesOf(family);
  const shown = shownMember(family);
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        <Name of={family.name} />
      </h2>
      <Origin family={family} />
      <EngineTable rows={rowsOf([shown])} label={`Engines on ${memberName(shown)}`} />
      {family.members.length > 1 && (
        <details>
          <summary>
            <Name of={`All ${family.members.length} traces, ${family.name}`} />
          </summary>
          <EngineTable rows={rowsOf(family.members)} label={`Engines on all traces of ${family.name}`} />
        </details>
      )}
      <Pictures id={id} member={shown} series={series} lettersMax={lettersMax} isBrief={isBrief} />
    </section>
  );
}

/** The member whose pictures are drawn. */
export function shownMember(family: TraceFamily): TraceMember {
  return dearestOf(family)?.member ?? family.members[0]!;
}

function rowsOf(members: readonly TraceMember[]): TableRow[] {
  return members.flatMap((member) =>
    engineRows(member.replays).map((row): TableRow => ({ ...row, member: member.label })),
  );
}

/** The engines of a family in the order of their first appearance: their numbers and colours in every picture. */
export function seriesOf({ members }: TraceFamily): Series[] {
  const labels = members.flatMap(({ replays }) => replays.map((replay) => engineLabel(replay, replays)));
  return [...new Set(labels)].map((engine, place) => ({ engine, place }));
}

function Origin({ family: { members } }: { family: TraceFamily }) {
  const first = members[0]!;
  const text = members.length === 1 ? originText(first.trace) : `${members.length} traces of one generator`;
  return (
    <>
      <p>
        <Name of={text} />
        {members.length === 1 && `, ${lengthText(first)}`}
        {members.length === 1 && first.trace.sha256 !== null && !isAdaptive(first.trace) && (
          <>
            {', sha256 '}
            <code>{first.trace.sha256.slice(0, 12)}</code>
          </>
        )}
      </p>
      <details>
        <summary>
          How to run it again, <Name of={first.trace.name} />
        </summary>
        <p>{fillInText(first)}</p>
        {members.map((member) => (
          <pre key={member.label} tabindex={0}>
            <Name of={commandText(member)} />
          </pre>
        ))}
      </details>
    </>
  );
}

interface ShownReplay extends Series {
  readonly replay: MeasuredReplay;
  readonly rows: readonly EngineRow[];
}

interface PicturesProps {
  readonly id: string;
  readonly member: TraceMember;
  readonly series: readonly Series[];
  readonly lettersMax: number;
  readonly isBrief: boolean;
}

function Pictures({ id, member, series, lettersMax, isBrief }: PicturesProps) {
  const name = memberName(member);
  const rows = engineRows(member.replays);
  const ran = member.replays
    .filter(({ outcome, checkpoints }) => outcome.kind !== 'unsupported' && checkpoints.length > 0)
    .map((replay): ShownReplay => {
      const engine = engineLabel(replay, member.replays);
      const { place } = series.find((each) => each.engine === engine)!;
      return { engine, place, replay, rows: rows.filter((row) => row.replay === replay) };
    });
  if (ran.length === 0) {
    return null;
  }
  const pricings = [...new Set(ran.flatMap(({ replay }) => replay.pricings.map((pricing) => pricing.id)))];
  const headline = dearestOf({ members: [member] })?.pricing.id;
  // Where nothing ever was free inside the held memory there is nothing to draw.
  const withHoles = ran.filter(({ replay }) =>
    replay.checkpoints.some(({ survey }) => survey !== null && survey.freeBlocks > 0),
  );
  return (
    <>
      <h3>
        <Name of={`Engines side by side on ${name}`} />
      </h3>
      <div class="pictures">
        {headline !== undefined && (
          <WorstChart
            id={`${id}-worst`}
            title={`The worst of each engine and kind, ${name}, ${headline}`}
            operations={worstOfEach(ran, headline)}
          />
        )}
        {pricings
          .filter((each) => !isBrief || each === headline)
          .map((pricing, index) => (
            <PercentileCurves
              key={pricing}
              id={`${id}-p${index}`}
              title={`Percentiles, ${name}, ${pricing}`}
              kinds={kindCurves(ran, pricing)}
            />
          ))}
        <MemoryChart id={`${id}-memory`} title={`Memory held, ${name}`} engines={ran} />
        {withHoles.length > 0 && !isBrief && (
          <FreeBlocks
            id={`${id}-free`}
            title={`Free blocks inside the held memory, ${name}`}
            engines={withHoles}
          />
        )}
      </div>
      {isBrief ? (
        <p>
          The run of each engine is drawn by a run of its own, with <code>--out</code>; all metrics stand in
          summary.csv.
        </p>
      ) : (
        <EngineByEngine {...{ id, ran, name, headline, lettersMax }} />
      )}
    </>
  );
}

interface EngineByEngineProps {
  readonly id: string;
  readonly ran: readonly ShownReplay[];
  readonly name: string;
  readonly headline: string | undefined;
  readonly lettersMax: number;
}

function EngineByEngine({ id, ran, name, headline, lettersMax }: EngineByEngineProps) {
  return (
    <>
      <MetricsTable rows={ran.flatMap((each) => each.rows)} trace={name} />
      <h3>
        <Name of={`Engine by engine on ${name}`} />
      </h3>
      {ran.map((each) => (
        <EngineDetails
          key={each.place}
          id={`${id}-e${each.place}`}
          shown={each}
          trace={name}
          headline={headline}
          lettersMax={lettersMax}
        />
      ))}
    </>
  );
}

/** More bars than these do not fit a screen. */
const BARS_MAX = 16;

function worstOfEach(ran: readonly ShownReplay[], pricingId: string): EngineWorst[] {
  return ran
    .flatMap(({ engine, place, replay }) =>
      OP_KINDS.flatMap((kind): EngineWorst[] => {
        const worst = pricingNamed(replay, pricingId)?.kinds[kind].worst[0];
        return worst === undefined ? [] : [{ engine, place, worst }];
      }),
    )
    .sort((a, b) => b.worst.cycles - a.worst.cycles)
    .slice(0, BARS_MAX);
}

function kindCurves(ran: readonly ShownReplay[], pricingId: string): KindCurves[] {
  return OP_KINDS.map((kind) => ({
    kind,
    curves: ran.flatMap(({ engine, place, replay }) => {
      const distribution = pricingNamed(replay, pricingId)?.kinds[kind].distribution;
      return distribution === undefined || distribution.costs.length === 0
        ? []
        : [{ engine, place, distribution }];
    }),
  })).filter(({ curves }) => curves.length > 0);
}

interface EngineDetailsProps {
  readonly id: string;
  readonly shown: ShownReplay;
  readonly trace: string;
  readonly headline: string | undefined;
  readonly lettersMax: number;
}

/** What belongs to one engine alone: its run under each pricing, the pricing of the headline first. */
function EngineDetails({ id, shown, trace, headline, lettersMax }: EngineDetailsProps) {
  const { engine, place, replay } = shown;
  const pricings = [...replay.pricings].sort((a, b) => Number(b.id === headline) - Number(a.id === headline));
  const runs = pricings.length === 0 ? [undefined] : pricings;
  return (
    <details id={id} class="engine">
      <summary>
        <Name of={`${place + 1} ${engine} on ${trace}`} />
        {pricings.length > 0 && <Name of={`: ${pricings.map((pricing) => pricing.id).join(', ')}`} />}
        {pricings[0] !== undefined && (
          <Name of={`; worst ${groupedInteger(worstOperations(pricings[0], 1)[0]?.cycles ?? 0)} cycles`} />
        )}
      </summary>
      <div class="pictures">
        {runs.map((pricing, index) => (
          <RunPicture
            key={pricing?.id ?? ''}
            id={`${id}-p${index}`}
            title={`The run of ${engine} on ${trace}${pricing === undefined ? '' : `, ${pricing.id}`}`}
            engine={engine}
            replay={replay}
            pricing={pricing}
            withMemory={index === 0}
          />
        ))}
      </div>
      {replay.heapWalk !== null && (
        <HeapWalkFigure
          id={`${id}-walk`}
          title={`Every block of the heap, ${engine} on ${trace}`}
          replay={replay}
          walk={replay.heapWalk}
          lettersMax={lettersMax}
        />
      )}
    </details>
  );
}
