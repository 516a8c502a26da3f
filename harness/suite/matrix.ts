import * as path from 'node:path';
import { InputError, UsageError } from '../../traces/input-error';
import type { TraceHeader } from '../../traces/trace';
import { HEAP_PAGES_DEFAULT, VIRTUAL_PAGES_DEFAULT } from '../machine/machine';
import { parsePricing, pricingId } from '../pricing/specification';
import type { EngineDefinition } from '../replay/port';
import { resolveOptions } from '../replay/stack';
import type { Cell, TraceRequest } from '../results/cell';
import type { Label } from '../results/results';
import type { Placed, Suite, SuiteEngine, SuiteGroup, SuiteTrace } from './suite';

/** What a suite's words stand for, handed in: the harness imports no registry. */
export interface SuiteRegistries {
  /** What `*` among the engines stands for. */
  readonly engineNames: readonly string[];
  /** What `recorded:*` among the traces stands for. */
  readonly recordedNames: readonly string[];
  /** Throws a `UsageError` that suggests the nearest name. */
  engineNamed(name: string): EngineDefinition;
  /** What can be said of a trace unopened. Throws a `UsageError` or `InputError` for one that is not there. */
  traceNamed(request: TraceRequest): NamedTrace;
}

export type NamedTrace =
  | { readonly kind: 'synthetic'; readonly header: TraceHeader }
  | { readonly kind: 'file'; readonly path: string; readonly header: TraceHeader };

/** A cell of a suite, with what its results do not need and its runner does. */
export interface PlannedCell {
  readonly cell: Cell;
  readonly label: Label;
  readonly trace: NamedTrace;
  readonly definition: EngineDefinition;
  /** Where the suite asks for it. */
  readonly where: string;
}

/**
 * The cells of a suite, in its order: groups, in them traces, in them engines. Cells that differ in nothing but their
 * pricings are one replay. Throws an `InputError` with the place of what names nothing.
 */
export function matrixOf(suite: Suite, registries: SuiteRegistries): PlannedCell[] {
  const planned = new Map<string, PlannedCell>();
  for (const group of suite.groups) {
    for (const cell of cellsOf(group, registries)) {
      const key = JSON.stringify({ ...cell.cell, pricings: [] });
      const known = planned.get(key);
      planned.set(key, known === undefined ? cell : withPricings(known, cell.cell.pricings));
    }
  }
  return [...planned.values()];
}

function withPricings(planned: PlannedCell, more: readonly string[]): PlannedCell {
  const pricings = [...new Set([...planned.cell.pricings, ...more])];
  return { ...planned, cell: { ...planned.cell, pricings } };
}

function cellsOf(group: SuiteGroup, registries: SuiteRegistries): PlannedCell[] {
  const { machine } = group;
  const pricings = [...new Set(group.pricings.map(checkedPricing))];
  const engines = group.engines.flatMap((engine) => namedEngines(engine, registries));
  return group.traces
    .flatMap((trace) => namedTraces(trace, registries))
    .flatMap(({ request, trace, label, where }) =>
      engines.map(({ name, options, definition }) => ({
        cell: {
          trace: request,
          engine: name,
          options,
          pricings,
          heapPages: machine.heapPages ?? HEAP_PAGES_DEFAULT,
          virtualPages: machine.virtualPages ?? VIRTUAL_PAGES_DEFAULT,
          ...(machine.accessBudget !== undefined && { accessBudget: machine.accessBudget }),
          ...(machine.realloc !== undefined && { realloc: machine.realloc }),
          ...(machine.verifyPayload === true && { verifyPayload: true }),
        },
        label,
        trace,
        definition,
        where,
      })),
    );
}

/** Equal pricings are written in one way, so that they are priced once. */
function checkedPricing({ value, where }: Placed<string>): string {
  return atPlace(where, () => {
    const specification = parsePricing(value);
    const isShipped = !value.includes('.yaml') && !value.includes('.yml');
    return isShipped ? pricingId(specification) : value;
  });
}

interface NamedEngine extends SuiteEngine {
  readonly definition: EngineDefinition;
}

function namedEngines({ value, where }: Placed<SuiteEngine>, registries: SuiteRegistries): NamedEngine[] {
  return atPlace(where, () => {
    const names = value.name === '*' ? registries.engineNames : [moduleBeside(value)];
    return names.map((name) => {
      const definition = registries.engineNamed(name);
      resolveOptions(definition, value.options, (other) => registries.engineNamed(other));
      return { ...value, name, definition };
    });
  });
}

/** An engine that is a file lies beside the suite. */
function moduleBeside({ name, folder }: SuiteEngine): string {
  return /^\.{1,2}\//.test(name) ? path.resolve(folder, name) : name;
}

interface RequestedTrace {
  readonly request: TraceRequest;
  readonly trace: NamedTrace;
  readonly label: Label;
  readonly where: string;
}

const ALL_RECORDED = 'recorded:*';

function namedTraces({ value, where }: Placed<SuiteTrace>, registries: SuiteRegistries): RequestedTrace[] {
  return atPlace(where, () => {
    const specifications =
      value.specification === ALL_RECORDED
        ? registries.recordedNames.map((name) => `recorded:${name}`)
        : [fileBeside(value)];
    return specifications.map((specification) => {
      const request = { specification, ...readerOptions(value) };
      const trace = registries.traceNamed(request);
      return { request, trace, label: value.label ?? labelOf(trace.header), where };
    });
  });
}

/** What the reader of a recording is told; a synthesizer has parameters of its own. */
function readerOptions({ specification, format, limitEvents }: SuiteTrace): Pick<TraceRequest, 'options'> {
  const options = {
    ...(format !== undefined && { format }),
    ...(limitEvents !== undefined && { importOptions: { limitEvents } }),
  };
  if (Object.keys(options).length === 0) {
    return {};
  }
  if (specification.startsWith('synth:')) {
    throw new UsageError({
      problem: 'a synthesizer is read from no file',
      expected: 'no format and no limit',
    });
  }
  return { options };
}

function fileBeside({ specification, folder }: SuiteTrace): string {
  if (specification === '-') {
    const problem = 'a suite cannot read standard input: every worker would need it';
    throw new UsageError({ problem, expected: 'a file, recorded:NAME or synth:NAME?…' });
  }
  return /^(synth|recorded|policy|adversaries):/.test(specification)
    ? specification
    : path.resolve(folder, specification);
}

function labelOf({ origin }: TraceHeader): Label {
  if (origin.kind === 'recorded') {
    return 'recorded';
  }
  return origin.generator.startsWith('adversary/') ? 'adversarial' : 'synthetic';
}

/** Says of what goes wrong in `action` that the suite asked for it, and where. */
function atPlace<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof UsageError || error instanceof InputError) {
      const { problem, expected } = error;
      const inner = error.where === undefined ? problem : `${error.where}: ${problem}`;
      throw new InputError({ where, problem: inner, ...(expected !== undefined && { expected }) });
    }
    throw error;
  }
}
