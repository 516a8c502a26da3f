import { UsageError } from '../../traces/input-error';
import { priceFlatAccesses, type PriceAccesses } from './access-pricing';
import { CompiledHierarchy, kernelModule } from './compiled-hierarchy';
import { MemoryHierarchy } from './memory-hierarchy';
import type { CachesProfile, Mapping } from './profile';
import type { CacheState, PricingSpecification } from './specification';

/**
 * Who prices the accesses: TypeScript, which is the reference, or WebAssembly, which is faster. The costs are the same,
 * so nothing else depends on the choice, and it is written nowhere. `auto` takes WebAssembly where the host has it.
 */
export const PRICING_KERNELS = ['auto', 'ts', 'wasm'] as const;
export type PricingKernel = (typeof PRICING_KERNELS)[number];

/** Throws a `UsageError` when the host cannot do what is asked of it. */
export function accessPricing(specification: PricingSpecification, kernel: PricingKernel): PriceAccesses {
  const { profile, mapping, state } = specification;
  if (profile.model === 'flat') {
    return priceFlatAccesses;
  }
  const compiled = kernel === 'ts' ? undefined : compiledHierarchy(profile, mapping, state);
  if (compiled === undefined && kernel === 'wasm') {
    throw new UsageError({
      where: '--pricing-kernel',
      problem: 'wasm: this host has no WebAssembly with SIMD, or no memory left for it',
      expected: 'ts or auto',
    });
  }
  return (compiled ?? new MemoryHierarchy(profile, mapping, state)).priceAccesses;
}

/** Undefined where the host has no such thing, or refuses another one. */
function compiledHierarchy(
  profile: CachesProfile,
  mapping: Mapping,
  state: CacheState,
): CompiledHierarchy | undefined {
  if (kernelModule === undefined) {
    return undefined;
  }
  try {
    return new CompiledHierarchy(kernelModule, profile, mapping, state);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}
