import type { EmittedFile } from '../../../reports/ci/emitter';
import { filesOf, REPORTS, RESULTS_FILE } from '../../../reports/registry';
import { isFailure, type MeasuredReplay } from '../../metrics/measured-replay';
import { RESULTS_SCHEMA, type Results } from '../../results/results';
import type { JudgedExperiment } from '../../studies/claims/claim';
import type { OutputFolder } from './output-folder';
import { EXIT, type ExitCode } from '../exit-codes';
import { TOOL_VERSION } from '../tool-version';
import { print, printLine } from './terminal';

/** What `writeReports` writes whatever the results are. */
export const REPORT_FILES: readonly string[] = [RESULTS_FILE, ...REPORTS.map(({ name }) => name)];

/** Replays as results; the host's facts go to `environment`, which is never compared. */
export function resultsOf(replays: readonly MeasuredReplay[], startedMilliseconds: number): Results {
  const now = Date.now();
  return {
    schema: RESULTS_SCHEMA,
    tool: { name: 'alloc-replay', version: TOOL_VERSION },
    replays,
    environment: {
      finished: new Date(now).toISOString(),
      wallMilliseconds: now - startedMilliseconds,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
  };
}

/**
 * Writes `results.json` and every registered report, all of them or none, and says where they are. `judged` is the
 * experiment that the results are of; `more` are files beside the registered ones.
 */
export function writeReports(
  results: Results,
  out: OutputFolder,
  { judged, more = [] }: { judged?: JudgedExperiment; more?: readonly EmittedFile[] } = {},
): void {
  try {
    for (const { name, content } of filesOf(results, judged)) {
      out.write(name, content);
    }
    for (const { name, content } of more) {
      out.write(name, content);
    }
    print('\n');
    printLine(`Written to ${out.path}: ${out.commit().join(' ')}`);
  } catch (error) {
    out.discard();
    throw error;
  }
}

/** What a list of replays says: one that failed fails the run. */
export const exitCodeOf = (replays: readonly Pick<MeasuredReplay, 'outcome'>[]): ExitCode =>
  replays.some(({ outcome }) => isFailure(outcome)) ? EXIT.failed : EXIT.ok;
