import { brokenLimitsText, suiteAnnotations, suiteHeadline, suiteSummary } from '../../../reports/suite';
import { InputError, UsageError } from '../../../traces/input-error';
import { brokenLimits } from '../../compare/broken-limits';
import { parseLimits, type Limit } from '../../compare/limits';
import type { Results } from '../../results/results';
import type { CiOutputs } from '../options/ci-options';
import { EXIT, type ExitCode } from '../exit-codes';
import { tellGithub } from './github';
import type { OutputFolder } from './output-folder';
import { exitCodeOf, writeReports } from './report-files';
import { suiteText, type CellTimes } from '../../../reports/suite-text';
import { printLine, printWords } from './terminal';

/**
 * What `suite` and `merge` do with the results of a whole suite: print them, hold them against the suite's limits on
 * values, write every report, append to the history, and tell GitHub. An engine that broke counts for more in the
 * exit code than a limit.
 */
export function concludeSuite(
  results: Results,
  out: OutputFolder,
  ci: CiOutputs,
  times: CellTimes = new Map(),
): ExitCode {
  const broken = brokenLimits(results, suiteLimits(results, out.path));
  printWords(suiteText(results, times));
  printWords(brokenLimitsText(broken));
  printLine(suiteHeadline(results, broken));
  writeReports(results, out, { more: ci.emitted(results, broken) });
  ci.append(results);
  tellGithub(suiteAnnotations(results, broken), () => suiteSummary(results, broken), process.env);
  const code = exitCodeOf(results.replays);
  return code === EXIT.ok && broken.length > 0 ? EXIT.finding : code;
}

/** The limits that results carry. Throws an `InputError` that names `file` when one cannot be read. */
export function suiteLimits({ suite }: Results, file: string): Limit[] {
  return (suite?.limits ?? []).flatMap((limit) => limitsAt(limit, file));
}

/** Reads limits that stand at a place. Throws an `InputError` for it. */
export function limitsAt(text: string, where: string): Limit[] {
  try {
    return parseLimits(text);
  } catch (error) {
    if (error instanceof UsageError) {
      const { problem, expected } = error;
      throw new InputError({ where, problem, ...(expected !== undefined && { expected }) });
    }
    throw error;
  }
}
