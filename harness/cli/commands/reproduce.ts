import { join } from 'node:path';
import { UsageError } from '../../../traces/input-error';
import { ledgerHtml } from '../../../reports/html/ledger';
import { ledgerMarkdown } from '../../../reports/markdown/ledger';
import { terminalReport } from '../../../reports/terminal';
import type { Experiment, Scale } from '../../studies/claims/claim';
import { DOCUMENTS, judgeDocuments } from '../../studies/claims/ledger';
import { EXPERIMENTS, experimentNamed } from '../../studies/claims/registry';
import { HEAP_PAGES_DEFAULT } from '../../machine/machine';
import { groupedInteger as grouped } from '../../text/numbers';
import { PRICING_DEFAULT } from '../../pricing/specification';
import type { MeasuredReplay } from '../../metrics/measured-replay';
import type { Cell } from '../../results/cell';
import { runTasks } from '../workers/cell-runner';
import { experimentText } from '../../../reports/experiment-text';
import { EXIT, type ExitCode } from '../exit-codes';
import { openLaboratory } from '../names/laboratory';
import { OutputFolder } from '../output/output-folder';
import { exitCodeOf, REPORT_FILES, resultsOf, writeReports } from '../output/report-files';
import { flag, list, optionalOperand, type ValuesOf } from '../options/option';
import { hostOptions, reportsOption } from '../options/shared-options';
import { command } from './command';
import { print, printLine, tell, standardTerminal } from '../output/terminal';

/** `reproduce`: puts the claims of the source documents to the test. */

/** Engines that `--also` replays traces through: Xen's, before and after. */
const ALSO_ENGINES = ['xmalloc-first-fit', 'xmalloc-tlsf-2008', 'xenheap-pages'];

/** Accesses that are priced in a second on a machine of two cores, for the forecast of `--full`. */
const PRICED_ACCESSES_PER_SECOND = 25_000_000;

const options = {
  ...hostOptions,
  all: flag('Judge every claim of every source document; with --out write LEDGER.md and LEDGER.html'),
  full: flag('The whole matrix; says first how long it takes'),
  also: list('Replay this trace through the Xen engines too, for comparison (a file or recorded:NAME)', {
    completes: 'trace',
  }),
  out: reportsOption,
};

export const reproduce = command({
  operands: {
    experiment: optionalOperand({
      describe: EXPERIMENTS.map(({ name, summary }) => `${name}: ${summary}`).join('\n'),
    }),
  },
  options,
  examples: [
    '$0 xfree-latency --out out',
    '$0 --all --out out',
    '$0 xfree-latency --also recorded:sqlite3-2000 --workers 2 --out out',
  ],
  run: (argv) => (argv.all ? reproduceAll(argv) : reproduceExperiment(argv)),
});

type ReproduceArguments = { readonly experiment: string | undefined } & ValuesOf<typeof options>;

async function reproduceExperiment(argv: ReproduceArguments): Promise<ExitCode> {
  const started = Date.now();
  if (argv.experiment === undefined) {
    throw new UsageError({
      problem: 'no experiment named',
      expected: `--all, or one of ${EXPERIMENTS.map(({ name }) => name).join(', ')}`,
    });
  }
  const experiment = experimentNamed(argv.experiment);
  const scale: Scale = argv.full ? 'full' : 'default';
  const out = argv.out === undefined ? undefined : OutputFolder.at(argv.out, '--out', REPORT_FILES);
  announce(experiment, scale);
  const own = experiment.cells(scale);
  const cells = [...own, ...argv.also.flatMap(alsoCells)];
  const replays = await runTasks(
    cells.map((cell) => ({ cell })),
    argv,
    experiment.name,
  );
  const report = experiment.judge(replays);
  print(experimentText(experiment, report, standardTerminal()));
  if (cells.length > own.length) {
    print(`\n${terminalReport(resultsOf(replays.slice(own.length), started), standardTerminal())}`);
  }
  if (out !== undefined) {
    writeReports(resultsOf(replays, started), out, { judged: { experiment, report } });
    print(nextText(own, replays, out));
  }
  return exitCodeOf(replays);
}

/** Where to look now, and how to ask why the worst operation of the experiment was so dear. */
function nextText(cells: readonly Cell[], replays: readonly MeasuredReplay[], out: OutputFolder): string {
  const [worst] = replays
    .slice(0, cells.length)
    .flatMap((replay, index) =>
      replay.pricings.flatMap(({ id, kinds }) =>
        (['alloc', 'free'] as const).flatMap((kind) =>
          kinds[kind].worst
            .slice(0, 1)
            .map((operation) => ({ ...operation, pricing: id, cell: cells[index]! })),
        ),
      ),
    )
    .sort((a, b) => b.cycles - a.cycles);
  const open = `\nOpen ${join(out.path, 'report.html')}`;
  return worst === undefined
    ? `${open}\n`
    : `${open}, or ask why the worst operation was so dear:\n  npx alloc-replay explain ` +
        `"${worst.cell.trace.specification}" -a ${worst.cell.engine} -p ${worst.pricing} --op ${worst.operation}\n`;
}

const LEDGER_FILES = { markdown: 'LEDGER.md', html: 'LEDGER.html' };

/** Every claim, one line each as it is judged. Its experiments are small and share traces: one process runs them. */
async function reproduceAll(argv: ReproduceArguments): Promise<ExitCode> {
  const { experiment, out, full, also } = argv;
  if (experiment !== undefined || full || also.length > 0) {
    throw new UsageError({
      where: '--all',
      problem: 'judges every claim at its own scale',
      expected: 'no experiment, --full or --also beside it',
    });
  }
  const folder = out === undefined ? undefined : OutputFolder.at(out, '--out', Object.values(LEDGER_FILES));
  const documents = await judgeDocuments(DOCUMENTS, openLaboratory(), ({ claim, verdict, because }) => {
    print(`${verdict.toUpperCase()} ${claim.id}: ${because}\n`);
  });
  if (folder !== undefined) {
    folder.write(LEDGER_FILES.markdown, ledgerMarkdown(documents));
    folder.write(LEDGER_FILES.html, ledgerHtml(documents));
    print('\n');
    printLine(`Written to ${folder.path}: ${folder.commit().join(' ')}`);
  }
  return EXIT.ok;
}

function announce(experiment: Experiment, scale: Scale): void {
  const accesses = experiment.pricedAccesses(scale);
  const seconds = Math.ceil(accesses / PRICED_ACCESSES_PER_SECOND);
  tell(
    `${experiment.name}: about ${grouped(accesses)} priced accesses, some ${grouped(seconds)} seconds on one core\n`,
  );
}

function alsoCells(specification: string): Cell[] {
  return ALSO_ENGINES.map((engine) => ({
    trace: { specification },
    engine,
    options: {},
    pricings: [PRICING_DEFAULT],
    heapPages: HEAP_PAGES_DEFAULT,
    virtualPages: 0,
  }));
}
