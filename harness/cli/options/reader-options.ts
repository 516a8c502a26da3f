import type { Argv } from 'yargs';
import { UsageError } from '../../../traces/input-error';
import type { ImportOptions } from '../../../traces/importers/options';
import type { TraceRequest } from '../../results/cell';
import type { ReaderSettings } from '../names/registries';
import { wholeNumber } from './shared-options';

/** Options that say how trace files are read; they mean the same in every command that reads traces. */

export interface ReaderArguments {
  format: string | undefined;
  strict: boolean | undefined;
  'close-leaks': 'newest' | 'oldest' | undefined;
  pid: number | undefined;
  'min-size': number | undefined;
  skip: number | undefined;
  limit: number | undefined;
  sites: boolean | undefined;
  match: 'newest' | 'oldest' | undefined;
  kmem: 'kmalloc' | 'pages' | undefined;
  're-alloc': string | undefined;
  're-free': string | undefined;
  're-realloc': string | undefined;
}

/** What a command calls the trace that it reads. */
export const traceArgument = {
  type: 'string',
  describe: 'A file, - for stdin, recorded:NAME, policy:NAME or synth:NAME?…',
} as const;

const GROUP = 'Reading traces:';
const AGES = ['newest', 'oldest'] as const;

/** `formatOption` is another name where `--format` is that of what the command prints. */
export function readerOptions<T>(
  parser: Argv<T>,
  formatOption: 'format' | 'trace-format' = 'format',
): Argv<T & ReaderArguments> {
  const count = (name: string, describe: string) =>
    ({
      type: 'string',
      group: GROUP,
      describe,
      coerce: (text: string) => wholeNumber(`--${name}`, text, 0, Number.MAX_SAFE_INTEGER),
    }) as const;
  return parser
    .option(formatOption, {
      type: 'string',
      group: GROUP,
      describe: 'Format of the traces (default: told by their content)',
    })
    .option('strict', {
      type: 'boolean',
      group: GROUP,
      describe: 'Refuse what recordings are otherwise forgiven',
    })
    .option('close-leaks', {
      choices: AGES,
      group: GROUP,
      describe: 'Free what is live at the end, in this order',
    })
    .option('pid', count('pid', 'Take the lines of this process only'))
    .option('min-size', count('min-size', 'Leave out objects smaller than this many bytes'))
    .option('skip', count('skip', 'Leave out this many events from the start'))
    .option('limit', count('limit', 'Stop after this many events'))
    .option('sites', {
      type: 'boolean',
      group: GROUP,
      describe: 'Keep the call sites that the recorder names',
    })
    .option('match', {
      choices: AGES,
      group: GROUP,
      describe: 'heaptrack, interpreted: which equal block a free means',
    })
    .option('kmem', {
      choices: ['kmalloc', 'pages'] as const,
      group: GROUP,
      describe: 'kmem: which allocator to take',
    })
    .option('re-alloc', {
      type: 'string',
      group: GROUP,
      describe: 'regex: pattern with groups addr and size',
    })
    .option('re-free', { type: 'string', group: GROUP, describe: 'regex: pattern with group addr' })
    .option('re-realloc', {
      type: 'string',
      group: GROUP,
      describe: 'regex: pattern with groups old, addr and size',
    }) as Argv<T & ReaderArguments>;
}

/** A trace with the reader options of the command line; what was not given is left out. */
export function traceRequest(specification: string, argv: ReaderArguments): TraceRequest {
  const importOptions: Partial<ImportOptions> = {
    ...(argv.strict !== undefined && { strict: argv.strict }),
    ...(argv['close-leaks'] !== undefined && { closeLeaks: argv['close-leaks'] }),
    ...(argv.pid !== undefined && { pid: argv.pid }),
    ...(argv['min-size'] !== undefined && { minSizeBytes: argv['min-size'] }),
    ...(argv.skip !== undefined && { skipEvents: argv.skip }),
    ...(argv.limit !== undefined && { limitEvents: argv.limit }),
    ...(argv.sites !== undefined && { sites: argv.sites }),
    ...(argv.match !== undefined && { match: argv.match }),
    ...(argv.kmem !== undefined && { kmem: argv.kmem }),
    ...linePatterns(argv),
  };
  // What a pattern reads is of no format that could be told by its content.
  const format = argv.format ?? (importOptions.patterns === undefined ? undefined : 'regex');
  const options: ReaderSettings = {
    ...(format !== undefined && { format }),
    ...(Object.keys(importOptions).length > 0 && { importOptions }),
  };
  return Object.keys(options).length === 0 ? { specification } : { specification, options: { ...options } };
}

function linePatterns(argv: ReaderArguments): Pick<Partial<ImportOptions>, 'patterns'> {
  const alloc = argv['re-alloc'];
  const free = argv['re-free'];
  const realloc = argv['re-realloc'];
  if (alloc === undefined && free === undefined && realloc === undefined) {
    return {};
  }
  if (alloc === undefined || free === undefined) {
    throw new UsageError({ problem: 'a pattern is missing', expected: 'both --re-alloc and --re-free' });
  }
  return { patterns: { alloc, free, ...(realloc !== undefined && { realloc }) } };
}
