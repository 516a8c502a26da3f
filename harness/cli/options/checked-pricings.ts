import { UsageError } from '../../../traces/input-error';
import { parsePricing, pricingId, type PricingSpecification } from '../../pricing/specification';

/**
 * Loads every pricing before anything runs. Throws a `UsageError` for one that does not exist, and for two of one
 * name, as two files may hold profiles of one name: no report could tell their figures apart.
 */
export function checkedPricings(names: readonly string[]): PricingSpecification[] {
  const specifications = names.map(parsePricing);
  const ids = specifications.map(pricingId);
  for (const [index, id] of ids.entries()) {
    const first = ids.indexOf(id);
    if (first !== index) {
      throw new UsageError({
        where: '-p',
        problem: `${names[first]} and ${names[index]} are both called ${id}`,
        expected: 'pricings that can be told apart',
      });
    }
  }
  return specifications;
}
