import { InputError } from '../../../traces/input-error';
import type { Trace } from '../../../traces/trace';
import { FRAGMENTATION_METRICS } from '../../metrics/fragmentation-metrics';
import { measure } from '../../metrics/measurement';
import { SpareArrays } from '../../machine/memory';
import { accessesOf, type MeasuredOutcome } from '../../metrics/measured-replay';
import type { MetricValue } from '../../metrics/metric';
import { metricNamed, metricsByName, PRICING_METRICS } from '../../metrics/registry';
import { Pricing } from '../../pricing/pricing';
import type { PricingSpecification } from '../../pricing/specification';
import type { ReallocPolicy } from '../../replay/operations';
import type { MakeStack } from '../../replay/payload-writer';
import type { Stack } from '../../replay/stack';

/** An engine on which traces are tried, and what is read of each. */
export interface TrialPlan {
  readonly createStack: MakeStack;
  /** What cycles are modelled by. */
  readonly pricing: PricingSpecification;
  readonly realloc?: ReallocPolicy;
  /** Whether to see with the first traces that the engine does the same again. */
  readonly again?: boolean;
}

/** An engine that does otherwise the next time does so with the first traces, or hardly ever. */
const TRIED_AGAIN = 8;

/** What one trace came to. */
export interface Tried {
  readonly outcome: MeasuredOutcome;
  /** The metrics asked for and those that any trial reads; null where one does not apply. */
  readonly values: Readonly<Record<string, MetricValue | null>>;
  readonly placementsSha256: string;
  /** Memory accesses of all operations. */
  readonly accesses: number;
}

/**
 * Tries traces by thousands: one pass each, unless a metric asks for the heap to be surveyed, and no price where none
 * asks for cycles.
 */
export class Trials {
  private readonly pricings: readonly PricingSpecification[];
  /** One trial uses what another has left: to make it anew takes longer than to replay a short trace. */
  private readonly spare = new SpareArrays();
  private pricing: Pricing | undefined;
  private readonly survey: boolean;
  /** So many traces were tried, and came to so many accesses. */
  count = 0;
  accesses = 0;

  /** @param metrics registered names, or members of a family such as `lock.heap.held.cycles.max` */
  constructor(
    private readonly plan: TrialPlan,
    metrics: readonly string[],
  ) {
    const isOf = (definitions: readonly { readonly name: string }[]) =>
      metrics.some((name) => definitions.some((each) => each.name === metricNamed(name)?.name));
    this.pricings = isOf(PRICING_METRICS) ? [plan.pricing] : [];
    this.survey = isOf(FRAGMENTATION_METRICS);
  }

  private restartedPricing(): Pricing {
    this.pricing ??= new Pricing(this.plan.pricing);
    this.pricing.restart();
    return this.pricing;
  }

  /** Undefined where the trace breaks the rules between events. */
  async of(trace: Trace): Promise<Tried | undefined> {
    const { createStack, realloc, again = false } = this.plan;
    const stacks: Stack[] = [];
    this.count++;
    try {
      const measured = await measure({
        trace,
        createStack: (watch) => {
          const stack = createStack({ ...watch, spare: this.spare });
          stacks.push(stack);
          return stack;
        },
        pricings: this.pricings,
        pricingBy: () => this.restartedPricing(),
        survey: this.survey,
        pictures: false,
        worstCount: 1,
        again: again && this.count <= TRIED_AGAIN,
        ...(realloc !== undefined && { replay: { realloc } }),
      });
      const { outcome, metrics, pricings, placementsSha256 } = measured;
      const accesses = accessesOf(measured);
      this.accesses += accesses;
      const values = { ...metricsByName(metrics), ...metricsByName(pricings[0]?.metrics ?? {}) };
      return { outcome, values, placementsSha256, accesses };
    } catch (error) {
      if (error instanceof InputError) {
        return undefined;
      }
      throw error;
    } finally {
      stacks.forEach(({ machine }) => machine.retire());
    }
  }
}
