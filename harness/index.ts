/**
 * The library behind the command line: what a program needs to replay traces through engines of its own or ours, price
 * them and read the results. The command line is built on nothing else.
 */
import { allEngines } from '../allocators/registry';

export { engineNamed } from '../allocators/registry';
/** Every engine that ships. */
export const ENGINES = allEngines();
export { EventColumns } from '../traces/columns';
export { InputError, UsageError } from '../traces/input-error';
export { openTrace, type OpenedTrace, type OpenOptions } from '../traces/open';
export { traceFromSpecification } from '../traces/synthesizers/registry';
export * from '../traces/trace';
export { compareResults, type CompareOptions } from './compare/compare';
export { rowsOf, type Comparison, type MetricRow } from './compare/comparison';
export { checkConformance, type ConformanceReport } from './conformance/conformance';
export { Fault, HeapCorruption, Runaway } from './machine/failures';
export { Machine, type MachineOptions } from './machine/machine';
export { HEAP_BASE, PAGE_BYTES, PAGE_SHIFT } from './machine/memory-layout';
export type { PageSource } from './machine/page-source';
export { measure, type MeasurementPlan } from './metrics/measurement';
export type { MeasuredReplay } from './metrics/measured-replay';
export { METRICS, metricNamed } from './metrics/registry';
export { parsePricing } from './pricing/specification';
export { minimumHeap, type MinimumHeap } from './replay/minimum-heap';
export type * from './replay/port';
export { replay, type ReplayObserver, type ReplayReport, type ReplayState } from './replay/replay';
export { createStack, type Stack } from './replay/stack';
export { runCell, type Cell, type Registries } from './results/cell';
export { RESULTS_SCHEMA, type Results } from './results/results';
export { readResults } from './results/results-file';
export { writeResults } from './results/results-text';
