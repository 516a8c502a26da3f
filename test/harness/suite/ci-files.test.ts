import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { parse } from 'yaml';
import { parseLimits } from '../../../harness/compare/limits';
import { runCli } from '../cli/command';
import { shippedSuites } from '../../../harness/suite/suite-file';

/** The files that people copy: the systems they are for would take them, and the command lines are ours. */
const test = suite('suite: ci files');

const FOLDER = join(__dirname, '../../../harness/suite/ci');
const text = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const SHARDS = 4;

const steps = v.array(v.union([v.object({ uses: v.string() }), v.object({ run: v.string() })]));

test('GitHub Actions: a job matrix whose artifacts a second job merges', () => {
  const { jobs } = v.parse(
    v.object({
      name: v.string(),
      on: v.object({ schedule: v.array(v.object({ cron: v.string() })) }),
      jobs: v.object({
        shard: v.object({
          'runs-on': v.string(),
          strategy: v.object({ matrix: v.object({ shard: v.array(v.number()) }) }),
          steps,
        }),
        merge: v.object({ 'runs-on': v.string(), needs: v.literal('shard'), steps }),
      }),
    }),
    parse(text('github-actions.yml')),
  );
  assert.equal(jobs.shard.strategy.matrix.shard, [1, 2, 3, 4]);
  assert.match(text('github-actions.yml'), `--shard \${{ matrix.shard }}/${SHARDS}`);
});

test('GitLab: a parallel job whose artifacts a later stage merges', () => {
  const job = {
    stage: v.string(),
    script: v.array(v.string()),
    artifacts: v.object({ paths: v.array(v.string()) }),
  };
  const { stages, shard, merge } = v.parse(
    v.object({
      stages: v.array(v.string()),
      shard: v.object({ ...job, parallel: v.number() }),
      merge: v.object(job),
    }),
    parse(text('gitlab-ci.yml')),
  );
  assert.equal(stages, [shard.stage, merge.stage]);
  assert.is(shard.parallel, SHARDS);
});

test('Kubernetes: an indexed job that is as long as it has shards', () => {
  const { spec } = v.parse(
    v.object({
      apiVersion: v.literal('batch/v1'),
      kind: v.literal('Job'),
      metadata: v.object({ name: v.string() }),
      spec: v.object({
        completionMode: v.literal('Indexed'),
        completions: v.number(),
        parallelism: v.number(),
        template: v.object({
          spec: v.object({
            restartPolicy: v.picklist(['Never', 'OnFailure']),
            containers: v.array(v.object({ name: v.string(), image: v.string(), args: v.array(v.string()) })),
          }),
        }),
      }),
    }),
    parse(text('kubernetes-indexed-job.yaml')),
  );
  assert.is(spec.completions, SHARDS);
  assert.match(spec.template.spec.containers[0]!.args[0]!, `/${spec.completions} `);
});

test('Slurm: an array of as many tasks, in a script that bash can read', () => {
  assert.match(text('slurm.sh'), `#SBATCH --array=1-${SHARDS}\n`);
  const { status, stderr } = spawnSync('bash', ['-n', join(FOLDER, 'slurm.sh')], { encoding: 'utf8' });
  assert.is(status, 0, stderr);
});

const PULL_REQUEST = 'github-pull-request.yml';
const MERGE_REQUEST = 'gitlab-merge-request.yml';

test('GitHub pull requests: a comparison with options that exist, and a comment whatever came of it', async () => {
  const { on, jobs } = v.parse(
    v.object({
      on: v.literal('pull_request'),
      permissions: v.object({ 'pull-requests': v.literal('write') }),
      jobs: v.object({ compare: v.object({ 'runs-on': v.string(), steps: v.array(v.looseObject({})) }) }),
    }),
    parse(text(PULL_REQUEST)),
  );
  assert.is(on, 'pull_request');
  const [comparison, comment] = jobs.compare.steps.slice(-2) as { run: string; if?: string }[];
  const { stdout: help } = await runCli('compare', '--help');
  for (const [option] of comparison!.run.matchAll(/--[a-z-]+/g)) {
    assert.match(help, option);
  }
  const [, limits] = /--limit "([^"]*)"/.exec(comparison!.run)!;
  assert.ok(parseLimits(limits!).length > 3, 'every group');
  assert.match(comment!.run, /gh pr comment .* --body-file comment\.md/);
  assert.match(comparison!.run, '--out comment.md');
  assert.ok(comment!.if!.includes('!cancelled()'));
});

test('every file runs a suite that ships with options that exist, and says how it is merged', async () => {
  const { stdout: help } = await runCli('suite', '--help');
  const own = (each: string) => !each.endsWith('.md') && each !== PULL_REQUEST && each !== MERGE_REQUEST;
  for (const name of readdirSync(FOLDER).filter(own)) {
    const content = text(name).replace(/\\\n */g, '');
    const [, suiteName, rest] = /alloc-replay suite (\w+) (.*)/.exec(content)!;
    assert.ok(shippedSuites().includes(suiteName!), name);
    for (const [option] of rest!.matchAll(/--[a-z-]+/g)) {
      assert.match(help, option, name);
    }
    assert.match(content, /alloc-replay merge /, name);
  }
});

test.run();
