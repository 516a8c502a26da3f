import { githubAnnotations } from '../../../reports/comparison/annotations';
import { comparisonMarkdown } from '../../../reports/comparison/markdown';
import { COMPARISON_FORMATS } from '../../../reports/comparison/registry';
import type { RenderOptions } from '../../../reports/comparison/text';
import type { Terminal } from '../../../reports/text-columns';
import { sourceDifferencesText } from '../../../reports/explain/source-difference-text';
import { UsageError } from '../../../traces/input-error';
import { compareResults } from '../../compare/compare';
import { FAIL_ON } from '../../compare/comparison';
import { parseLimits } from '../../compare/limits';
import type { Results } from '../../results/results';
import { DIFFERENCE_METRICS } from '../../studies/search/difference';
import { runBothRevisions } from '../sides/base-revision';
import type { ReplayDifference } from '../sides/source-differences';
import { runEnginePair } from '../sides/engine-pair';
import { EXIT, type ExitCode } from '../exit-codes';
import { tellGithub } from '../output/github';
import { standardTerminal } from '../output/terminal';
import { outputTo } from '../output/output-file';
import { resultsAt } from '../sides/results-at';
import { searchDifference } from '../sides/search-difference';
import { suiteLimits } from '../output/suite-conclusion';
import { compilerOption } from '../options/engine-options';
import { choice, count, flag, list, operands, pair, text, type ValuesOf } from '../options/option';
import { budgetOptions } from '../options/search-options';
import {
  commaList,
  hostOptions,
  machineOptions,
  namesOf,
  PRICING_FORM,
  pricingsOption,
  settingsOption,
} from '../options/shared-options';
import { command } from './command';

/** `compare`: two results, two engines, or two revisions of an engine; differences, limits, verdict. */

const EPILOGUE = [
  'Limits are those of the suite that HEAD is of, then --limit. A metric that none of them names may not get',
  'worse at all. A limit: METRIC=PART[|PART], METRIC a name, a pattern (*.cycles.max) or a group: @latency @lock',
  '@instructions @events @footprint @waste @fragmentation @failures @placements; the last that matches wins.',
  'PART: +5% of the base, +200 in its unit, 2000000, a value that must not be passed, or any.',
  'Exit codes: 0 ok, 2 bad usage or input, 3 a limit exceeded, a regression, or any change when asked.',
].join('\n');

const REPORT = 'Report:';
const SEARCH = 'Search:';

const options = {
  limit: list('How much worse what may get', { group: REPORT }),
  failOn: choice('What ends with exit 3', FAIL_ON, { group: REPORT, byDefault: 'regression' }),
  allowMissing: flag('Let HEAD lack replays that BASE has', { group: REPORT }),
  format: choice(
    'What to print',
    COMPARISON_FORMATS.map(({ name }) => name),
    { group: REPORT, byDefault: COMPARISON_FORMATS[0]!.name },
  ),
  ascii: flag('Words and ASCII instead of signs', { group: REPORT }),
  out: text('Write the report to this file', { group: REPORT, completes: 'file' }),
  engines: pair('Run two engines on the traces: base, then head', { completes: 'engine' }),
  baseRef: text('Run the engines on the traces in a git worktree of this revision (base), and here (head)'),
  command: text(
    'With --base-ref: run this shell command instead; it writes results.json to $ALLOC_REPLAY_OUT',
  ),
  allocator: list('With --base-ref: engines, comma-separated, by path; each side loads its own', {
    short: 'a',
    completes: 'engine',
  }),
  pricing: { ...pricingsOption, describe: `Pricings for what is run: ${PRICING_FORM}` },
  option: settingsOption,
  cc: compilerOption,
  ...machineOptions,
  ...hostOptions,
  search: count(
    'With --engines or --base-ref: hunt among so many traces for one on which HEAD is worse',
    [1, 1_000_000_000],
    { group: SEARCH },
  ),
  maximize: list('With --search: the metrics that may be worse, comma-separated', {
    group: SEARCH,
    byDefault: DIFFERENCE_METRICS.join(','),
  }),
  save: text('With --search: write the trace that was found to this folder', {
    group: SEARCH,
    completes: 'file',
  }),
  ...budgetOptions,
};

export const compare = command({
  operands: {
    input: operands(
      { describe: 'BASE HEAD: results.json files, or folders with one; else traces', completes: 'file' },
      0,
    ),
  },
  options,
  examples: [
    '$0 base/ head/ --limit "@latency=+5%,@instructions=+2%,free.cycles.max=+5%|2000000"',
    '$0 base/results.json head/results.json --format markdown --out comment.md',
    '$0 --engines textbook-first-fit textbook-best-fit "synth:churn?live=50&ops=300" -p flat',
    '$0 --base-ref main -a ./my-engine.ts trace.csv --fail-on any-change',
    '$0 --engines xmalloc-tlsf-2008 xmalloc-tlsf --search 40 --events 300',
  ],
  epilogue: EPILOGUE,
  run: compareCommand,
});

type CompareArguments = { readonly input: readonly string[] } & ValuesOf<typeof options>;

async function compareCommand(argv: CompareArguments): Promise<ExitCode> {
  if (argv.search !== undefined) {
    return compareBySearch(argv, argv.search);
  }
  const given = argv.limit.flatMap(parseLimits);
  const write = outputTo(argv.out);
  const { labels, base, head, differences = [] } = await sidesOf(argv);
  const limits = [...suiteLimits(head, labels.head), ...given];
  const comparison = compareResults(base, head, {
    labels,
    limits,
    failOn: argv.failOn,
    allowMissing: argv.allowMissing,
    acrossEngines: argv.engines !== undefined,
  });
  const format = COMPARISON_FORMATS.find(({ name }) => name === argv.format)!;
  const report = format.render(comparison, {
    ascii: argv.ascii,
    ...(argv.out === undefined && { terminal: standardTerminal() }),
    ...(differences !== undefined && { differences }),
    called: calledIn(argv, head),
  });
  write(report + differencesIn(argv.format, differences, argv.out === undefined ? standardTerminal() : {}));
  tellGithub(
    githubAnnotations(comparison),
    () => comparisonMarkdown(comparison, { ascii: false }),
    process.env,
  );
  return comparison.verdict.fails ? EXIT.finding : EXIT.ok;
}

/** By which words the replays of the head were asked for; unknown of results that were read. */
function calledIn(argv: CompareArguments, { replays }: Results): NonNullable<RenderOptions['called']> {
  const engines = argv.engines === undefined ? commaList(argv.allocator) : argv.engines.slice(1);
  const options = [
    ...argv.option.flatMap((pair) => ['-o', pair]),
    ...Object.entries({
      'heap-pages': argv.heapPages,
      'virtual-pages': argv.virtualPages,
      'access-limit': argv.accessLimit,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
  ];
  return (replay) => {
    const index = replays.indexOf(replay);
    const trace = argv.input[Math.floor(index / engines.length)];
    const engine = engines[index % engines.length];
    const wasRun = argv.engines !== undefined || (argv.baseRef !== undefined && argv.command === undefined);
    return wasRun && trace !== undefined && engine !== undefined ? { trace, engine, options } : undefined;
  };
}

/** Hunts for a trace that tells the engines apart; traces that are given are where it begins. */
async function compareBySearch(argv: CompareArguments, search: number): Promise<ExitCode> {
  if (argv.format !== 'text' || argv.limit.length > 0 || argv.command !== undefined) {
    throw new UsageError({
      where: '--search',
      problem: 'together with --format, --limit or --command',
      expected: 'a search for whatever is worse, told as text',
    });
  }
  const write = outputTo(argv.out);
  const { text: told, kind } = await searchDifference(argv.input, { ...argv, search });
  write(told);
  const fails =
    kind === 'worse' ? argv.failOn !== 'none' : kind === 'different' && argv.failOn === 'any-change';
  return fails ? EXIT.finding : EXIT.ok;
}

/** What texts for people say of sources; a page tells of them itself. */
function differencesIn(format: string, differences: readonly ReplayDifference[], terminal: Terminal): string {
  switch (format) {
    case 'text':
      return sourceDifferencesText(differences, terminal);
    case 'markdown': {
      const text = sourceDifferencesText(differences);
      return text === '' ? '' : `\n\`\`\`text${text.replaceAll('`', "'")}\`\`\`\n`;
    }
    default:
      return '';
  }
}

interface Sides {
  readonly differences?: readonly ReplayDifference[];
  readonly labels: { readonly base: string; readonly head: string };
  readonly base: Results;
  readonly head: Results;
}

function sidesOf(argv: CompareArguments): Promise<Sides> | Sides {
  const inputs = argv.input;
  if (argv.engines !== undefined && argv.baseRef !== undefined) {
    throw new UsageError({ problem: '--engines and --base-ref', expected: 'one of them' });
  }
  if (argv.engines !== undefined) {
    return enginesOf(argv.engines, inputs, argv);
  }
  if (argv.baseRef !== undefined) {
    return runBothRevisions(argv.baseRef, inputs, argv);
  }
  const [base, head, ...more] = inputs;
  if (base === undefined || head === undefined || more.length > 0) {
    throw new UsageError({
      problem: `${inputs.length} inputs`,
      expected: 'BASE HEAD, or --engines BASE HEAD TRACE…, or --base-ref REV -a ENGINE TRACE…',
    });
  }
  return { labels: { base, head }, base: resultsAt(base), head: resultsAt(head) };
}

async function enginesOf(
  [base, head]: readonly [string, string],
  traces: readonly string[],
  request: CompareArguments,
): Promise<Sides> {
  if (traces.length === 0) {
    throw new UsageError({
      where: '--engines',
      problem: 'no traces',
      expected: '--engines BASE HEAD TRACE…',
    });
  }
  const sides = await runEnginePair([base, head], traces, namesOf('-p', request.pricing), request);
  return { labels: { base, head }, ...sides };
}
