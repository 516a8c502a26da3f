import { engineNamed } from '../../../allocators/registry';
import { didYouMean, UsageError } from '../../../traces/input-error';
import type { ImportOptions } from '../../../traces/importers/options';
import { detectFormat, formatNamed, RECORDER_FORMATS } from '../../../traces/importers/registry';
import { openTrace, type OpenedTrace, type OpenOptions } from '../../../traces/open';
import { traceFromSpecification } from '../../../traces/synthesizers/registry';
import type { Trace } from '../../../traces/trace';
import type { EngineDefinition } from '../../replay/port';
import type { Registries, TraceRequest } from '../../results/cell';
import { isEngineModule, loadEngine } from './load-engine';
import { policyTraceFile } from './policy-traces';
import { recordedTraces } from './recorded';

/**
 * The registries, put together here and nowhere else. Each holds what it has opened, so that a trace which several
 * engines replay is read once; a process makes one and drops it when its cells are done.
 */
export function createRegistries(): Registries {
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
      if (!engines.has(engine.name)) engines.set(engine.name, engine);
      return engine;
    },
  };
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
  return openTrace(traceFile(request.specification), {
    ...openOptions(request),
    ...(passes !== undefined && { passes }),
  });
}

/** How a requested trace is opened, with everything that can be read registered. */
export function openOptions({ options }: TraceRequest): OpenOptions {
  const settings: ReaderSettings = options ?? {};
  return {
    ...settings,
    stdin: process.stdin,
    registries: { recorderFormats: RECORDER_FORMATS, detectFormat, formatNamed, traceFromSpecification },
  };
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

const RECORDED_SCHEME = 'recorded:';

/** The file behind `recorded:NAME` and `policy:NAME`; everything else stays as it is. */
export function traceFile(specification: string): string {
  if (!specification.startsWith(RECORDED_SCHEME)) {
    return policyTraceFile(specification);
  }
  const name = specification.slice(RECORDED_SCHEME.length);
  const recorded = recordedTraces();
  const found = recorded.find((trace) => trace.name === name);
  if (found === undefined) {
    const names = recorded.map((trace) => trace.name);
    throw new UsageError({
      problem: `unknown recorded trace "${name}"${didYouMean(name, names)}`,
      expected: `one of ${names.join(', ')}`,
    });
  }
  return found.file;
}
