import { statSync } from 'node:fs';
import type { Trace } from '../../traces/trace';
import { measure } from '../metrics/measurement';
import type { MeasuredReplay } from '../metrics/measured-replay';
import { threadAhead } from '../metrics/recording-thread';
import { parsePricing } from '../pricing/specification';
import type { ReallocPolicy } from '../replay/operations';
import type { EngineDefinition } from '../replay/port';
import { createStack } from '../replay/stack';

/**
 * A cell of the matrix traces × engines: one replay, priced any number of times, described by words alone, so that it
 * can be sent to a worker process, cached, or written in a suite.
 */
export interface Cell {
  readonly trace: TraceRequest;
  readonly engine: string;
  /** Engine options as written, by name. */
  readonly options: Readonly<Record<string, string>>;
  readonly pricings: readonly string[];
  readonly heapPages: number;
  readonly virtualPages: number;
  /** An operation with more accesses is a runaway. */
  readonly accessesMax?: number;
  /** A replay with more accesses in all is a runaway. */
  readonly accessBudget?: number;
  readonly worstCount?: number;
  readonly realloc?: ReallocPolicy;
  /** Whether to watch over what the objects hold; no by default, for it takes time. */
  readonly verifyPayload?: boolean;
  /** Whether to survey holes at checkpoints; yes by default. */
  readonly survey?: boolean;
  /** Whether to keep the rasters that pictures are drawn from; yes by default. */
  readonly pictures?: boolean;
}

/** A trace as the user names it: a file, `-`, `recorded:NAME` or `synth:NAME?…`, and how to read it. */
export interface TraceRequest {
  readonly specification: string;
  /** Reader options by name (`format`, `pid`, `strict` …): they pass through the harness unread. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What cells are made of, handed in by the composition root: the harness imports no registry. */
export interface Registries {
  /** Rejects with an `InputError` or `UsageError`. */
  openTrace(request: TraceRequest): Promise<Trace>;
  /** Throws a `UsageError` that suggests the nearest name. */
  engineNamed(name: string): EngineDefinition;
}

/** What a replay tells while it runs, and how it is run: its results depend on none of it. */
export interface CellHooks {
  /** Receives the placements text in chunks that are valid only during the call. */
  readonly placements?: (chunk: Uint8Array) => void;
  /** Told the number of events replayed, now and then. */
  readonly progress?: (events: number) => void;
  /** Whether another thread may price meanwhile. */
  readonly pricesBeside?: boolean;
  /** Whether to see that the engine does the same again. */
  readonly again?: boolean;
}

/** Runs a cell on a machine of its own. Rejects with `UsageError` and `InputError` as its parts do. */
export async function runCell(
  cell: Cell,
  registries: Registries,
  { pricesBeside = false, again = false, ...hooks }: CellHooks = {},
): Promise<MeasuredReplay> {
  const definition = registries.engineNamed(cell.engine);
  const pricings = cell.pricings.map(parsePricing);
  const { heapPages, virtualPages, accessesMax, accessBudget } = cell;
  const thread = pricesBeside && isLong(cell.trace) ? threadAhead() : undefined;
  try {
    return await measure({
      trace: await registries.openTrace(cell.trace),
      pricings,
      pricesBeside,
      ...(thread !== undefined && { thread }),
      again,
      createStack: (watch) =>
        createStack(
          definition,
          cell.options,
          {
            heapPages,
            virtualPages,
            ...(accessesMax !== undefined && { accessesMax }),
            ...(accessBudget !== undefined && { accessBudget }),
            ...watch,
          },
          (name) => registries.engineNamed(name),
        ),
      ...(cell.worstCount !== undefined && { worstCount: cell.worstCount }),
      ...(cell.survey !== undefined && { survey: cell.survey }),
      ...(cell.pictures !== undefined && { pictures: cell.pictures }),
      replay: {
        ...(cell.realloc !== undefined && { realloc: cell.realloc }),
        ...(cell.verifyPayload === true && { payload: 'throughout' }),
        ...hooks,
      },
    });
  } finally {
    await thread?.stop();
  }
}

/** A file as large as this has enough events for a thread to price them, whatever format they are in. */
const LONG_FILE_BYTES = 1 << 20;

function isLong({ specification }: TraceRequest): boolean {
  return (statSync(specification, { throwIfNoEntry: false })?.size ?? 0) >= LONG_FILE_BYTES;
}
