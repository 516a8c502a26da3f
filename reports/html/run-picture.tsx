import { area, curveStepAfter } from 'd3-shape';
import type { Checkpoint } from '../../harness/metrics/checkpoints';
import type { HeapMap } from '../../harness/metrics/heap-map';
import type { MeasuredKind, MeasuredPricing, MeasuredReplay } from '../../harness/metrics/measured-replay';
import { OP_KINDS, type OpKind } from '../../harness/metrics/op-kinds';
import { Axes, Chart, stackedFrames, type Frame } from './frame';
import { Term } from './glossary';
import { Shades } from './legend';
import { LatencyArea, X_TITLE, type AreaProps } from './latency-area';
import { COUNT_SHADES, OCCUPANCY_SHADES, Raster, RasterImage } from './raster';
import { bytesScale, compactBytes, compactInteger, rightwardScale, type Scale } from './scales';
import { WorstTable } from './worst-chart';

/**
 * One engine's run over the events of its trace: memory, the cost of every operation of each kind, and which part of
 * the heap was how full, all over one x-axis.
 */

interface RunPictureProps {
  readonly id: string;
  readonly title: string;
  readonly engine: string;
  readonly replay: MeasuredReplay;
  readonly pricing: MeasuredPricing | undefined;
  /** Whether memory and heap map are drawn as well; they are the same under every pricing. */
  readonly withMemory: boolean;
}

/** Room for a heap offset in hexadecimal. */
const OFFSET_LABEL_WIDTH = 68;
const MEMORY_HEIGHT = 90;
const KIND_HEIGHT = 110;
const MAP_HEIGHT = 110;

export function RunPicture({ id, title, engine, replay, pricing, withMemory }: RunPictureProps) {
  const kinds = OP_KINDS.flatMap((kind) => {
    const measured = pricing?.kinds[kind];
    return measured === undefined || measured.worst.length === 0 ? [] : [{ kind, measured }];
  });
  const hasMemory = withMemory && replay.checkpoints.length > 0;
  const map = withMemory && (replay.heapMap?.chunkOffsets.length ?? 0) > 0 ? replay.heapMap : null;
  const heights = [
    ...(hasMemory ? [MEMORY_HEIGHT] : []),
    ...kinds.map(() => KIND_HEIGHT),
    ...(map === null ? [] : [MAP_HEIGHT]),
  ];
  if (heights.length === 0) {
    return null;
  }
  const { height, frames } = stackedFrames(heights, { left: OFFSET_LABEL_WIDTH });
  const x = rightwardScale(frames[0]!, replay.trace.events, compactInteger);
  const kindFrames = frames.slice(hasMemory ? 1 : 0);
  const range = cyclesRange(kinds.map(({ measured }) => measured));
  const areas = heights.length;
  return (
    <Chart
      id={id}
      title={title}
      description={describe(kinds, replay)}
      height={height}
      xAxis={`${frames[0]!.left} ${frames[0]!.right} ${replay.trace.events}`}
      legend={
        <RunLegend
          hasDensity={kinds.some(({ measured }) => measured.density !== null)}
          hasMemory={hasMemory}
          map={map}
        />
      }
      numbers={
        <WorstTable
          operations={kinds.flatMap(({ measured }) =>
            measured.worst.map((worst) => ({ engine, place: 0, worst })),
          )}
        />
      }
    >
      {hasMemory && <MemoryArea frame={frames[0]!} x={x} replay={replay} isLast={areas === 1} />}
      {kinds.map(({ kind, measured }, index) => (
        <LatencyArea
          key={kind}
          frame={kindFrames[index]!}
          x={x}
          kind={kind}
          measured={measured}
          events={replay.trace.events}
          range={range}
          isLast={map === null && index === kinds.length - 1}
        />
      ))}
      {map !== null && <MapArea frame={frames[frames.length - 1]!} x={x} replay={replay} map={map} />}
      <line
        class="cursor"
        x1={frames[0]!.left}
        x2={frames[0]!.left}
        y1={frames[0]!.top}
        y2={frames[frames.length - 1]!.bottom}
      />
    </Chart>
  );
}

function describe(
  kinds: readonly { kind: OpKind; measured: MeasuredKind }[],
  { metrics }: MeasuredReplay,
): string {
  const worst = kinds.map(({ kind, measured }) => {
    const most = measured.worst[0]!;
    return `The dearest ${kind} is operation ${most.operation} with ${most.cycles} cycles.`;
  });
  const held = metrics['held.bytes.peak'];
  return [...worst, ...(held ? [`Held at most ${held.value} bytes.`] : [])].join(' ');
}

function cyclesRange(kinds: readonly MeasuredKind[]): [least: number, most: number] {
  const costs = kinds.map(({ distribution }) => distribution.costs);
  return [
    Math.min(...costs.map((each) => each[0]!)),
    Math.max(...costs.map((each) => each[each.length - 1]!)),
  ];
}

function RunLegend({
  hasDensity,
  hasMemory,
  map,
}: {
  hasDensity: boolean;
  hasMemory: boolean;
  map: HeapMap | null;
}) {
  return (
    <ul class="legend">
      {hasMemory && (
        <>
          {BANDS.map(({ className, label, term }) => (
            <li key={label} class={className}>
              <span class="swatch" aria-hidden="true" />
              {term === undefined ? label : <Term of={term} />}
            </li>
          ))}
        </>
      )}
      {hasDensity && (
        <li>
          <Shades colours={COUNT_SHADES} />
          1, 4, 16, 64, 256, 1024 operations and more in a spot
        </li>
      )}
      <li>
        <span class="ring-sign" aria-hidden="true" />
        the worst, numbered
      </li>
      {map !== null && (
        <li>
          <Shades
            colours={[OCCUPANCY_SHADES[0]!, OCCUPANCY_SHADES[1]!, OCCUPANCY_SHADES[5]!, OCCUPANCY_SHADES[9]!]}
          />
          {`held but empty, then emptier to full, ${compactBytes(map.chunkBytes)} a row`}
        </li>
      )}
    </ul>
  );
}

const BANDS: readonly { className: string; label: string; term?: string }[] = [
  { className: 'band external', label: 'held, not granted' },
  { className: 'band internal', label: 'headers and rounding' },
  { className: 'band live', label: 'live', term: 'live' },
];

function MemoryArea({ frame, x, replay, isLast }: AreaProps & { replay: MeasuredReplay }) {
  const { checkpoints } = replay;
  const y = bytesScale(
    frame,
    Math.max(...checkpoints.map(({ heldBytes, grantedBytes }) => Math.max(heldBytes, grantedBytes))),
    3,
  );
  const band = (low: (each: Checkpoint) => number, high: (each: Checkpoint) => number) =>
    area<Checkpoint>()
      .x(({ operation }) => x.at(operation))
      .y0((each) => y.at(low(each)))
      .y1((each) => y.at(high(each)))
      .curve(curveStepAfter)
      .digits(1)(checkpoints) ?? '';
  return (
    <g>
      <Axes
        frame={frame}
        xTicks={x.ticks}
        yTicks={y.ticks}
        yTitle={`memory, ${y.unit}`}
        {...(isLast && { xTitle: X_TITLE })}
      />
      <path
        class="band live"
        d={band(
          () => 0,
          ({ liveBytes }) => liveBytes,
        )}
      />
      <path
        class="band internal"
        d={band(
          ({ liveBytes }) => liveBytes,
          ({ grantedBytes }) => grantedBytes,
        )}
      />
      <path
        class="band external"
        d={band(
          ({ grantedBytes }) => grantedBytes,
          ({ heldBytes, grantedBytes }) => Math.max(heldBytes, grantedBytes),
        )}
      />
    </g>
  );
}

function MapArea({
  frame,
  x,
  replay,
  map,
}: {
  frame: Frame;
  x: Scale;
  replay: MeasuredReplay;
  map: HeapMap;
}) {
  const { chunkOffsets } = map;
  const step = Math.max(1, Math.ceil(chunkOffsets.length / 4));
  const yTicks = chunkOffsets
    .filter((_, index) => index % step === 0)
    .map((offset, index) => ({
      at: frame.bottom - ((index * step + 0.5) * (frame.bottom - frame.top)) / chunkOffsets.length,
      label: `0x${offset.toString(16)}`,
    }));
  return (
    <g>
      <Axes frame={frame} xTicks={x.ticks} yTicks={yTicks} xTitle={X_TITLE} yTitle="heap offset" />
      <RasterImage frame={frame} raster={mapRaster(map, replay, frame, x)} />
    </g>
  );
}

/** A row a chunk that was ever held, the highest address on top; each moment lasts until the next that was surveyed. */
export function mapRaster(map: HeapMap, replay: MeasuredReplay, frame: Frame, x: Scale): Raster {
  const { chunkOffsets, columns } = map;
  const raster = new Raster(frame.right - frame.left, chunkOffsets.length, OCCUPANCY_SHADES);
  const surveyed = replay.checkpoints.filter(({ survey }) => survey !== null);
  const edges = [...surveyed.map(({ operation }) => Math.floor(x.at(operation) - frame.left)), raster.width];
  columns.forEach((column, moment) => {
    const left = edges[moment]!;
    const width = Math.max(edges[moment + 1]! - left, 1);
    for (let chunk = 0; chunk < chunkOffsets.length; chunk++) {
      const letter = column[chunk]!;
      if (letter !== '.') {
        raster.fill(left, chunkOffsets.length - 1 - chunk, width, 1, 1 + Number(letter));
      }
    }
  });
  return raster;
}
