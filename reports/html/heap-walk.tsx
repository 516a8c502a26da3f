import {
  blocksAfter,
  decodeChanges,
  encodeChanges,
  HEAP_BASE,
  PAGE_BYTES,
  thinnedChanges,
  WALKED_STATES,
  type HeapChange,
  type HeapWalk,
  type WalkedBlock,
} from '../../harness/metrics/heap-walk';
import type { MeasuredReplay } from '../../harness/metrics/measured-replay';
import { countText, groupedInteger } from '../../harness/text/numbers';
import { escapeControls } from '../../traces/input-error';
import { OCCUPANCY_SHADES, Raster } from './raster';
import { Shades } from './legend';

interface HeapWalkFigureProps {
  readonly id: string;
  readonly title: string;
  readonly replay: MeasuredReplay;
  readonly walk: HeapWalk;
  /** How many letters the blocks may take in the page. */
  readonly lettersMax: number;
}

/**
 * Every block of the heap at any moment that was walked: with scripts a slider chooses the moment and a click a page;
 * without them the start, the peak and the end stand side by side.
 */
export function HeapWalkFigure({ id, title, replay, walk, lettersMax }: HeapWalkFigureProps) {
  const changes = decodeChanges(walk);
  const peak = replay.metrics['held.bytes.peak']?.operation;
  const fitted = fittedWalk(changes, walk, pinnedOf(replay), lettersMax);
  const stills: [string, readonly HeapChange[]][] = [
    ['start', changes.slice(0, 1)],
    ['held peak', changes.slice(0, changes.findIndex(({ operation }) => operation === peak) + 1)],
    ['end', changes],
  ];
  return (
    <figure
      id={id}
      class="walk"
      {...(fitted !== undefined && {
        'data-moments': fitted.moments.join(' '),
        'data-changes': fitted.changes,
        'data-first': Math.max(fitted.moments.indexOf(peak ?? -1), 0),
        'data-base': HEAP_BASE,
        'data-page': PAGE_BYTES,
        'data-states': WALKED_STATES.join(' '),
      })}
    >
      <figcaption>{escapeControls(title)}</figcaption>
      <ul class="legend">
        <li>
          <Shades
            colours={[OCCUPANCY_SHADES[0]!, OCCUPANCY_SHADES[1]!, OCCUPANCY_SHADES[5]!, OCCUPANCY_SHADES[9]!]}
          />
          a spot is a page, in the order of addresses: held but empty, then emptier to full
        </li>
      </ul>
      <div class="stills">
        {stills.map(([label, until]) => (
          <Still key={label} label={label} changes={until} />
        ))}
      </div>
      {fitted === undefined && <p>The heap has more blocks than this page has room for.</p>}
    </figure>
  );
}

/** The peak, the end, a failure and the worst operations: what one wants to look at is kept longest. */
function pinnedOf({ metrics, firstFailure, pricings }: MeasuredReplay): ReadonlySet<number> {
  const worst = pricings.flatMap(({ kinds }) => Object.values(kinds).map((kind) => kind.worst[0]?.operation));
  return new Set(
    [metrics['held.bytes.peak']?.operation, firstFailure?.operation, ...worst]
      .filter((operation) => operation !== undefined)
      .flatMap((operation) => [operation - 1, operation]),
  );
}

/** Thinned until it has no more letters than it may; undefined where that cannot be. */
function fittedWalk(
  changes: readonly HeapChange[],
  walk: HeapWalk,
  pinned: ReadonlySet<number>,
  lettersMax: number,
): HeapWalk | undefined {
  let [kept, encoded] = [changes, walk];
  while (encoded.changes.length > lettersMax) {
    const thinner = thinnedChanges(kept, pinned);
    if (thinner.length === kept.length) {
      return undefined;
    }
    [kept, encoded] = [thinner, encodeChanges(thinner)];
  }
  return encoded;
}

function Still({ label, changes }: { label: string; changes: readonly HeapChange[] }) {
  const last = changes[changes.length - 1];
  if (last === undefined) {
    return null;
  }
  const blocks = blocksAfter(changes);
  const raster = pagesRaster(blocks);
  const text = `${label}, after event ${groupedInteger(last.operation)}: ${countText(blocks.length, 'block')}`;
  return (
    <div>
      <p>{text}</p>
      {raster !== undefined && (
        <img
          class="pixels"
          src={raster.address()}
          width={raster.width * STILL_SCALE}
          height={raster.height * STILL_SCALE}
          alt={`Map of the held pages at the ${text}`}
        />
      )}
    </div>
  );
}

const STILL_COLUMNS = 64;
const STILL_SCALE = 5;

/** A pixel a held page, its shade by how full it is; undefined where nothing is held. */
function pagesRaster(blocks: readonly WalkedBlock[]): Raster | undefined {
  const pages = new Map<number, { used: number; held: number }>();
  for (const { offset, bytes, state } of blocks) {
    for (let at = offset; at < offset + bytes;) {
      const page = Math.floor(at / PAGE_BYTES);
      const end = Math.min((page + 1) * PAGE_BYTES, offset + bytes);
      const entry = pages.get(page) ?? { used: 0, held: 0 };
      entry.held += end - at;
      entry.used += state === 'free' ? 0 : end - at;
      pages.set(page, entry);
      at = end;
    }
  }
  const sorted = [...pages].sort(([a], [b]) => a - b);
  if (sorted.length === 0) {
    return undefined;
  }
  const columns = Math.min(STILL_COLUMNS, sorted.length);
  const raster = new Raster(columns, Math.ceil(sorted.length / columns), OCCUPANCY_SHADES);
  sorted.forEach(([, { used, held }], index) => {
    raster.fill(index % columns, Math.floor(index / columns), 1, 1, 1 + Math.floor((9 * used) / held));
  });
  return raster;
}
