import { AccessStream, CHASE, LOAD, STORE, UPDATE } from '../../machine/access-stream';
import { LINE_BYTES } from '../../machine/machine';
import { StepTable } from '../../machine/steps';
import { AddressSpace } from '../../pricing/address-space';
import { CAUSE_COUNT } from '../../pricing/costs';
import { Pricing } from '../../pricing/pricing';
import type { PricingSpecification } from '../../pricing/specification';
import { InputError } from '../../../traces/input-error';
import { CostCounter } from '../../metrics/cost-counter';
import { distributionOf, type Distribution } from '../../metrics/distribution';
import { addCauses, causeCycles, WorstOperations, type CauseCycles } from '../../metrics/worst-operations';

/** Prices what a real program did to memory by the same model as the engines: its operations, kind by kind. */

/** Accesses outside of all operations. */
const UNMARKED = 'unmarked';
const UNMARKED_KIND = 0;
const KINDS_MAX = 1024;

export interface PricedKind {
  readonly kind: string;
  readonly distribution: Distribution;
  /** Of all operations of the kind. */
  readonly causes: CauseCycles;
}

export interface PricedOperation {
  readonly kind: string;
  /** Among all operations, from 0. */
  readonly operation: number;
  /** Where in the trace it begins. */
  readonly line: number;
  readonly cycles: number;
  readonly causes: CauseCycles;
}

export interface PricedAddresses {
  readonly pricing: string;
  readonly profileSha256: string;
  readonly kinds: readonly PricedKind[];
  readonly worst: readonly PricedOperation[];
}

/** Takes an address trace line by line; an `AddressTraceSink`. */
export class AddressPricer {
  accesses = 0;
  instructionCount = 0;
  private readonly space = new AddressSpace();
  private readonly stream: AccessStream;
  private readonly kinds: string[] = [UNMARKED];
  private readonly records: readonly PricingRecord[];
  private operations = 0;
  /** Whether the operation under way is one, or what lies between two. */
  private isMarked = false;
  private hasWork = false;

  constructor(specifications: readonly PricingSpecification[], worstCount: number) {
    this.records = specifications.map((each) => new PricingRecord(each, worstCount));
    this.stream = new AccessStream(new StepTable(), Infinity, undefined, (batch) => {
      this.records.forEach((record) => record.record(batch));
    });
    this.open(UNMARKED_KIND, 1);
  }

  begin(kind: string, line: number): void {
    this.close();
    this.isMarked = true;
    this.open(this.kindOf(kind), line);
  }

  end(line: number): void {
    this.close();
    this.isMarked = false;
    this.open(UNMARKED_KIND, line);
  }

  instructions(count: number): void {
    this.stream.instructions += count;
    this.instructionCount += count;
    this.hasWork = true;
  }

  load(address: number | bigint, bytes: number): void {
    this.touch(address, bytes, LOAD);
  }

  dependentLoad(address: number | bigint, bytes: number): void {
    this.touch(address, bytes, CHASE);
  }

  store(address: number | bigint, bytes: number): void {
    this.touch(address, bytes, STORE);
  }

  update(address: number | bigint, bytes: number): void {
    this.touch(address, bytes, UPDATE);
  }

  finish(): readonly PricedAddresses[] {
    this.close();
    this.stream.flush();
    return this.records.map((record) => record.finish(this.kinds));
  }

  /** One entry a line that is touched. */
  private touch(address: number | bigint, bytes: number, kind: number): void {
    this.accesses++;
    this.hasWork = true;
    const first = this.space.map(address);
    this.stream.append(first, kind);
    const linesMore = Math.floor(((first % LINE_BYTES) + bytes - 1) / LINE_BYTES);
    for (let line = 1; line <= linesMore; line++) {
      const ahead = line * LINE_BYTES - (first % LINE_BYTES);
      const next = typeof address === 'number' ? address + ahead : address + BigInt(ahead);
      this.stream.append(this.space.map(next), kind);
    }
  }

  private kindOf(name: string): number {
    const known = this.kinds.indexOf(name);
    if (known >= 0) {
      return known;
    }
    if (this.kinds.length === KINDS_MAX) {
      throw new InputError({ problem: `more than ${KINDS_MAX} kinds of operations`, expected: 'fewer' });
    }
    return this.kinds.push(name) - 1;
  }

  private open(kind: number, line: number): void {
    this.hasWork = false;
    this.stream.beginOperation(this.operations, 0, kind, line, 0);
  }

  /** What lies between two operations is none if nothing does. */
  private close(): void {
    if (this.isMarked || this.hasWork) {
      this.stream.endOperation(0);
      this.operations++;
    }
  }
}

/** What one pricing says of every operation. */
class PricingRecord {
  private readonly pricing: Pricing;
  private readonly counters: (CostCounter | undefined)[] = [];
  private readonly causes: Float64Array[] = [];
  private readonly worst: WorstOperations;

  constructor(specification: PricingSpecification, worstCount: number) {
    this.pricing = new Pricing(specification);
    this.worst = new WorstOperations(worstCount);
  }

  record(batch: AccessStream): void {
    const { pricing } = this;
    pricing.price(batch);
    for (let row = 0; row < batch.operationCount; row++) {
      const kind = batch.operationIds[row]!;
      const cycles = pricing.operationCycles[row]!;
      (this.counters[kind] ??= new CostCounter()).add(cycles);
      const causes = (this.causes[kind] ??= new Float64Array(CAUSE_COUNT));
      addCauses(causes, pricing.operationCauses, row);
      this.worst.offer(batch, row, cycles, pricing.operationCauses);
    }
  }

  finish(names: readonly string[]): PricedAddresses {
    return {
      pricing: this.pricing.id,
      profileSha256: this.pricing.profileSha256,
      kinds: names.flatMap((kind, index) => {
        const counter = this.counters[index];
        return counter === undefined
          ? []
          : [{ kind, distribution: distributionOf([counter]), causes: causeCycles(this.causes[index]!, 0) }];
      }),
      worst: this.worst.list().map(({ id, operation, sizeBytes, cycles, causes }) => ({
        kind: names[id]!,
        operation,
        line: sizeBytes,
        cycles,
        causes,
      })),
    };
  }
}
