import { AccessStream } from '../../../harness/machine/access-stream';
import { PRICED, type PricedName } from '../../../harness/machine/domain-events';
import { StepTable } from '../../../harness/machine/steps';
import { CAUSES, CAUSE_COUNT, type Cause } from '../../../harness/pricing/costs';
import { LOCK_COUNT, Pricing } from '../../../harness/pricing/pricing';
import type { Profile } from '../../../harness/pricing/profile';
import { parseProfile } from '../../../harness/pricing/profile-file';
import type { PricingSpecification } from '../../../harness/pricing/specification';
import type { Access } from './oracle';

/** What happens in one operation, in order. */
export type Happening =
  | { readonly access: Access }
  | { readonly acquire: number }
  | { readonly release: number }
  | { readonly event: PricedName; readonly times: number }
  /** The batch goes to the pricing here, in the middle of the operation. */
  | 'drain';

export interface PricedOperation {
  readonly cycles: number;
  readonly causes: Partial<Record<Cause, number>>;
  /** Cycles by lock. */
  readonly held: readonly number[];
}

/** Prices operations, each a list of what happens in it; what is `unended` follows without an end. */
export function priceOperations(
  specification: PricingSpecification,
  operations: readonly (readonly Happening[])[],
  unended: readonly Happening[] = [],
): PricedOperation[] {
  return pricedBy(new Pricing(specification), operations, unended);
}

/** The same by a pricing at hand. */
export function pricedBy(
  pricing: Pricing,
  operations: readonly (readonly Happening[])[],
  unended: readonly Happening[] = [],
): PricedOperation[] {
  const priced: PricedOperation[] = [];
  const stream = new AccessStream(new StepTable(), 2 ** 40, undefined, (batch) => {
    pricing.price(batch);
    for (let row = 0; row < pricing.operationCount; row++) {
      priced.push(operationAt(pricing, row));
    }
  });
  operations.forEach((operation, index) => {
    stream.beginOperation(index, 0, index, 0, 0);
    operation.forEach((happening) => happen(stream, happening));
    stream.endOperation(0);
  });
  unended.forEach((happening) => happen(stream, happening));
  stream.flush();
  return priced;
}

export const accesses = (...list: Access[]): Happening[] => list.map((access) => ({ access }));

function happen(stream: AccessStream, happening: Happening): void {
  if (happening === 'drain') {
    stream.flushWithinOperation();
  } else if ('access' in happening) {
    stream.append(...happening.access);
  } else if ('acquire' in happening) {
    stream.acquired(1 << happening.acquire);
  } else if ('release' in happening) {
    stream.released(1 << happening.release);
  } else if (happening.event === 'instructions') {
    stream.instructions += happening.times;
  } else if (happening.event === 'bitScans') {
    stream.bitScans += happening.times;
  } else {
    stream.countPriced(PRICED[happening.event], happening.times);
  }
}

function operationAt(pricing: Pricing, row: number): PricedOperation {
  const causes: Partial<Record<Cause, number>> = {};
  CAUSES.forEach((cause, index) => {
    const cycles = pricing.operationCauses[row * CAUSE_COUNT + index]!;
    if (cycles !== 0) {
      causes[cause] = cycles;
    }
  });
  const held = pricing.operationHeldCycles.slice(row * LOCK_COUNT, (row + 1) * LOCK_COUNT);
  return { cycles: pricing.operationCycles[row]!, causes, held: [...held] };
}

/** Small caches with round figures, so that tests can be worked out by hand. */
export const SMALL_PROFILE = `
name: small
summary: made for tests
clock: { gigahertz: 1, source: made up }
model: caches
caches:
  l1: { bytes: 512, ways: 2, cycles: 4, source: made up }
  l2: { bytes: 2048, ways: 4, cycles: 16, source: made up }
  l3: { bytes: 8192, ways: 8, cycles: 50, source: made up }
memory: { cycles: 400, source: made up }
independentLoads: { hiddenCycles: 10, parallelMisses: 8, windowAccesses: 12, source: made up }
stores: { l1: 1, l2: 2, l3: 5, memory: 11, source: made up }
prefetch: { strideBytesMax: 4096, trainingStrides: 2, l2: 6, l3: 9, memory: 20, source: made up }
tlb:
  first: { 4k: { entries: 4, ways: 4 }, 2m: { entries: 4, ways: 2 }, source: made up }
  second: { 4k: { entries: 16, ways: 4 }, cycles: 7, source: made up }
  walk: { 4k: 30, 2m: 20, source: made up }
costs:
  instruction: { cycles: 0.25, source: made up }
  bitScan: { cycles: 3, source: made up }
  mispredict: { cycles: 15, source: made up }
  lockedUpdate: { cycles: 18, source: made up }
  map: { cycles: 100, source: made up }
  unmap: { cycles: 120, source: made up }
  tlbFlush: { cycles: 3000, source: made up }
`;

/** The small profile with one of its lines replaced. */
export function smallProfile(replaced = '', replacement = ''): Profile {
  return parseProfile(SMALL_PROFILE.replace(replaced, replacement), 'small.yaml');
}

export function smallPricing(of: Partial<PricingSpecification> = {}): PricingSpecification {
  return { profile: smallProfile(), state: { kind: 'warm' }, mapping: '2m', ...of };
}
