import { appendFileSync } from 'node:fs';
import { reasonOf } from '../../../traces/output/whole-file';
import { tellLine, tellRunner } from './terminal';

/**
 * On GitHub Actions, annotations stand beside the files of a pull request, and a summary on the page of the job. The
 * runner reads annotations from both streams; they go to stderr so that what stdout holds can be a file.
 */
export function tellGithub(
  annotations: string,
  summaryMarkdown: () => string,
  environment: NodeJS.ProcessEnv,
): void {
  if (environment['GITHUB_ACTIONS'] !== 'true') {
    return;
  }
  tellRunner(annotations);
  const summary = environment['GITHUB_STEP_SUMMARY'];
  if (summary === undefined || summary === '') {
    return;
  }
  try {
    appendFileSync(summary, summaryMarkdown());
  } catch (error) {
    tellLine(`alloc-replay: warning: ${summary}: ${reasonOf(error)}`);
  }
}
