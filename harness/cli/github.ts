import { appendFileSync } from 'node:fs';
import { githubAnnotations } from '../../reports/comparison/annotations';
import { comparisonMarkdown } from '../../reports/comparison/markdown';
import { reasonOf } from '../results/atomic-file';
import type { Comparison } from '../compare/comparison';

/**
 * On GitHub Actions what got worse is shown beside the pull request's files, and the report on the job's page. The
 * runner reads annotations from both streams; they go to stderr so that what stdout holds can be a file.
 */
export function announceOnGithub(comparison: Comparison, environment: NodeJS.ProcessEnv): void {
  if (environment['GITHUB_ACTIONS'] !== 'true') {
    return;
  }
  process.stderr.write(githubAnnotations(comparison));
  const summary = environment['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') {
    return;
  }
  try {
    appendFileSync(summary, comparisonMarkdown(comparison, { ascii: false }));
  } catch (error) {
    process.stderr.write(`alloc-replay: warning: ${summary}: ${reasonOf(error)}\n`);
  }
}
