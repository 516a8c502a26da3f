import { engineNamed } from '../../../allocators/registry';
import {
  CHASE,
  END_OF_OPERATION,
  LOAD,
  STORE,
  type AccessStream,
} from '../../../harness/machine/access-stream';
import { NOTED, NOTED_COUNT, PRICED, PRICED_COUNT } from '../../../harness/machine/domain-events';
import { Machine } from '../../../harness/machine/machine';
import type { OptionValues } from '../../../harness/replay/port';
import type { StepTable } from '../../../harness/machine/steps';
import { halfPageStorm } from '../../../traces/synthesizers/half-page-storm';
import { nearPageStorm } from '../../../traces/synthesizers/near-page-storm';
import { synthesizedTrace } from '../../../traces/synthesizers/synthesizer';
import { NOTHING, OP, TraceEvent, type Placement } from '../../../traces/trace';
import { optionDefaults } from './option-defaults';

/**
 * Replays a storm as the measurements on the compiled reference did, and counts what its operations do: loads,
 * stores, instructions and steps, by phase (build, steady, drain) and verb.
 *
 * A locked read-modify-write counts as a load and a store, as callgrind counts it. Cleared lines and accesses to the
 * page tables are set aside: the reference had neither.
 */

/** More than all engines of one machine name. */
const STEPS_MAX = 256;

export interface Storm {
  readonly engine: string;
  readonly storm: 'near' | 'half';
  readonly live: number;
  readonly pairs: number;
  readonly drain: boolean;
  readonly options?: OptionValues;
}

/** What the operations of one phase and verb did, summed. */
export class PhaseCounts {
  operations = 0;
  loads = 0;
  stores = 0;
  instructions = 0;
  /** Executions of each step, by its index on the machine. */
  readonly byStep = new Float64Array(STEPS_MAX);

  constructor(private readonly table: StepTable) {}

  /** Executions by `engine: step`. */
  get steps(): ReadonlyMap<string, number> {
    const named = new Map<string, number>();
    this.byStep.forEach((times, index) => {
      if (times > 0) {
        const { engine, name } = this.table.step(index);
        named.set(`${engine}: ${name}`, times);
      }
    });
    return named;
  }
}

export async function countStorm(storm: Storm): Promise<ReadonlyMap<string, PhaseCounts>> {
  return new StormCounter(storm).run();
}

class StormCounter {
  private readonly phases = new Map<string, PhaseCounts>();
  private readonly machine: Machine;
  /** Looking every address up is slow, and most engines have no page tables. */
  private readonly hasPageTables: boolean;
  private readonly setAside = new Map<number, boolean>();
  /** The phase of each operation that has not been drained yet. */
  private readonly pending: PhaseCounts[] = [];
  private current: PhaseCounts;

  constructor(private readonly storm: Storm) {
    this.hasPageTables = storm.engine === 'vmalloc' || storm.engine === 'xvmalloc';
    this.machine = new Machine({
      heapPages: 1 << 18,
      virtualPages: 1 << 24,
      observer: {
        step: (step, times) => {
          this.current.byStep[step]! += times;
        },
      },
      drain: (batch) => this.countBatch(batch),
    });
    this.current = new PhaseCounts(this.machine.steps);
  }

  async run(): Promise<ReadonlyMap<string, PhaseCounts>> {
    const { storm, machine } = this;
    const definition = engineNamed(storm.engine);
    const options = { ...optionDefaults(definition), ...storm.options };
    const engine = definition.create(machine, options, engineNamed);
    machine.boot(() => engine.start());
    const synthesizer = storm.storm === 'near' ? nearPageStorm : halfPageStorm;
    const values = { live: storm.live, ops: storm.pairs, drain: storm.drain ? 'yes' : 'no' };
    const source = await synthesizedTrace(synthesizer, values, 1).open();
    const event = new TraceEvent();
    const live = new Map<number, { readonly placement: Placement; readonly size: number }>();
    let last: Placement = NOTHING;
    for (let index = 0; source.next(event, last); index++) {
      this.current = this.phase(index, event.op);
      if (event.op === OP.alloc) {
        this.begin(index, event);
        last = engine.allocate(event.size, event.align);
        machine.stream.endOperation(last);
        live.set(event.id, { placement: last, size: event.size });
      } else {
        const { placement, size } = live.get(event.id)!;
        live.delete(event.id);
        // The reference was handed the NULL of a failed allocation too.
        this.begin(index, event);
        engine.free(placement, size, 0);
        machine.stream.endOperation(NOTHING);
        last = NOTHING;
      }
    }
    machine.stream.flush();
    await source.close();
    return this.phases;
  }

  private begin(index: number, event: TraceEvent): void {
    this.current.operations++;
    this.pending.push(this.current);
    this.machine.stream.beginOperation(index, event.op, event.id, event.size, event.align);
  }

  private phase(index: number, op: number): PhaseCounts {
    const { live, pairs } = this.storm;
    const name = index < live ? 'build' : index < live + 2 * pairs ? 'steady' : 'drain';
    const key = `${name} ${op === OP.alloc ? 'alloc' : 'free'}`;
    const known = this.phases.get(key) ?? new PhaseCounts(this.machine.steps);
    this.phases.set(key, known);
    return known;
  }

  private countBatch(batch: AccessStream): void {
    let entry = 0;
    let operation = 0;
    for (let segment = 0; segment < batch.segmentCount; segment++) {
      const counts = this.pending[0]!;
      for (const end = batch.segmentEnds[segment]!; entry < end; entry++) {
        this.countEntry(counts, batch.entries[entry]! >>> 0);
      }
      counts.instructions += batch.segmentPriced[segment * PRICED_COUNT + PRICED.instructions]!;
      if ((batch.segmentFlags[segment]! & END_OF_OPERATION) !== 0) {
        counts.stores -= batch.operationNoted[operation * NOTED_COUNT + NOTED.linesCleared]!;
        operation++;
        this.pending.shift();
      }
    }
  }

  private countEntry(counts: PhaseCounts, entry: number): void {
    const kind = entry & 3;
    if (this.hasPageTables && this.isPageTable(entry - kind)) return;
    counts.loads += kind === LOAD || kind === CHASE ? 1 : 0;
    counts.stores += kind === STORE ? 1 : 0;
    if (kind > STORE) {
      counts.loads++;
      counts.stores++;
    }
  }

  private isPageTable(address: number): boolean {
    const line = address >>> 6;
    let known = this.setAside.get(line);
    if (known === undefined) {
      known = this.machine.layout.regionAt(address).includes('page table');
      this.setAside.set(line, known);
    }
    return known;
  }
}
