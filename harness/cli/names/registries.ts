import { ENGINE_NAMES, engineNamed } from '../../../allocators/registry';
import { UsageError } from '../../../traces/input-error';
import type { ImportOptions } from '../../../traces/importers/options';
import { openTrace, type OpenedTrace, type OpenOptions } from '../../../traces/open';
import type { Trace } from '../../../traces/trace';
import type { EngineDefinition } from '../../replay/port';
import type { Registries, TraceRequest } from '../../results/cell';
import { isEngineModule, loadEngine } from './load-engine';

/** What the command line opens knows what an import counted. */
export interface OpenedRegistries extends Registries {
  openTrace(request: TraceRequest): Promise<OpenedTrace>;
}

/**
 * The registries, put together here and nowhere else. Each holds what it has opened, so that a trace which several
 * engines replay is read once; a process makes one and drops it when its cells are done.
 */
export function createRegistries(): OpenedRegistries {
  const traces = new Map<string, Promise<OpenedTrace>>();
  const engines = new Map<string, EngineDefinition>();
  return {
    openTrace: (request) => {
      const key = JSON.stringify(request);
      const opened = traces.get(key) ?? openRequested(request);
      traces.set(key, opened);
      return opened;
    },
    engineNamed: (name) => {
      const engine = engines.get(name) ?? (isEngineModule(name) ? loadEngine(name) : engineNamed(name));
      engines.set(name, engine);
      // An option that names a module by its path is resolved to the engine's own name.
      if (!engines.has(engine.name)) {
        engines.set(engine.name, engine);
      }
      return engine;
    },
  };
}

/**
 * Whether an engine, or one that it is told to stand on, is JavaScript that is none of ours: it may end the process,
 * never end, or do otherwise the next time. What is WebAssembly can do nothing but what it is bounded in.
 */
export function isScript(
  engine: string,
  options: Readonly<Record<string, string>>,
  registries: Registries,
): boolean {
  const declared = registries.engineNamed(engine).options;
  const beneath = Object.entries(options).filter(([name]) => declared[name]?.kind === 'engine');
  return [engine, ...beneath.map(([, name]) => name)].some(
    (name) => !ENGINE_NAMES.includes(name) && registries.engineNamed(name).foreign === undefined,
  );
}

/** How the command line says that a trace is to be read: what `TraceRequest.options` holds. */
export interface ReaderSettings {
  readonly format?: string;
  readonly importOptions?: Partial<ImportOptions>;
}

/** Opens a trace as the command line names it. */
export function openRequested(
  request: TraceRequest,
  passes: OpenOptions['passes'] = 'many',
): Promise<OpenedTrace> {
  return openTrace(request.specification, {
    ...openOptions(request),
    ...(passes !== undefined && { passes }),
  });
}

/** How a requested trace is opened. Of standard input Node makes a stream once it is asked for it. */
export function openOptions({ specification, options }: TraceRequest): OpenOptions {
  const settings: ReaderSettings = options ?? {};
  return specification === '-' ? { ...settings, stdin: process.stdin } : settings;
}

/**
 * Opens a trace for a command that reads its events without an engine. Throws a `UsageError` for a synthesizer that
 * decides by placements: without any it would tell of a program whose every allocation fails.
 */
export async function openEvents(
  request: TraceRequest,
  passes: OpenOptions['passes'] = 'many',
): Promise<OpenedTrace> {
  const trace = await openRequested(request, passes);
  requireFixedEvents(trace);
  return trace;
}

/** Throws a `UsageError` for a trace whose events depend on an engine. */
export function requireFixedEvents({ header: { name, origin } }: Trace): void {
  if (origin.kind === 'synthetic' && origin.adaptive) {
    throw new UsageError({
      where: name,
      problem: `the synthesizer ${origin.generator} decides by placements`,
      expected: 'an engine to decide on, as in `run` or `minheap`, or another trace',
    });
  }
}
