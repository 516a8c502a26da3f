import { createRequire } from 'node:module';
import type { CommandEntry, CommandGroup } from './command';

/**
 * Every command, one line each, in the order of `--help`. A command's file is read when it is called for, so that the
 * program's own help and version take no longer than Node does.
 */

const read = createRequire(__filename);
const load = <Module>(file: string): Module => read(file) as Module;

type TraceRead = typeof import('./trace-read');
type TraceChange = typeof import('./trace-change');
type TraceWrite = typeof import('./trace-write');
type Engine = typeof import('./engine');

// prettier-ignore
const TRACE_COMMANDS: readonly CommandEntry[] = [
  { name: 'synth', summary: 'Write the trace that a synthesizer makes; adaptive ones need an engine, so run them inline instead', load: () => load<TraceWrite>('./trace-write').synth },
  { name: 'import', summary: 'Turn what a recorder wrote into a canonical trace and say what was left out or mended', load: () => load<TraceWrite>('./trace-write').importing },
  { name: 'info', summary: 'Counts, sizes, lifetimes and peaks of a trace, and which verbs an engine needs for it', load: () => load<TraceRead>('./trace-read').info },
  { name: 'validate', summary: 'Say everything that is wrong with a trace, each with its place; exit 3 if anything is', load: () => load<TraceRead>('./trace-read').validate },
  { name: 'head', summary: 'The first events of a trace, one a line', load: () => load<TraceRead>('./trace-read').head },
  { name: 'slice', summary: 'Write a range of events; what concerns objects from before the range is left out', load: () => load<TraceChange>('./trace-change').slice },
  { name: 'merge', summary: 'Interleave two traces as two call sites of one program', load: () => load<TraceChange>('./trace-change').merge },
  { name: 'convert', summary: 'Write a trace in another format: csv to atr, atr to csv.gz …; the identity stays the same', load: () => load<TraceWrite>('./trace-write').convert },
];

// prettier-ignore
const ENGINE_COMMANDS: readonly CommandEntry[] = [
  { name: 'init', summary: 'Write a description and a glue file for an allocator in C, from the functions that it declares', load: () => load<Engine>('./engine').init },
  { name: 'check', summary: 'Build an engine and try it: what it can do, what it shows of its heap', load: () => load<Engine>('./engine').check },
  { name: 'build', summary: 'Write the module of an engine, which runs anywhere without a compiler', load: () => load<Engine>('./engine').build },
];

// prettier-ignore
export const COMMANDS: readonly (CommandEntry | CommandGroup)[] = [
  { name: 'run', summary: 'Replay traces through engines; print a table, write reports', load: () => load<typeof import('./run')>('./run').run },
  { name: 'reproduce', summary: 'Reproduce what the source documents claim, with a verdict derived from the numbers', load: () => load<typeof import('./reproduce')>('./reproduce').reproduce },
  { name: 'compare', summary: 'Compare two results, two engines, or two revisions of an engine; exit 3 on a regression', load: () => load<typeof import('./compare')>('./compare').compare },
  { name: 'explain', summary: 'Tell what the worst operations did step by step, what it cost, and who left the heap so', load: () => load<typeof import('./explain')>('./explain').explain },
  { name: 'search', summary: 'Hunt for the trace that is worst for an engine by any metric', load: () => load<typeof import('./search')>('./search').search },
  { name: 'shrink', summary: 'The smallest trace that still shows what a long one shows, in words and with its worst operation explained', load: () => load<typeof import('./shrink')>('./shrink').shrink },
  { name: 'trend', summary: 'What changed from run to run in a history that `run --append` wrote, and at which commit', load: () => load<typeof import('./trend')>('./trend').trend },
  { name: 'suite', summary: 'Run a suite: traces × engines × pricings from a file, or "quick" or "nightly"', load: () => load<typeof import('./suite')>('./suite').suite },
  { name: 'merge', summary: 'Put the shards of a suite together: the same bytes as an unsharded run', load: () => load<typeof import('./merge')>('./merge').merge },
  { name: 'minheap', summary: 'The smallest heap at which a trace completes, by bisection, beside the peak-live lower bound', load: () => load<typeof import('./minheap')>('./minheap').minheap },
  { name: 'price', summary: 'The memory accesses of a real program, as valgrind’s lackey writes them, priced by the same model', load: () => load<typeof import('./price')>('./price').price },
  { name: 'audit', summary: 'Find leaks, double, foreign and mismatched frees, and breaches of libxl’s memory policy; exit 3 if any', load: () => load<typeof import('./audit')>('./audit').audit },
  { name: 'advise', summary: 'Which of Xen’s allocators each call site should use by the rubric of 2021, replayed on all four', load: () => load<typeof import('./advise')>('./advise').advise },
  { name: 'trace', summary: 'Make, read, check and change traces', commands: TRACE_COMMANDS, examples: ['$0 info recorded:sqlite3-2000'] },
  { name: 'conformance', summary: 'Hold engines against the rules of the engine port; exit 3 if one breaks any', load: () => load<typeof import('./conformance')>('./conformance').conformance },
  { name: 'engine', summary: 'Make an engine of a real allocator in C', commands: ENGINE_COMMANDS, examples: ['$0 init ./tlsf.c', '$0 check ./tlsf.engine.yaml', '$0 build ./tlsf.engine.yaml -o tlsf.wasm'] },
  { name: 'list', summary: 'List allocators with their options, pricings, synthesizers, trace formats, metrics, recorded traces', load: () => load<typeof import('./list')>('./list').list },
  { name: 'completion', summary: 'Print a completion script for bash, zsh or fish', load: () => load<typeof import('./completion')>('./completion').completionOf(COMMANDS) },
];

export const isGroup = (entry: CommandEntry | CommandGroup): entry is CommandGroup => 'commands' in entry;

export interface NamedCommand {
  /** The words that lead to it, `trace info` being two. */
  readonly words: readonly string[];
  readonly entry: CommandEntry;
}

export const everyCommand = (): readonly NamedCommand[] =>
  COMMANDS.flatMap((entry): NamedCommand[] =>
    isGroup(entry)
      ? entry.commands.map((each) => ({ words: [entry.name, each.name], entry: each }))
      : [{ words: [entry.name], entry }],
  );
