import { UsageError } from '../../../traces/input-error';
import type { ImportOptions } from '../../../traces/importers/options';
import type { TraceRequest } from '../../results/cell';
import type { ReaderSettings } from '../names/registries';
import { ANY_COUNT, choice, count, flag, list, text, type Option, type ValuesOf } from './option';

/** Options that say how trace files are read; they mean the same in every command that reads traces. */

const GROUP = 'Reading traces:';
const AGES = ['newest', 'oldest'] as const;

/** What a command calls the trace that it reads. */
export const traceDetails = {
  describe: 'A file, - for stdin, recorded:NAME, policy:NAME, adversaries:NAME or synth:NAME?…',
  completes: 'trace',
} as const;

/** Patterns of one kind, each given by an option of its own: they may hold commas and blanks. */
function patterns(groups: string): Option<readonly string[]> {
  return list(`regex: pattern with the groups ${groups}; may be given again`, { group: GROUP });
}

const sourceOptions = {
  strict: flag('Refuse what recordings are otherwise forgiven', { group: GROUP }),
  closeLeaks: choice('Free what is live at the end, in this order', AGES, { group: GROUP }),
  pid: count('Take the lines of this process only', ANY_COUNT, { group: GROUP }),
  minSize: count('Leave out objects smaller than this many bytes', ANY_COUNT, { group: GROUP }),
  skip: count('Leave out this many events from the start', ANY_COUNT, { group: GROUP }),
  limit: count('Stop after this many events', ANY_COUNT, { group: GROUP }),
  sites: flag('Keep the call sites that the recorder names', { group: GROUP }),
  match: choice('heaptrack, interpreted: which equal block a free means', AGES, { group: GROUP }),
  kmem: choice('kmem: which allocator to take', ['kmalloc', 'pages'], { group: GROUP }),
  reAlloc: patterns('addr or id, size; perhaps count and align'),
  reFree: patterns('addr or id'),
  reRealloc: patterns('size, and id or old and new'),
};

const FORMAT = 'Format of the traces (default: told by their content)';

/** Where `--format` is free, it is a second name of the trace's format. */
export const readerOptions = {
  traceFormat: text(FORMAT, { group: GROUP, alsoCalled: ['format'] }),
  ...sourceOptions,
};

/** Where `--format` is that of what the command prints. */
export const readerOptionsBesideFormat = { traceFormat: text(FORMAT, { group: GROUP }), ...sourceOptions };

export type ReaderArguments = ValuesOf<typeof readerOptions>;

/** A trace with the reader options of the command line; what was not given is left out. */
export function traceRequest(specification: string, argv: Partial<ReaderArguments>): TraceRequest {
  const importOptions: Partial<ImportOptions> = {
    ...(argv.strict === true && { strict: true }),
    ...(argv.closeLeaks !== undefined && { closeLeaks: argv.closeLeaks }),
    ...(argv.pid !== undefined && { pid: argv.pid }),
    ...(argv.minSize !== undefined && { minSizeBytes: argv.minSize }),
    ...(argv.skip !== undefined && { skipEvents: argv.skip }),
    ...(argv.limit !== undefined && { limitEvents: argv.limit }),
    ...(argv.sites === true && { sites: true }),
    ...(argv.match !== undefined && { match: argv.match }),
    ...(argv.kmem !== undefined && { kmem: argv.kmem }),
    ...linePatterns(argv),
  };
  // What a pattern reads is of no format that could be told by its content.
  const format = argv.traceFormat ?? (importOptions.patterns === undefined ? undefined : 'regex');
  const options: ReaderSettings = {
    ...(format !== undefined && { format }),
    ...(Object.keys(importOptions).length > 0 && { importOptions }),
  };
  return Object.keys(options).length === 0 ? { specification } : { specification, options: { ...options } };
}

function linePatterns(argv: Partial<ReaderArguments>): Pick<Partial<ImportOptions>, 'patterns'> {
  const { reAlloc: alloc = [], reFree: free = [], reRealloc: realloc = [] } = argv;
  if (alloc.length + free.length + realloc.length === 0) {
    return {};
  }
  if (alloc.length === 0 || free.length === 0) {
    throw new UsageError({ problem: 'a pattern is missing', expected: 'both --re-alloc and --re-free' });
  }
  return { patterns: { alloc, free, ...(realloc.length > 0 && { realloc }) } };
}
