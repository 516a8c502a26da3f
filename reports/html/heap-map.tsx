import { encode } from 'fast-png';
import type { HeapMap } from '../../harness/metrics/heap-map';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { Axes, Chart, wideFrame, type Frame, type Tick } from './frame';
import { compactBytes } from './scales';

interface HeapMapChartProps {
  readonly id: string;
  readonly title: string;
  readonly replay: MeasuredReplay;
  readonly heapMap: HeapMap;
}

/** Which part of the heap was how full at which checkpoint: pale is held but empty, full colour is all in use. */
export function HeapMapChart({ id, title, replay, heapMap }: HeapMapChartProps) {
  const frame = { ...wideFrame(260), left: 92 };
  const { chunkBytes, chunkOffsets, columns } = heapMap;
  const image = `data:image/png;base64,${Buffer.from(heapMapPng(heapMap)).toString('base64')}`;
  return (
    <Chart
      id={id}
      title={title}
      description={`Occupancy of the ${chunkOffsets.length} parts of ${compactBytes(chunkBytes)} that were ever held, at ${columns.length} checkpoints.`}
      frame={frame}
      numbers={<MapText heapMap={heapMap} />}
    >
      <Axes
        frame={frame}
        xTicks={columnTicks(frame, replay, columns.length)}
        yTicks={chunkTicks(frame, chunkOffsets)}
        xTitle="bytes allocated so far"
        yTitle="heap offset"
      />
      <image
        class="pixels"
        href={image}
        x={frame.left}
        y={frame.top}
        width={frame.right - frame.left}
        height={frame.bottom - frame.top}
        preserveAspectRatio="none"
      />
    </Chart>
  );
}

/** Blue, more opaque the fuller: legible on a light and on a dark page. */
const HUE = [0x1f, 0x77, 0xc4] as const;
const EMPTY = [0xe0, 0x86, 0x2f] as const;

/** One pixel a chunk and checkpoint, the highest address on top. */
export function heapMapPng({ chunkOffsets, columns }: HeapMap): Uint8Array {
  const width = columns.length;
  const height = chunkOffsets.length;
  const data = new Uint8Array(width * height * 4);
  columns.forEach((column, x) => {
    for (let chunk = 0; chunk < height; chunk++) {
      const letter = column[chunk]!;
      if (letter !== '.') {
        const pixel = ((height - 1 - chunk) * width + x) * 4;
        const tenths = Number(letter);
        data.set(tenths === 0 ? EMPTY : HUE, pixel);
        data[pixel + 3] = tenths === 0 ? 150 : 75 + 20 * tenths;
      }
    }
  });
  return encode({ width, height, data, channels: 4 });
}

function columnTicks(frame: Frame, { checkpoints }: MeasuredReplay, count: number): Tick[] {
  const surveyed = checkpoints.filter(({ survey }) => survey !== null);
  const step = Math.max(1, Math.ceil(count / 6));
  return surveyed
    .filter((_, index) => index % step === 0)
    .map(({ allocatedBytes }, index) => ({
      at: frame.left + ((index * step + 0.5) * (frame.right - frame.left)) / count,
      label: compactBytes(allocatedBytes),
    }));
}

function chunkTicks(frame: Frame, offsets: readonly number[]): Tick[] {
  const step = Math.max(1, Math.ceil(offsets.length / 8));
  return offsets
    .filter((_, index) => index % step === 0)
    .map((offset, index) => ({
      at: frame.bottom - ((index * step + 0.5) * (frame.bottom - frame.top)) / offsets.length,
      label: `0x${offset.toString(16)}`,
    }));
}

/** The map itself as letters, a line a checkpoint. */
function MapText({ heapMap: { chunkBytes, chunkOffsets, columns } }: { heapMap: HeapMap }) {
  const first = chunkOffsets[0] ?? 0;
  return (
    <>
      <p>
        {`A line a checkpoint, a letter for every ${compactBytes(chunkBytes)} that were ever held, from heap offset 0x${first.toString(16)} up: “.” not held, “0” empty … “9” full.`}
      </p>
      <pre>{columns.join('\n')}</pre>
    </>
  );
}
