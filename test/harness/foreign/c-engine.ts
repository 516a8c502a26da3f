import * as path from 'node:path';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import type { EngineDefinition } from '../../../harness/replay/port';

const root = path.join(__dirname, '../../..');

/** One of our engines in C, as `-a` loads it: built the first time, from the cache afterwards. */
export function cEngine(name: 'first-fit' | 'tlsf'): EngineDefinition {
  return loadEngine(path.join(root, 'allocators/c', `${name}.engine.yaml`));
}
