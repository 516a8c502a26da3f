import type { TraceHeader } from '../../traces/trace';
import { NOTHING_SEEN, type MeasuredReplay } from '../metrics/measured-replay';
import { REPLAY_METRICS } from '../metrics/registry';
import { resolveOptions } from '../replay/stack';
import type { EngineDefinition } from '../replay/port';
import type { Cell } from '../results/cell';

/** What is left to say of a cell whose worker died or threw: what was asked for, and that nothing came of it. */
export function crashedReplay(
  cell: Cell,
  header: TraceHeader,
  problem: string,
  engineNamed: (name: string) => EngineDefinition,
): MeasuredReplay {
  const definition = engineNamed(cell.engine);
  const names = REPLAY_METRICS.map(({ name }) => name).filter((name) => !name.includes('<'));
  return {
    engine: {
      name: definition.name,
      version: definition.version,
      options: resolveOptions(definition, cell.options, engineNamed),
    },
    machine: { heapPages: cell.heapPages, virtualPages: cell.virtualPages },
    trace: { ...header, sha256: null, events: 0 },
    outcome: { kind: 'crashed', problem },
    ...NOTHING_SEEN,
    metrics: Object.fromEntries(names.map((name) => [name, null])),
  };
}
