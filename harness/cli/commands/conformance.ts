import { alignedText } from '../../../reports/text-columns';
import { checkConformance, type ConformanceReport, type RuleResult } from '../../conformance/conformance';
import { operationText, type ConformanceOperation } from '../../conformance/operation';
import { compilerOption, enginesWithOptions } from '../options/engine-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { OutputFolder } from '../output/output-folder';
import { fileNameOf } from '../output/placements-files';
import { createRegistries } from '../names/registries';
import { count, operands, text, type ValuesOf } from '../options/option';
import { namesOf, nameValuePairs, settingsOption } from '../options/shared-options';
import { command } from './command';
import { print, printWords } from '../output/terminal';

/** `conformance`: holds engines against the rules that all engines here keep. */

const RUNS_MAX = 1_000_000;

const options = {
  option: settingsOption,
  cc: compilerOption,
  runs: count('Random sequences of operations to try', [1, RUNS_MAX], { byDefault: '60' }),
  save: text('Write each failing sequence, shrunk, as a trace to this folder', { completes: 'file' }),
};

export const conformance = command({
  operands: {
    engine: operands({ describe: 'Names, or the path of a module of your own', completes: 'engine' }, 1),
  },
  options,
  examples: ['$0 xmalloc-tlsf', '$0 ./my-engine.ts --save failing'],
  run: examine,
});

type ConformanceArguments = { readonly engine: readonly string[] } & ValuesOf<typeof options>;

function examine(argv: ConformanceArguments): ExitCode {
  const registries = createRegistries();
  const engines = enginesWithOptions(
    namesOf('ENGINE', argv.engine),
    nameValuePairs('-o', argv.option),
    registries,
  );
  const save = argv.save === undefined ? undefined : OutputFolder.at(argv.save, '--save');
  const reports = engines.map(({ name, options }) =>
    checkConformance(
      {
        definition: registries.engineNamed(name),
        options,
        engineNamed: (other) => registries.engineNamed(other),
      },
      argv.runs === undefined ? {} : { randomRuns: argv.runs },
    ),
  );
  for (const report of reports) {
    printWords(reportText(report));
    if (save !== undefined) {
      saveFailures(report, save);
    }
  }
  if (reports.some(({ results }) => results.some(isNotDeterministic))) {
    return EXIT.notDeterministic;
  }
  return reports.every(({ passed }) => passed) ? EXIT.ok : EXIT.finding;
}

/** Of what does not do the same again, no other finding can be relied on. */
const isNotDeterministic = ({ rule, outcome }: RuleResult): boolean =>
  rule === 'deterministic' && outcome.kind === 'failed';

function reportText({
  engine,
  version,
  passed,
  results,
  quirksWithoutDemonstration,
}: ConformanceReport): string {
  const rows = results.map((result) => [`  ${outcomeWord(result)}`, result.rule, detail(result)]);
  const silent = quirksWithoutDemonstration.map((quirk) => `  quirk ${quirk} has no demonstration\n`);
  return `${engine} version ${version}: ${passed ? 'conforms' : 'does not conform'}\n${alignedText(rows)}${silent.join('')}`;
}

const outcomeWord = ({ outcome }: RuleResult): string =>
  ({ passed: 'ok', failed: 'FAILED', skipped: 'n/a' })[outcome.kind];

function detail({ summary, outcome }: RuleResult): string {
  switch (outcome.kind) {
    case 'passed':
      return `${summary} (${outcome.examined} times)`;
    case 'skipped':
      return `${summary}: ${outcome.reason}`;
    case 'failed':
      return `${summary}: ${outcome.reason}${shown(outcome.operations)}`;
  }
}

/** The shortest sequence that shows a failure, as far as it can be read in a terminal. */
const OPERATIONS_SHOWN = 8;

function shown(operations: readonly ConformanceOperation[]): string {
  if (operations.length === 0) {
    return '';
  }
  const texts = operations.slice(0, OPERATIONS_SHOWN).map(operationText);
  const more = operations.length - texts.length;
  return `; after ${texts.join(' ')}${more > 0 ? ` … and ${more} more` : ''}`;
}

const TRACE_HEADER = 'op,id,size,align,offset,span,cpu,site,call,value\n';

function saveFailures({ engine, results }: ConformanceReport, folder: OutputFolder): void {
  for (const { rule, outcome } of results) {
    if (outcome.kind === 'failed' && outcome.operations.length > 0) {
      const rows = outcome.operations.map((each) => `${operationText(each)}\n`);
      folder.write(`${fileNameOf(engine)}.${rule.replace(/\W+/g, '-')}.csv`, TRACE_HEADER + rows.join(''));
    }
  }
  print(
    folder
      .commit()
      .map((name) => `  saved ${name}\n`)
      .join(''),
  );
}
