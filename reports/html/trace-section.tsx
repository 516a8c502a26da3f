import {
  worstOperations,
  type MeasuredKind,
  type MeasuredPricing,
} from '../../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../../harness/metrics/op-kinds';
import { escapeControls } from '../../traces/input-error';
import { engineRows, type EngineRow } from '../engine-table';
import { engineLabel, isAdaptive, lengthText, originText, type TraceGroup } from '../trace-groups';
import { pricingNamed } from '../verdict';
import { EngineTable } from './engine-table';
import { FreeBlocks } from './free-blocks';
import { HeapMapChart } from './heap-map';
import { LatencyDensity } from './latency-density';
import { MemoryTimeline } from './memory-timeline';
import { MetricsTable } from './metrics-table';
import { Name } from './name';
import { PercentileCurves, type Curve } from './percentile-curves';
import { WorstAnatomy } from './worst-anatomy';

/** How many of the worst operations have a bar; all that were kept are in the tables. */
const BARS_MAX = 10;

/** All about one trace: the engines side by side, then each engine by itself. */
export function TraceSection({ group, id }: { group: TraceGroup; id: string }) {
  const replays = group.replays.map((replay) => ({ replay, engine: engineLabel(replay, group.replays) }));
  const rows = engineRows(group.replays);
  const ran = rows.filter(({ replay }) => replay.outcome.kind !== 'unsupported');
  const { trace } = group;
  return (
    <section id={id}>
      <h2>
        <Name of={trace.name} />
      </h2>
      <p>
        <Name of={originText(trace)} />
        {`, ${lengthText(group)}`}
        {trace.sha256 !== null && !isAdaptive(trace) && (
          <code class="hash">{` ${trace.sha256.slice(0, 12)}`}</code>
        )}
      </p>
      <EngineTable rows={rows} />
      <MetricsTable rows={ran} />
      <CurveCharts id={id} group={group} />
      {replays.map(({ engine }, index) => (
        <EngineSection
          key={engine}
          id={`${id}-e${index}`}
          engine={engine}
          rows={ran.filter((row) => row.replay === group.replays[index])}
        />
      ))}
    </section>
  );
}

/** A chart for every pricing and kind of operation, with a line an engine. */
function CurveCharts({ id, group }: { id: string; group: TraceGroup }) {
  const pricings = [...new Set(group.replays.flatMap((replay) => replay.pricings.map((each) => each.id)))];
  return (
    <>
      {pricings.flatMap((pricingId, pricing) =>
        OP_KINDS.map((kind) => {
          const curves = curvesOf(group, pricingId, kind);
          return curves.length === 0 ? null : (
            <PercentileCurves
              key={`${pricingId} ${kind}`}
              id={`${id}-p${pricing}-${kind}`}
              title={`Percentiles of ${kind}, ${escapeControls(pricingId)}`}
              kind={kind}
              curves={curves}
            />
          );
        }),
      )}
    </>
  );
}

function curvesOf(group: TraceGroup, pricingId: string, kind: OpKind): Curve[] {
  return group.replays.flatMap((replay, series) => {
    const distribution = pricingNamed(replay, pricingId)?.kinds[kind].distribution;
    const isEmpty = distribution === undefined || distribution.costs.length === 0;
    return isEmpty || replay.outcome.kind === 'unsupported'
      ? []
      : [{ engine: escapeControls(engineLabel(replay, group.replays)), series, distribution }];
  });
}

function EngineSection({ id, engine, rows }: { id: string; engine: string; rows: readonly EngineRow[] }) {
  const replay = rows[0]?.replay;
  if (replay === undefined || replay.checkpoints.length === 0) {
    return null;
  }
  const name = escapeControls(engine);
  const surveyed = replay.checkpoints.some(({ survey }) => survey !== null);
  return (
    <section id={id} class="engine">
      <h3>{name}</h3>
      {rows.map(({ pricing }, index) =>
        pricing === undefined ? null : (
          <PricingCharts
            key={pricing.id}
            id={`${id}-p${index}`}
            name={name}
            pricing={pricing}
            events={replay.trace.events}
          />
        ),
      )}
      <MemoryTimeline id={`${id}-memory`} title={`Memory over time, ${name}`} replay={replay} />
      {replay.heapMap !== null && replay.heapMap.chunkOffsets.length > 0 && (
        <HeapMapChart id={`${id}-map`} title={`Heap map, ${name}`} replay={replay} heapMap={replay.heapMap} />
      )}
      {surveyed && (
        <FreeBlocks id={`${id}-free`} title={`Free blocks inside the held memory, ${name}`} replay={replay} />
      )}
    </section>
  );
}

interface PricingChartsProps {
  readonly id: string;
  readonly name: string;
  readonly pricing: MeasuredPricing;
  readonly events: number;
}

function PricingCharts({ id, name, pricing, events }: PricingChartsProps) {
  const kinds = OP_KINDS.map((kind) => ({ kind, measured: pricing.kinds[kind] })).filter(
    ({ measured }) => measured.worst.length > 0,
  );
  const cycles = cyclesRange(kinds.map(({ measured }) => measured));
  const where = `${name}, ${escapeControls(pricing.id)}`;
  return (
    <>
      {kinds.map(({ kind, measured }) => (
        <LatencyDensity
          key={kind}
          id={`${id}-${kind}`}
          title={`Every ${kind}, ${where}`}
          kind={kind}
          measured={measured}
          events={events}
          cycles={cycles}
        />
      ))}
      <WorstAnatomy
        id={`${id}-worst`}
        title={`Anatomy of the worst operations, ${where}`}
        worst={worstOperations(pricing, BARS_MAX)}
      />
    </>
  );
}

function cyclesRange(kinds: readonly MeasuredKind[]): [least: number, most: number] {
  const costs = kinds.map(({ distribution }) => distribution.costs);
  return [
    Math.min(...costs.map((each) => each[0]!)),
    Math.max(...costs.map((each) => each[each.length - 1]!)),
  ];
}
