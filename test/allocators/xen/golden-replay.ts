import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { engineNamed } from '../../../allocators/registry';
import { openRequested } from '../../../harness/cli/names/registries';
import { END_OF_OPERATION, type AccessStream } from '../../../harness/machine/access-stream';
import { PRICED } from '../../../harness/machine/domain-events';
import { replay, type ReplayReport } from '../../../harness/replay/replay';
import type { EngineDefinition } from '../../../harness/replay/port';
import { createStack, type Stack } from '../../../harness/replay/stack';

/** Replays a golden's trace as the command line would, and keeps the placements as the golden writes them. */

export interface GoldenEntry {
  readonly stack: string;
  readonly trace: string;
  readonly ops: number;
  readonly heapPages: number;
  readonly vpages: number;
  readonly nulls: number;
  readonly goldenSha256: string;
  readonly end: Readonly<Record<string, number | string>>;
}

const folder = path.join(__dirname, '../../golden/xen');

export function goldenEntries(): readonly GoldenEntry[] {
  return JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
}

export function goldenText(entry: GoldenEntry): string {
  return gunzipSync(fs.readFileSync(file(entry, 'golden'))).toString('utf8');
}

export interface ReplayedGolden {
  readonly placements: string;
  readonly report: ReplayReport;
  readonly stack: Stack;
  readonly mapping: MappingCounts;
}

/** Pages mapped, and operations that unmapped any. */
class MappingCounts {
  mappedPages = 0;
  unmappingOperations = 0;
  private unmapped = 0;

  add(batch: AccessStream): void {
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      this.mappedPages += batch.segmentPriced[PRICED.maps]![segment]!;
      this.unmapped += batch.segmentPriced[PRICED.unmaps]![segment]!;
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.unmappingOperations += this.unmapped > 0 ? 1 : 0;
        this.unmapped = 0;
      }
    }
  }
}

/**
 * @param options the engine's, as on the command line
 * @param definition another engine than the golden's model: a second witness of the same allocator
 */
export async function replayGolden(
  entry: GoldenEntry,
  options: Readonly<Record<string, string>> = {},
  definition: EngineDefinition = engineNamed(entry.stack),
): Promise<ReplayedGolden> {
  const mapping = new MappingCounts();
  const stack = createStack(
    definition,
    options,
    { heapPages: entry.heapPages, virtualPages: entry.vpages, drain: (batch) => mapping.add(batch) },
    engineNamed,
  );
  const chunks: Buffer[] = [];
  const trace = await openRequested({ specification: file(entry, 'trace') });
  const report = await replay(trace, stack, [], {
    placements: (chunk) => chunks.push(Buffer.from(chunk)),
  });
  return { placements: Buffer.concat(chunks).toString('latin1'), report, stack, mapping };
}

function file(entry: GoldenEntry, kind: 'trace' | 'golden'): string {
  return path.join(folder, entry.stack, `${entry.trace}.${kind}.csv.gz`);
}
