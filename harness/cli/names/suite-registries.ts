import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { ENGINE_NAMES } from '../../../allocators/registry';
import { InputError } from '../../../traces/input-error';
import { traceName } from '../../../traces/open-file';
import { recordedTraces, traceFile } from '../../../traces/shipped';
import { synthesizerNamed, traceFromSpecification } from '../../../traces/synthesizers/registry';
import type { TraceHeader } from '../../../traces/trace';
import type { Cell, Registries, TraceRequest } from '../../results/cell';
import { CellKeys, type CodeRegistry } from '../../suite/cell-key';
import { importsOf } from '../../suite/import-closure';
import type { NamedTrace, SuiteRegistries } from '../../suite/matrix';
import { PACKAGE_ROOT } from '../tool-version';
import { engineFile } from './load-engine';

/** What suites need to know of traces, engines and the code behind them. */
export function createSuiteRegistries(registries: Registries): SuiteRegistries & CodeRegistry {
  const engineNamed = (name: string) => registries.engineNamed(name);
  return {
    engineNames: ENGINE_NAMES,
    recordedNames: recordedTraces().map(({ name }) => name),
    engineNamed,
    isRegistered: (name) => ENGINE_NAMES.includes(name),
    traceNamed,
    engineFiles: (name) => {
      const isRegistered = ENGINE_NAMES.includes(name);
      return [isRegistered ? definedIn(ENGINE_REGISTRY, engineNamed(name)) : engineFile(name)];
    },
    traceFiles,
  };
}

const ENGINE_REGISTRY = '../../../allocators/registry';
const SYNTHESIZER_REGISTRY = '../../../traces/synthesizers/registry';
const SYNTHESIZER = '../../../traces/synthesizers/synthesizer';
const READER = '../../../traces/open-file';

function traceNamed(request: TraceRequest): NamedTrace {
  const { specification, options } = request;
  if (isSynthetic(specification)) {
    return { kind: 'synthetic', header: traceFromSpecification(specification).header };
  }
  const path = traceFile(specification);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new InputError({ where: specification, problem: 'no such file', expected: 'a trace' });
  }
  const format = typeof options?.['format'] === 'string' ? options['format'] : 'unknown';
  const header: TraceHeader = { name: traceName(path), origin: { kind: 'recorded', format } };
  return { kind: 'file', path, header };
}

/** What can be said of a trace unopened, also of one that comes through standard input. */
export function headerNamed(request: TraceRequest): TraceHeader {
  return request.specification === '-'
    ? { name: traceName('<stdin>'), origin: { kind: 'recorded', format: 'unknown' } }
    : traceNamed(request).header;
}

const isSynthetic = (specification: string): boolean => specification.startsWith('synth:');

function traceFiles({ specification }: TraceRequest): string[] {
  if (!isSynthetic(specification)) {
    return [moduleFile(READER)];
  }
  const { origin } = traceFromSpecification(specification).header;
  const name = origin.kind === 'synthetic' ? origin.generator : '';
  return [definedIn(SYNTHESIZER_REGISTRY, synthesizerNamed(name)), moduleFile(SYNTHESIZER)];
}

/** The file that a registry imports `value` from. */
function definedIn(registry: string, value: unknown): string {
  const registryFile = moduleFile(registry);
  const load = createRequire(__filename);
  const defines = (file: string) =>
    Object.values(load(file) as Readonly<Record<string, unknown>>).includes(value);
  const file = importsOf(registryFile).find((each) => isOurs(each) && defines(each));
  if (file === undefined) {
    throw new Error(`${registryFile} imports no module that defines what it lists`);
  }
  return file;
}

/** Rather than a package's: this program may itself lie in a folder of installed packages. */
const isOurs = (file: string): boolean => !relative(PACKAGE_ROOT, file).split(sep).includes('node_modules');

const moduleFile = (name: string): string => require.resolve(join(__dirname, name));

/** A hash of all that replays on an engine follow from, but for their traces: code, pricing, machine. */
export function engineSha256(
  { engine, options, pricing, machine, realloc }: EngineInWords,
  registries: Registries,
  toolVersion: string,
): string {
  const code = createSuiteRegistries(registries);
  const request = { specification: 'synth:churn' };
  const cell = {
    trace: request,
    engine,
    options,
    pricings: [pricing],
    ...machine,
    ...(realloc !== undefined && { realloc }),
  };
  return new CellKeys(code, toolVersion).keyOf({
    cell,
    label: 'synthetic',
    trace: traceNamed(request),
    definition: registries.engineNamed(engine),
    where: '',
  });
}

type EngineInWords = Pick<Cell, 'engine' | 'options' | 'realloc'> & {
  readonly pricing: string;
  readonly machine: Pick<Cell, 'heapPages' | 'virtualPages' | 'accessesMax'>;
};
