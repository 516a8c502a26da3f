import type { Machine } from '../../harness/machine/machine';
import type { QuirkDemonstration } from '../../harness/replay/demonstration';
import type { Engine, EngineDefinition, EngineOption, OptionValues } from '../../harness/replay/port';
import { UsageError } from '../../traces/input-error';

/** What the definitions of all generations share. */

/** The table's slots have 8 bytes, so the heap is a 64-bit one; malloc(2) above it, as a C program has. */
const PLAN9_AS_LIBC = { shim: 'malloc', layout: 'lp64' } as const;

export const GC_OPTIONS = {
  backing: {
    kind: 'engine',
    summary:
      'the heap below (not glibc’s malloc, which libxl really stands on): any engine in physical memory; plan9-pool with its malloc',
    byDefault: 'plan9-pool',
  },
  nested: {
    kind: 'choice',
    summary:
      'what a public function called from within libxl does: fresh, a gc of its own, as the code does; reuse, its caller’s, as the policy says',
    choices: ['fresh', 'reuse'],
    byDefault: 'fresh',
  },
} as const satisfies Record<string, EngineOption>;

/** Those of the default heap, plan9-pool with malloc tags under lp64. */
export const GC_CONSTANTS = {
  headerBytes: 32,
  granuleBytes: 8,
  blockBytesMin: 64,
  requestBytesMax: 0x7fff_ffff - 16,
} as const satisfies EngineDefinition['constants'];

export const GC_CAPABILITIES = ['reallocate', 'scopes', 'callSite'] as const;

/** A nested call's temporary is gone when that call is left: the next one gets its place. */
export const NESTED_DEMONSTRATION: QuirkDemonstration = {
  options: { nested: 'fresh', backing: 'plan9-pool' },
  operations: ['enter,1,0,0', 'temp,10,64,0', 'enter,2,0,0', 'temp,11,64,0', 'leave,2,0,0', 'temp,12,64,0'],
  shows: ({ placements }) => placements[5] === placements[3],
};

/** Makes the heap below on the same machine, with its options at their defaults. */
export function createBacking(
  machine: Machine,
  options: OptionValues,
  engineNamed: (name: string) => EngineDefinition,
): Engine {
  const definition = engineNamed(String(options.backing));
  if (definition.capabilities.includes('scopes') || definition.placementsForm === 'xen-virtual') {
    throw new UsageError({
      where: 'option backing',
      problem: `${definition.name} cannot be the heap under libxl`,
      expected: 'an engine that places objects in physical memory and knows no API calls',
    });
  }
  const defaults = Object.entries(definition.options).map(([name, { byDefault }]) => [name, byDefault]);
  const own = definition.name === 'plan9-pool' ? PLAN9_AS_LIBC : {};
  return definition.create(machine, { ...Object.fromEntries(defaults), ...own }, engineNamed);
}
