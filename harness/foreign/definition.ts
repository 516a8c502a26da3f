import { InputError } from '../../traces/input-error';
import type { Machine } from '../machine/machine';
import { resolveOptions } from '../replay/stack';
import type { Capability, EngineDefinition, OptionValues, Quirk } from '../replay/port';
import type { BuildRecord } from './build/build';
import { factsOf, type EngineFacts } from './build/engine-file';
import { ForeignEngine, type PagesOfEngine } from './foreign-engine';
import type { ForeignModule } from './foreign-module';
import { type EngineFunction } from './foreign-module';
import { MalformedModule } from './wasm/malformed-module';

/** A foreign engine as `-a` knows engines: what its module says and can do, in the port's words. */

const CAPABILITY_FUNCTIONS: readonly (readonly [Capability, EngineFunction])[] = [
  ['reallocate', 'ar_reallocate'],
  ['alignedAllocate', 'ar_aligned_allocate'],
  ['usableSize', 'ar_usable_size'],
  ['compact', 'ar_compact'],
];

/** Placements and accesses of a module follow from its bytes: what is raised is the way in which they are recorded. */
const RECORDING_VERSION = 3;

export function foreignDefinition(
  module: ForeignModule,
  name: string,
  record: BuildRecord | undefined,
  quirksOf: (model: string) => readonly Quirk[] = () => [],
): EngineDefinition {
  const facts =
    record?.facts ?? factsOf({ sources: [name], abi: module.pointerBytes === 8 ? 'lp64' : 'ilp32' }, name);
  const { summary, lineage, constants } = facts;
  const usesPages = module.memorySource === 'pages';
  return {
    name: facts.name,
    version: RECORDING_VERSION,
    summary,
    lineage,
    constants: {
      headerBytes: constants.headerBytes,
      granuleBytes: constants.granuleBytes,
      blockBytesMin: constants.blockBytesMin,
      ...(constants.alignBytesMax !== undefined && { alignBytesMax: constants.alignBytesMax }),
      requestBytesMax: constants.requestBytesMax,
    },
    options: usesPages
      ? {
          pages: {
            kind: 'engine',
            summary: 'the engine that serves ar_page_alloc, on the same machine',
            byDefault: facts.pages.engine,
          },
        }
      : {},
    capabilities: CAPABILITY_FUNCTIONS.filter(([, exported]) => module.has(exported)).map(([verb]) => verb),
    bounds: [],
    quirks: facts.model === undefined ? [] : quirksOf(facts.model),
    placementsForm: 'xen',
    isAllInMemory: usesPages && module.isAllInMemory,
    foreign: {
      moduleSha256: module.sha256,
      abi: module.pointerBytes === 8 ? 'lp64' : 'ilp32',
      compiler: record?.compiler ?? 'unknown',
      flags: record?.flags ?? [],
      sources: record?.sources ?? {},
      shows: {
        walk: module.has('ar_walk'),
        check: module.has('ar_check'),
        blockAt: module.has('ar_block_at'),
      },
    },
    create: (machine, options, engineNamed) =>
      refusingMalformed(facts.name, () => {
        const pages = usesPages ? pagesEngine(machine, facts, options, engineNamed) : undefined;
        return new ForeignEngine(machine, module, facts.name, { ...pages, ...constants });
      }),
  };
}

/** Runs `action`; what it finds wrong with a module is the input's fault. */
export function refusingMalformed<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof MalformedModule) {
      throw new InputError({
        where: name,
        problem: error.message,
        expected: 'a WebAssembly module with the functions of alloc-replay.h',
      });
    }
    throw error;
  }
}

function pagesEngine(
  machine: Machine,
  { pages }: EngineFacts,
  options: OptionValues,
  engineNamed: (name: string) => EngineDefinition,
): PagesOfEngine {
  const definition = engineNamed(String(options['pages']));
  const given = definition.name === pages.engine ? pages.options : {};
  return {
    pages: definition.create(machine, resolveOptions(definition, given, engineNamed), engineNamed),
    pagesAreInMemory: definition.isAllInMemory === true,
  };
}
