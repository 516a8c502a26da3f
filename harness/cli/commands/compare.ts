import type { Argv } from 'yargs';
import { githubAnnotations } from '../../../reports/comparison/annotations';
import { comparisonMarkdown } from '../../../reports/comparison/markdown';
import { COMPARISON_FORMATS } from '../../../reports/comparison/registry';
import { UsageError } from '../../../traces/input-error';
import { compareResults } from '../../compare/compare';
import { FAIL_ON, type FailOn } from '../../compare/comparison';
import { parseLimits } from '../../compare/limits';
import type { Results } from '../../results/results';
import { runBothRevisions } from '../sides/base-revision';
import { runEnginePair } from '../sides/engine-pair';
import { EXIT, type ExitCode } from '../exit-codes';
import { tellGithub } from '../output/github';
import { printOrWrite } from '../output/output-file';
import { resultsAt } from '../sides/results-at';
import { suiteLimits } from '../output/suite-conclusion';
import {
  enginesOption,
  hostOptions,
  machineOptions,
  namesOf,
  PRICING_FORM,
  pricingsOption,
  settingsOption,
  type HostArguments,
  type MachineArguments,
} from '../options/shared-options';
import { command } from './command';

/** `compare`: two results, two engines, or two revisions of an engine; differences, limits, verdict. */

interface CompareArguments extends MachineArguments, HostArguments {
  input: string[];
  engines: string[] | undefined;
  'base-ref': string | undefined;
  command: string | undefined;
  allocator: string[];
  pricing: string[];
  option: string[];
  limit: string[];
  'fail-on': FailOn;
  format: string;
  ascii: boolean;
  out: string | undefined;
}

export const compare = command<CompareArguments>({
  command: 'compare [input..]',
  summary: 'Compare two results, two engines, or two revisions of an engine; exit 3 on a regression',
  options: (parser) =>
    hostOptions(machineOptions(inputOptions(reportOptions(parser))))
      .example('$0 compare base/ head/ --limit "free.cycles.max=+5%|2000000,@fragmentation=+1%"', '')
      .example('$0 compare base/results.json head/results.json --format markdown --out comment.md', '')
      .example(
        '$0 compare --engines textbook-first-fit textbook-best-fit "synth:churn?live=50&ops=300" -p flat',
        '',
      )
      .example('$0 compare --base-ref main -a ./my-engine.ts trace.csv --fail-on any-change', '')
      .epilogue(EPILOGUE) as unknown as Argv<CompareArguments>,
  run: compareCommand,
});

const EPILOGUE = [
  'Limits are those of the suite that HEAD is of, then --limit. Where there are none, no metric may get worse',
  'at all; where there are some, only the metrics that they name are judged.',
  'A limit: METRIC=PART[|PART], METRIC a name, a pattern (*.cycles.max) or a group (@latency); the last that',
  'matches wins. PART: +5% of the base, +200 in its unit, or 2000000, a value that must not be passed.',
  'Exit codes: 0 ok, 2 bad usage or input, 3 a limit exceeded, a regression, or any change when asked.',
].join('\n');

function reportOptions(parser: Argv) {
  const group = 'Report:';
  return parser
    .option('limit', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      group,
      describe: 'How much worse what may get',
    })
    .option('fail-on', {
      choices: FAIL_ON,
      default: 'regression' as FailOn,
      group,
      describe: 'What ends with exit 3',
    })
    .option('format', {
      choices: COMPARISON_FORMATS.map(({ name }) => name),
      default: COMPARISON_FORMATS[0]!.name,
      group,
      describe: 'What to print',
    })
    .option('ascii', { type: 'boolean', default: false, group, describe: 'Words and ASCII instead of signs' })
    .option('out', { type: 'string', group, describe: 'Write the report to this file' });
}

function inputOptions<T>(parser: Argv<T>) {
  const list = { type: 'string', array: true } as const;
  // So that a trace may follow.
  const oneEachTime = { nargs: 1 } as const;
  return parser
    .positional('input', {
      ...list,
      describe: 'BASE HEAD: results.json files, or folders with one; else traces',
    })
    .option('engines', { ...list, nargs: 2, describe: 'Run two engines on the traces: base, then head' })
    .option('base-ref', {
      type: 'string',
      describe: 'Run the engines on the traces in a git worktree of this revision (base), and here (head)',
    })
    .option('command', {
      type: 'string',
      describe:
        'With --base-ref: run this shell command instead; it writes results.json to $ALLOC_REPLAY_OUT',
    })
    .option('allocator', {
      ...enginesOption,
      ...oneEachTime,
      demandOption: false,
      default: [],
      describe: 'With --base-ref: engines, comma-separated, by path; each side loads its own',
    })
    .option('pricing', {
      ...pricingsOption,
      ...oneEachTime,
      describe: `Pricings for what is run: ${PRICING_FORM}`,
    })
    .option('option', { ...settingsOption, ...oneEachTime });
}

async function compareCommand(argv: CompareArguments): Promise<ExitCode> {
  const given = argv.limit.flatMap(parseLimits);
  const { labels, base, head } = await sidesOf(argv);
  const limits = [...suiteLimits(head, labels.head), ...given];
  const comparison = compareResults(base, head, {
    labels,
    limits,
    failOn: argv['fail-on'],
    acrossEngines: argv.engines !== undefined,
  });
  const format = COMPARISON_FORMATS.find(({ name }) => name === argv.format)!;
  const report = format.render(comparison, { ascii: argv.ascii });
  printOrWrite(report, argv.out);
  tellGithub(
    githubAnnotations(comparison),
    () => comparisonMarkdown(comparison, { ascii: false }),
    process.env,
  );
  return comparison.verdict.fails ? EXIT.finding : EXIT.ok;
}

interface Sides {
  readonly labels: { readonly base: string; readonly head: string };
  readonly base: Results;
  readonly head: Results;
}

function sidesOf(argv: CompareArguments): Promise<Sides> | Sides {
  const inputs = argv.input ?? [];
  if (argv.engines !== undefined && argv['base-ref'] !== undefined) {
    throw new UsageError({ problem: '--engines and --base-ref', expected: 'one of them' });
  }
  if (argv.engines !== undefined) {
    return enginesOf(argv.engines, inputs, argv);
  }
  if (argv['base-ref'] !== undefined) {
    return runBothRevisions(argv['base-ref'], inputs, argv);
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
  engines: readonly string[],
  traces: readonly string[],
  request: CompareArguments,
): Promise<Sides> {
  const [base, head, ...more] = engines;
  if (base === undefined || head === undefined || more.length > 0 || traces.length === 0) {
    throw new UsageError({
      where: '--engines',
      problem: 'incomplete',
      expected: '--engines BASE HEAD TRACE…',
    });
  }
  const sides = await runEnginePair([base, head], traces, namesOf('-p', request.pricing), request);
  return { labels: { base, head }, ...sides };
}
