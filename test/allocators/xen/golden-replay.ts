import * as fs from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { engineNamed } from '../../../allocators/registry';
import { END_OF_OPERATION, type AccessStream } from '../../../harness/machine/access-stream';
import { PRICED, PRICED_COUNT } from '../../../harness/machine/domain-events';
import { Machine } from '../../../harness/machine/machine';
import { HEAP_BASE } from '../../../harness/machine/memory-layout';
import type { Engine, OptionValues, PlacementsForm } from '../../../harness/replay/port';
import { BUG, isBlock, isVirtual, NULL, VIRTUAL_BASE, ZERO, type Placement } from '../../../traces/trace';
import { optionDefaults } from './option-defaults';

/** Replays a golden's trace through an engine, directly, and prints the placements as the golden does. */

export interface GoldenEntry {
  readonly stack: string;
  readonly trace: string;
  readonly ops: number;
  readonly heapPages: number;
  readonly vpages: number;
  readonly nulls: number;
  readonly goldenSha256: string;
  readonly end: Readonly<Record<string, number>>;
}

const folder = path.join(__dirname, '../../golden/xen');

export function goldenEntries(): readonly GoldenEntry[] {
  return JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
}

export function goldenText(entry: GoldenEntry): string {
  return readGz(entry, 'golden');
}

export interface ReplayedGolden {
  readonly placements: string;
  readonly engine: Engine;
  readonly machine: Machine;
  readonly mapping: MappingCounts;
  readonly liveObjects: number;
}

/** Pages mapped, and operations that unmapped any. */
export class MappingCounts {
  mappedPages = 0;
  unmappingOperations = 0;
  private unmapped = 0;

  add(batch: AccessStream): void {
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const base = segment * PRICED_COUNT;
      this.mappedPages += batch.segmentPriced[base + PRICED.maps]!;
      this.unmapped += batch.segmentPriced[base + PRICED.unmaps]!;
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        this.unmappingOperations += this.unmapped > 0 ? 1 : 0;
        this.unmapped = 0;
      }
    }
  }
}

interface LiveObject {
  readonly placement: Placement;
  readonly size: number;
  readonly align: number;
}

const DEAD: LiveObject = { placement: NULL, size: 0, align: 0 };

export function replayGolden(entry: GoldenEntry, options: OptionValues = {}): ReplayedGolden {
  const mapping = new MappingCounts();
  const machine = new Machine({
    heapPages: entry.heapPages,
    virtualPages: entry.vpages,
    drain: (batch) => mapping.add(batch),
  });
  const definition = engineNamed(entry.stack);
  const engine = definition.create(machine, { ...optionDefaults(definition), ...options }, engineNamed);
  machine.boot(() => engine.start());
  const live = new Map<string, LiveObject>();
  const lines = readGz(entry, 'trace').trimEnd().split('\n').slice(1);
  const rows = lines.map((line, index) => {
    const [op, id, sizeCell, alignCell] = line.split(',') as [string, string, string, string];
    const size = Number(sizeCell);
    const align = Number(alignCell);
    machine.stream.beginOperation(index, 0, Number(id), size, align);
    const offset = perform(engine, definition.placementsForm, live, op, id, size, align);
    machine.stream.endOperation(0);
    return `${index},${op},${id},${offset}`;
  });
  machine.stream.flush();
  const liveObjects = [...live.values()].filter(({ placement }) => isBlock(placement)).length;
  return {
    placements: `index,op,id,offset\n${rows.join('\n')}\n`,
    engine,
    machine,
    mapping,
    liveObjects,
  };
}

function perform(
  engine: Engine,
  form: PlacementsForm,
  live: Map<string, LiveObject>,
  op: string,
  id: string,
  size: number,
  align: number,
): string {
  const old = live.get(id) ?? DEAD;
  if (op === 'alloc') {
    const placement = engine.allocate(size, align);
    live.set(id, { placement, size, align });
    return offsetText(placement, form);
  }
  if (op === 'free') {
    live.delete(id);
    if (isBlock(old.placement)) {
      engine.free(old.placement, old.size, old.align);
    }
    return '-';
  }
  const placement = engine.reallocate!(old.placement, size, align, old.size);
  if (placement !== NULL && placement !== BUG) {
    live.set(id, { placement, size, align });
  }
  return offsetText(placement, form);
}

function offsetText(placement: Placement, form: PlacementsForm): string {
  if (placement === NULL) return 'NULL';
  if (placement === ZERO) return 'ZERO';
  if (placement === BUG) return 'BUG';
  return isVirtual(placement)
    ? `${form === 'xen' ? 'v:' : ''}0x${(placement - VIRTUAL_BASE).toString(16)}`
    : `0x${(placement - HEAP_BASE).toString(16)}`;
}

function readGz(entry: GoldenEntry, kind: 'trace' | 'golden'): string {
  const file = path.join(folder, entry.stack, `${entry.trace}.${kind}.csv.gz`);
  return gunzipSync(fs.readFileSync(file)).toString('utf8');
}
