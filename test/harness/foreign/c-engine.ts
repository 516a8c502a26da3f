import * as path from 'node:path';
import { loadEngine } from '../../../harness/cli/names/load-engine';
import type { EngineDefinition } from '../../../harness/replay/port';

const root = path.join(__dirname, '../../..');

type CEngineName = 'first-fit' | 'tlsf';

/** Our engines in C by the model whose twin they are. */
export const TWINS: ReadonlyMap<string, CEngineName> = new Map([
  ['xmalloc-first-fit', 'first-fit'],
  ['xmalloc-tlsf', 'tlsf'],
]);

/** One of our engines in C, as `-a` loads it: built the first time, from the cache afterwards. */
export function cEngine(name: CEngineName): EngineDefinition {
  return loadEngine(path.join(root, 'allocators/c', `${name}.engine.yaml`));
}

/** Their definitions, by the model. */
export function twinDefinitions(): ReadonlyMap<string, EngineDefinition> {
  return new Map([...TWINS].map(([model, name]) => [model, cEngine(name)]));
}
