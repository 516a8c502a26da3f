import { engineNamed } from '../../../allocators/registry';
import { createStack, type Stack } from '../../../harness/replay/stack';

/** An engine of the registry on a machine of its own, with options as on the command line. */
export function booted(
  engine: string,
  options: Readonly<Record<string, string>> = {},
  heapPages = 4096,
): Stack {
  return createStack(engineNamed(engine), options, { heapPages, virtualPages: 1 << 16 }, engineNamed);
}
