import { engineNamed } from '../../allocators/registry';
import { createStack, type Stack } from '../../harness/replay/stack';

/**
 * An engine of the registry on a machine of its own, with options as on the command line, in the middle of an
 * operation: what a test does to it counts as one.
 */
export function booted(
  engine: string,
  options: Readonly<Record<string, string>> = {},
  heapPages = 4096,
): Stack {
  const machineOptions = { heapPages, virtualPages: 1 << 15 };
  const stack = createStack(engineNamed(engine), options, machineOptions, engineNamed);
  stack.machine.stream.beginOperation(0, 0, 0, 0, 0);
  return stack;
}
