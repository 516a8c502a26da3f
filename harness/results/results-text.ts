import * as v from 'valibot';
import { writeWholeFile } from '../../traces/output/whole-file';
import type { MeasuredKind, MeasuredReplay } from '../metrics/measured-replay';
import { packed } from './columns';
import { jsonText } from './json-text';
import { resultsSchema, type Results } from './results';

/** The bytes of a results file: keys in the schema's order, so that equal results are equal bytes. */
export function resultsText(results: Results): string {
  return jsonText(v.parse(resultsSchema, results));
}

/** Moments that a replay in an archive keeps, beside the telling ones: halved until they fit, as they are recorded. */
const ARCHIVED_CHECKPOINTS_MAX = 64;
const ARCHIVED_WORST_MAX = 5;

/** Results as an archive of many keeps them: fewer moments and worst operations, nothing that only pictures need. */
export const archived = (results: Results): Results => ({
  ...results,
  replays: results.replays.map((replay) => ({
    ...replay,
    checkpoints: thinnedCheckpoints(replay),
    heapMap: null,
    heapWalk: null,
    pricings: replay.pricings.map(({ kinds, ...pricing }) => ({
      ...pricing,
      kinds: {
        alloc: withoutPicture(kinds.alloc),
        free: withoutPicture(kinds.free),
        realloc: withoutPicture(kinds.realloc),
        other: withoutPicture(kinds.other),
      },
    })),
  })),
});

const withoutPicture = (kind: MeasuredKind): MeasuredKind => ({
  ...kind,
  worst: kind.worst.slice(0, ARCHIVED_WORST_MAX),
  density: null,
});

function thinnedCheckpoints({
  checkpoints,
  metrics,
  firstFailure,
}: MeasuredReplay): MeasuredReplay['checkpoints'] {
  let stride = 1;
  while (checkpoints.length / stride > ARCHIVED_CHECKPOINTS_MAX) {
    stride *= 2;
  }
  const pinned = [
    checkpoints.at(-1)?.operation,
    metrics['held.bytes.peak']?.operation,
    firstFailure?.operation,
  ];
  return checkpoints.filter(({ operation }, index) => index % stride === 0 || pinned.includes(operation));
}

/** The bytes of a results file of an archive: the bulk is packed, in a tenth of the room. */
export function archivedResultsText(results: Results): string {
  const parsed = v.parse(resultsSchema, results);
  const replays = parsed.replays.map((replay) => ({
    ...replay,
    checkpoints: packed(replay.checkpoints),
    pricings: replay.pricings.map(({ kinds, ...pricing }) => ({ ...pricing, kinds: packed(kinds) })),
  }));
  return archiveText({ ...parsed, replays });
}

/** A line for each replay: whoever looks into an archive looks for one. */
function archiveText({
  replays,
  ...rest
}: Readonly<Record<string, unknown>> & { replays: readonly object[] }): string {
  const { environment, ...facts } = rest;
  const parts = [
    ...Object.entries(facts).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`),
    `"replays": [\n${replays.map((replay) => `    ${JSON.stringify(replay)}`).join(',\n')}\n  ]`,
    `"environment": ${JSON.stringify(environment)}`,
  ];
  return `{\n${parts.map((part) => `  ${part}`).join(',\n')}\n}\n`;
}

/** Writes results atomically. Throws an `InputError` when the file cannot be written. */
export function writeResults(file: string, results: Results): void {
  writeWholeFile(file, resultsText(results));
}
