import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { outerEnvironment, type Ran } from '../installed';

/** The shell steps of a CI file, run as they stand in a repository that has the package installed. */

const FOLDER = join(__dirname, '../../harness/suite/ci');

export const ciFile = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

/** The `run` and `script` lines of a job, in order. */
export function stepsOf(name: string, job: string): string[] {
  const file = parse(ciFile(name)) as Record<string, never>;
  const jobs = (file['jobs'] ?? file) as Record<string, Readonly<Record<string, unknown>>>;
  const { steps, script, after_script: after } = jobs[job]!;
  const listed = (steps as { run?: string }[] | undefined)?.flatMap(({ run }) => run ?? []);
  return listed ?? [...(script as string[]), ...((after as string[] | undefined) ?? [])];
}

/**
 * Runs a step in `folder` as the system would. What is outside of us is stood in for: `npm ci` has been run, and what
 * is sent to a server is left in `sent.txt`.
 */
export function runStep(step: string, folder: string, variables: Readonly<Record<string, string>>): Ran {
  const tools = join(folder, '.tools');
  mkdirSync(tools, { recursive: true });
  tool(tools, 'npm', '[ "$*" = ci ]');
  tool(tools, 'npx', 'command=$1; shift; exec "node_modules/.bin/$command" "$@"');
  for (const sender of ['gh', 'curl']) {
    tool(tools, sender, `printf '%s\\n' "$@" > sent.txt`);
  }
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-euo', 'pipefail', '-c', filledIn(step, variables)],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...outerEnvironment(),
        ...variables,
        PATH: `${tools}:${join(folder, 'node_modules/.bin')}:${process.env['PATH']!}`,
      },
    },
  );
  return { code: status, stdout, stderr };
}

/** GitHub puts in its expressions before any shell sees the step. */
const filledIn = (step: string, variables: Readonly<Record<string, string>>): string =>
  step.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, name: string) => variables[name] ?? '');

function tool(folder: string, name: string, script: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** A script among the CI files, beside what it is to run. */
export function placeScript(name: string, folder: string): void {
  copyFileSync(join(FOLDER, name), join(folder, name));
}
