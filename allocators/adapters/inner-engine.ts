import type { Machine } from '../../harness/machine/machine';
import { PAGE_BYTES } from '../../harness/machine/memory-layout';
import type { Engine, EngineDefinition, OptionValues } from '../../harness/replay/port';
import { UsageError } from '../../traces/input-error';
import { PAGE_OPTIONS } from '../xen/page-account';

/** The engines that an adapter stands on: any of the registry that takes its pages from Xen's page allocator. */
export interface InnerEngine {
  readonly definition: EngineDefinition;
  readonly engine: Engine;
  /** The largest request that fits a page with what the engine adds to it. */
  readonly subpageBytesMax: number;
}

/**
 * Bytes of a page that a sub-page request must leave: first-fit's header; for TLSF two headers and what is lost to
 * rounding up to a size class. The 2008 proposal calls it DELTA.
 */
const DELTA_BYTES: Readonly<Record<string, number>> = {
  'xmalloc-first-fit': 128,
  'xmalloc-tlsf-2008': 64,
  'xmalloc-tlsf': 64,
};

/**
 * Makes the engine of that name on the adapter's machine, with those of the adapter's options that it has too.
 * Throws a `UsageError` for an engine that brings a page source of its own.
 */
export function createInner(
  machine: Machine,
  option: string,
  options: OptionValues,
  engineNamed: (name: string) => EngineDefinition,
): InnerEngine {
  const definition = engineNamed(String(options[option]));
  if (!('page-version' in definition.options)) {
    throw new UsageError({
      where: `option ${option}`,
      problem: `${definition.name} does not stand on Xen's page allocator`,
      expected: `an engine that does, such as ${Object.keys(DELTA_BYTES).join(', ')}`,
    });
  }
  const own = Object.entries(definition.options).map(([name, { byDefault }]) => [
    name,
    name in PAGE_OPTIONS ? options[name] : byDefault,
  ]);
  const delta = DELTA_BYTES[definition.name] ?? definition.constants.headerBytes;
  return {
    definition,
    engine: definition.create(machine, Object.fromEntries(own), engineNamed),
    subpageBytesMax: PAGE_BYTES - delta,
  };
}
