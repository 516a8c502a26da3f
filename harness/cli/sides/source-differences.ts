import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { profile } from '../../explain/profile';
import {
  sourceDifference,
  type RevisionProfile,
  type SourceDifference,
} from '../../explain/source-difference';
import type { MachineOptions } from '../../machine/machine';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import { parsePricing } from '../../pricing/specification';
import { replay } from '../../replay/replay';
import { isForeignEngine } from '../names/foreign-engines';
import { createRegistries } from '../names/registries';
import { sourcesAtHand } from '../names/sources-at-hand';
import { enginesWithOptions, stackMaker } from '../options/engine-options';
import { commaList, machineSizes, nameValuePairs, type MachineArguments } from '../options/shared-options';

/**
 * Where two revisions of an engine in C differ, for every replay that is not the same on both: the first operation that
 * was placed elsewhere, and the functions and lines of the source. Each side is replayed twice more, in this process.
 */

export interface DifferenceRequest extends MachineArguments {
  readonly pricing: readonly string[];
  readonly option: readonly string[];
  /** A folder for files that are gone afterwards. */
  readonly scratch: string;
}

/** One engine of both sides, by the paths of its description. */
export interface EngineSides {
  readonly name: string;
  readonly base: string;
  readonly head: string;
}

export interface ReplayDifference {
  readonly trace: string;
  readonly engine: string;
  /** Index of the first operation that the sides placed differently; null where there is none. */
  readonly placedElsewhere: number | null;
  readonly difference: SourceDifference;
}

/** @param base @param head results of the same traces × engines, in that order */
export async function sourceDifferences(
  base: readonly MeasuredReplay[],
  head: readonly MeasuredReplay[],
  traces: readonly string[],
  engines: readonly EngineSides[],
  request: DifferenceRequest,
): Promise<ReplayDifference[]> {
  const differences: ReplayDifference[] = [];
  for (const [index, after] of head.entries()) {
    const before = base[index];
    const engine = engines[index % engines.length]!;
    const trace = traces[Math.floor(index / engines.length)];
    if (
      before !== undefined &&
      trace !== undefined &&
      isForeignEngine(engine.name) &&
      differ(before, after)
    ) {
      differences.push(await replayDifference(after, trace, engine, request, before));
    }
  }
  return differences;
}

function differ(before: MeasuredReplay, after: MeasuredReplay): boolean {
  const hashes = ({ placementsSha256, pricings }: MeasuredReplay) =>
    JSON.stringify([placementsSha256, ...pricings.map(({ costsSha256 }) => costsSha256)]);
  return hashes(before) !== hashes(after);
}

async function replayDifference(
  after: MeasuredReplay,
  trace: string,
  { base, head }: EngineSides,
  request: DifferenceRequest,
  before: MeasuredReplay,
): Promise<ReplayDifference> {
  const [atBase, atHead] = [new Side(base, trace, request), new Side(head, trace, request)];
  const isPlacedAlike = before.placementsSha256 === after.placementsSha256;
  return {
    trace: after.trace.name,
    engine: after.engine.name,
    placedElsewhere: isPlacedAlike ? null : await firstElsewhere(atBase, atHead, request.scratch),
    difference: sourceDifference(await atBase.profile(), await atHead.profile()),
  };
}

/** One side of one replay, as often as it is needed. */
class Side {
  private readonly registries = createRegistries();

  constructor(
    private readonly engine: string,
    private readonly trace: string,
    private readonly request: DifferenceRequest,
  ) {}

  async profile(): Promise<RevisionProfile> {
    const [pricing] = commaList(this.request.pricing);
    const summedUp = await profile({
      trace: await this.openTrace(),
      createStack: (watch) => this.createStack(watch),
      pricing: parsePricing(pricing!),
    });
    const { foreign } = this.registries.engineNamed(this.engine);
    return { profile: summedUp, sources: sourcesAtHand(this.engine, foreign?.sources ?? {}) };
  }

  async placements(told: (chunk: Uint8Array) => void): Promise<void> {
    await replay(await this.openTrace(), this.createStack({}), [], { placements: told });
  }

  private openTrace() {
    return this.registries.openTrace({ specification: this.trace });
  }

  private createStack(watch: Pick<MachineOptions, 'drain' | 'observer'>) {
    const { registries, request, engine } = this;
    const [choice] = enginesWithOptions([engine], nameValuePairs('-o', request.option), registries);
    return stackMaker(choice!, machineSizes(request), registries)(watch);
  }
}

const NEWLINE = 10;

/** Every event is a line of the placements, below their title. */
async function firstElsewhere(base: Side, head: Side, scratch: string): Promise<number | null> {
  const file = join(scratch, 'placements.csv');
  const descriptor = openSync(file, 'w+');
  try {
    await base.placements((chunk) => writeSync(descriptor, chunk));
    let position = 0;
    let lines = 0;
    let isFound = false;
    await head.placements((chunk) => {
      const expected = Buffer.alloc(chunk.length);
      const known = readSync(descriptor, expected, 0, chunk.length, position);
      position += chunk.length;
      for (let at = 0; at < chunk.length && !isFound; at++) {
        isFound = at >= known || chunk[at] !== expected[at];
        lines += !isFound && chunk[at] === NEWLINE ? 1 : 0;
      }
    });
    return isFound ? Math.max(lines - 1, 0) : null;
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}
