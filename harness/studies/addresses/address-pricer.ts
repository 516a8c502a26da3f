import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Chases, Load } from './chases';
import { AccessStream, CHASE, LOAD, STORE, UPDATE } from '../../machine/access-stream';
import { LINE_BYTES } from '../../machine/machine';
import { StepTable } from '../../machine/steps';
import { AddressSpace } from '../../pricing/address-space';
import { CAUSE_COUNT } from '../../pricing/costs';
import { Pricing } from '../../pricing/pricing';
import type { PricingSpecification } from '../../pricing/specification';
import { InputError } from '../../../traces/input-error';
import { CostCounter } from '../../metrics/cost-counter';
import { CostDigest } from '../../metrics/cost-digest';
import { distribution, distributionOf } from '../../metrics/distribution';
import { causes, count, sha256, text, type Shape } from '../../metrics/schema';
import { OP } from '../../../traces/trace';
import { KindWorkRecorder, type KindWork } from '../../metrics/work';
import { causeCycles, WorstOperations } from '../../metrics/worst-operations';

/** Prices what a real program did to memory by the same model as the engines: its operations, kind by kind. */

/** Accesses outside of all operations. */
export const UNMARKED = 'unmarked';
const UNMARKED_KIND = 0;
const KINDS_MAX = 1024;

/** What an operation may do before its walks are judged; a longer one is judged part by part. */
const WAITING_MAX = 1 << 16;

interface WaitingLoad extends Load {
  readonly bytes: number;
  readonly kind: number;
}

const pricedKind = v.strictObject({
  kind: text,
  /** Of the cycles of its operations, in their order. */
  costsSha256: sha256,
  distribution,
  /** Of all operations of the kind. */
  causes,
});
export type PricedKind = Shape<typeof pricedKind>;

const pricedOperation = v.strictObject({
  kind: text,
  /** Among all that are marked, from 0; of what lies between two, among those. */
  operation: count,
  /** Where in the trace it begins. */
  line: count,
  cycles: count,
  causes,
});
export type PricedOperation = Shape<typeof pricedOperation>;

export const pricedAddresses = v.strictObject({
  pricing: text,
  profileSha256: sha256,
  kinds: v.array(pricedKind),
  /** Kind by kind, the dearest first. */
  worst: v.array(pricedOperation),
});
export type PricedAddresses = Shape<typeof pricedAddresses>;

/** Takes an address trace line by line; an `AddressTraceSink`. */
export class AddressPricer {
  accesses = 0;
  instructionCount = 0;
  private readonly space = new AddressSpace();
  private readonly stream: AccessStream;
  private readonly kinds: string[] = [UNMARKED];
  private readonly works: KindWorkRecorder[] = [];
  /** What the operation under way has done. */
  private accessesHere = 0;
  private instructionsHere = 0;
  private kind = UNMARKED_KIND;
  private readonly asked = createHash('sha256');
  private readonly records: readonly PricingRecord[];
  /** Of those that are marked: so they have the numbers of the events that a driver replays. */
  private operations = 0;
  private gaps = 0;
  /** Whether the operation under way is one, or what lies between two. */
  private isMarked = false;
  private hasWork = false;
  private instruction: number | bigint | undefined;
  private readonly waiting: WaitingLoad[] = [];
  /** The instructions that chase within operations. */
  private readonly chasing = new Set<number | bigint>();

  constructor(
    specifications: readonly PricingSpecification[],
    worstCount: number,
    private readonly chases: Chases,
  ) {
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
    this.instructionsHere += count;
    this.hasWork = true;
  }

  at(instruction: number | bigint): void {
    this.instruction = instruction;
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

  /** The instructions whose loads were taken for chases: where operations are marked, within those. */
  get chaseInstructions(): readonly (number | bigint)[] {
    const { instructions } = this.chases;
    return this.operations === 0 ? instructions : instructions.filter((each) => this.chasing.has(each));
  }

  finish(): readonly PricedAddresses[] {
    this.close();
    this.stream.flush();
    return this.records.map((record) => record.finish(this.kinds));
  }

  /** What the operations did, whatever it costs, kind by kind; once all are finished. */
  get work(): ReadonlyMap<string, KindWork> {
    const works = this.kinds.map((name, kind) => [name, this.works[kind]] as const);
    return new Map(works.flatMap(([name, work]) => (work === undefined ? [] : [[name, work.finish()]])));
  }

  /** Of what was asked of the program: the kinds of its operations in their order. Once, when all are finished. */
  askedSha256(): string {
    return this.asked.digest('hex');
  }

  /** What may turn out to be a chase waits until the operation has shown its walks. */
  private touch(address: number | bigint, bytes: number, kind: number): void {
    this.accesses++;
    this.accessesHere++;
    this.hasWork = true;
    this.waiting.push({ address, bytes, kind, instruction: kind === LOAD ? this.instruction : undefined });
    if (this.waiting.length === WAITING_MAX) {
      this.settle();
    }
  }

  private settle(): void {
    this.chases.learn(this.waiting);
    for (const { address, bytes, kind, instruction } of this.waiting) {
      const isChase = instruction !== undefined && this.chases.isChase(instruction, address);
      if (isChase && this.isMarked) {
        this.chasing.add(instruction);
      }
      this.append(address, bytes, isChase ? CHASE : kind);
    }
    this.chases.walkEnds();
    this.waiting.length = 0;
  }

  /** One entry a line that is touched. */
  private append(address: number | bigint, bytes: number, kind: number): void {
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
    this.kind = kind;
    this.accessesHere = 0;
    this.instructionsHere = 0;
    this.stream.beginOperation(this.isMarked ? this.operations : this.gaps, OP.use, kind, line, 0);
  }

  /** What lies between two operations is none if nothing does. */
  private close(): void {
    this.settle();
    if (this.isMarked || this.hasWork) {
      this.stream.endOperation(0);
      const work = (this.works[this.kind] ??= new KindWorkRecorder());
      work.add(this.isMarked ? this.operations : this.gaps, this.accessesHere, this.instructionsHere);
      if (this.isMarked) {
        this.asked.update(`${this.kinds[this.kind]}\n`);
        this.operations++;
      } else {
        this.gaps++;
      }
    }
  }
}

/** What one pricing says of every operation. */
class PricingRecord {
  private readonly pricing: Pricing;
  private readonly counters: (CostCounter | undefined)[] = [];
  private readonly causes: Float64Array[] = [];
  private readonly worst: (WorstOperations | undefined)[] = [];
  private readonly digests: (CostDigest | undefined)[] = [];

  constructor(
    specification: PricingSpecification,
    private readonly worstCount: number,
  ) {
    this.pricing = new Pricing(specification);
  }

  record(batch: AccessStream): void {
    const { pricing } = this;
    pricing.price(batch);
    for (let row = 0; row < batch.operationCount; row++) {
      const kind = batch.operationIds[row]!;
      const cycles = pricing.operationCycles[row]!;
      (this.counters[kind] ??= new CostCounter()).add(cycles);
      (this.digests[kind] ??= new CostDigest()).add(pricing.operationCycles, row, row + 1);
      const causes = (this.causes[kind] ??= new Float64Array(CAUSE_COUNT));
      for (let cause = 0; cause < CAUSE_COUNT; cause++) {
        causes[cause]! += pricing.operationCauses[row * CAUSE_COUNT + cause]!;
      }
      (this.worst[kind] ??= new WorstOperations(this.worstCount)).offer(
        batch,
        row,
        cycles,
        pricing.operationCauses,
      );
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
          : [
              {
                kind,
                costsSha256: this.digests[index]!.finish(),
                distribution: distributionOf([counter]),
                causes: causeCycles(this.causes[index]!, 0),
              },
            ];
      }),
      worst: this.worstOf(names),
    };
  }

  /** Of every kind; what lies between operations only where there are none. */
  private worstOf(names: readonly string[]): PricedOperation[] {
    const kinds = names.length > 1 ? this.worst.slice(UNMARKED_KIND + 1) : this.worst;
    return kinds.flatMap((each) =>
      (each?.list() ?? []).map(({ id, operation, sizeBytes, cycles, causes }) => ({
        kind: names[id]!,
        operation,
        line: sizeBytes,
        cycles,
        causes,
      })),
    );
  }
}
