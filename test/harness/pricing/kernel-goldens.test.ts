import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineNamed } from '../../../allocators/registry';
import { openRequested } from '../../../harness/cli/names/registries';
import type { AccessStream } from '../../../harness/machine/access-stream';
import { CostDigest } from '../../../harness/metrics/cost-digest';
import { Pricing } from '../../../harness/pricing/pricing';
import type { PricingKernel } from '../../../harness/pricing/pricing-kernel';
import { parsePricing } from '../../../harness/pricing/specification';
import { replay } from '../../../harness/replay/replay';
import { createStack } from '../../../harness/replay/stack';
import { goldenEntries } from '../../allocators/xen/golden-replay';

/** Every operation of every golden trace costs the same in both kernels: one replay, priced by both. */

const test = suite('goldens cost the same');

const GOLDEN = join(__dirname, '../../golden/xen');
const PRICINGS = ['zen4-guest-2026', 'skylake-sp-2017@shared:100000/4k'];

/** A pricing whose costs are summed up in the hash that results carry. */
class Digested {
  private readonly digest = new CostDigest();
  private readonly pricing: Pricing;

  constructor(id: string, kernel: PricingKernel) {
    this.pricing = new Pricing(parsePricing(id), kernel);
  }

  price(batch: AccessStream): void {
    this.pricing.price(batch);
    for (let row = 0; row < this.pricing.operationCount; row++) {
      this.digest.add(this.pricing.operationCycles[row]!);
    }
  }

  finish(): string {
    return this.digest.finish();
  }
}

for (const { stack: engine, trace, heapPages, vpages } of goldenEntries()) {
  test(`${engine} ${trace}`, async () => {
    const byKernel = (kernel: PricingKernel) => PRICINGS.map((id) => new Digested(id, kernel));
    const [reference, compiled] = [byKernel('ts'), byKernel('wasm')];
    const drain = (batch: AccessStream): void =>
      [...reference, ...compiled].forEach((each) => each.price(batch));
    const machine = { heapPages, virtualPages: vpages, drain };
    const specification = join(GOLDEN, engine, `${trace}.trace.csv.gz`);
    await replay(
      await openRequested({ specification }),
      createStack(engineNamed(engine), {}, machine, engineNamed),
      [],
    );
    assert.equal(
      compiled.map((each) => each.finish()),
      reference.map((each) => each.finish()),
    );
  });
}

test.run();
