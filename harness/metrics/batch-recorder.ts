import type { StreamBatch } from '../machine/stream-batch';
import { Pricing } from '../pricing/pricing';
import type { PricingSpecification } from '../pricing/specification';
import { LatencyRecorder, type LatencySummary } from './latency';
import type { MeasuredKind, MeasuredPricing } from './measured-replay';
import { readMetrics } from './metric';
import { OP_KINDS } from './op-kinds';
import { PRICING_METRICS } from './registry';
import { WorkRecorder, type WorkSummary } from './work';

/** What is to be recorded of the batches of a stream: plain data, for it may go to another thread. */
export interface RecordingPlan {
  readonly pricings: readonly PricingSpecification[];
  /** The machine's locks, in the order of their bits. */
  readonly lockNames: readonly string[];
  readonly worstCount: number;
  readonly density: boolean;
}

export interface Recorded {
  readonly work: WorkSummary;
  readonly pricings: readonly MeasuredPricing[];
}

/** Records all that the access stream tells, under every pricing. */
export class BatchRecorder {
  private readonly work = new WorkRecorder();
  private readonly priced: readonly { readonly pricing: Pricing; readonly recorder: LatencyRecorder }[];

  constructor({ pricings, ...options }: RecordingPlan, pricingBy = newPricing) {
    this.priced = pricings.map((specification) => ({
      pricing: pricingBy(specification),
      recorder: new LatencyRecorder(options),
    }));
  }

  record(batch: StreamBatch): void {
    this.work.record(batch);
    for (const { pricing, recorder } of this.priced) {
      pricing.price(batch);
      recorder.record(batch, pricing);
    }
  }

  finish(): Recorded {
    return {
      work: this.work.finish(),
      pricings: this.priced.map(({ pricing, recorder }) => measuredPricing(pricing, recorder.finish())),
    };
  }
}

function newPricing(specification: PricingSpecification): Pricing {
  return new Pricing(specification);
}

function measuredPricing(pricing: Pricing, summary: LatencySummary): MeasuredPricing {
  const kinds = Object.fromEntries(
    OP_KINDS.map((kind): [string, MeasuredKind] => {
      const { distribution, worst, sizeClasses, density } = summary.kinds[kind];
      return [kind, { distribution, worst, sizeClasses, density: density ?? null }];
    }),
  );
  return {
    id: pricing.id,
    profileSha256: pricing.profileSha256,
    costsSha256: summary.costsSha256,
    metrics: readMetrics(PRICING_METRICS, summary),
    causes: summary.causeTotals,
    kinds: kinds as MeasuredPricing['kinds'],
  };
}
