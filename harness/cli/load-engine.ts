import type { EngineDefinition } from '../replay/port';

export const isEngineModule = (_name: string): boolean => false;
export function loadEngine(name: string): EngineDefinition {
  throw new Error(name);
}
