import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { installInto, run } from '../installed';
import { ciFile, placeScript, runStep, stepsOf } from './ci-steps';
import { ALLOCATOR_IN_C, GIT } from './stage';

/** The files for CI systems run as they stand in a repository of strangers, with engines of theirs. */
const test = suite('newcomer: ci files');

const folder = mkdtempSync(join(tmpdir(), 'alloc-replay-'));

/** A suite of seconds under the name that the files call. */
const SUITE = `suite: nightly
summary: a nightly run of seconds
pricings: [flat]
groups:
  - group: all
    traces: ["synth:churn?live=20&ops=100", "synth:ramp?objects=50"]
    engines: [./my-engine.ts, ./tlsf.engine.yaml, textbook-first-fit]
`;

const ENGINE = `import { engineNamed, type EngineDefinition } from 'alloc-replay';
export const engine: EngineDefinition = { ...engineNamed('textbook-best-fit'), name: 'my-engine' };
`;

/** The same allocator after a long walk before every allocation: correct, and several times slower. */
const SLOWER_ENGINE = `import { engineNamed, HEAP_BASE, type EngineDefinition } from 'alloc-replay';
const fast = engineNamed('textbook-best-fit');
export const engine: EngineDefinition = {
  ...fast,
  name: 'my-engine',
  create: (machine, options, named) => {
    const made = fast.create(machine, options, named);
    const { allocate } = made;
    made.allocate = (size, align) => {
      for (let step = 0; step < 100; step++) machine.load64(HEAP_BASE);
      return allocate.call(made, size, align);
    };
    return made;
  },
};
`;

const SLOWER_ALLOCATOR_IN_C = ALLOCATOR_IN_C.replace(
  'int order = 5;',
  'for (volatile int step = 0; step < 8; step++) (void)*(volatile char *)(end - 1);\n    int order = 5;',
);

/** Limits that name neither allocations nor their cost. */
const beside = (step: string): string =>
  step.replace(/--limit "[^"]*"/, '--limit "free.cycles.max=+5%,@fragmentation=+1%"');

/**
 * Engines of one's own by what `-a` calls them, each before and after a change that makes its malloc slow, and the
 * steps that must find it.
 */
const ENGINES = [
  {
    ...{ name: './my-engine.ts', source: 'my-engine.ts', before: ENGINE, after: SLOWER_ENGINE },
    slower: (github: string, gitlab: string) => [gitlab, beside(github)],
  },
  {
    ...{ name: './tlsf.engine.yaml', source: 'tlsf.c', before: ALLOCATOR_IN_C, after: SLOWER_ALLOCATOR_IN_C },
    slower: (github: string) => [github],
  },
];

function succeeds(command: string, args: readonly string[]): void {
  const { code, stderr } = run(command, args, folder);
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
}

const succeedsStep = (step: string, variables: Readonly<Record<string, string>> = {}): void => {
  const { code, stderr } = runStep(step, folder, variables);
  assert.is(code, 0, `${step}: ${stderr}`);
};

test.before(() => {
  const { program } = installInto(folder);
  ENGINES.forEach(({ source, before }) => writeFileSync(join(folder, source), before));
  succeeds(process.execPath, [program, 'engine', 'init', './tlsf.c']);
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
  const git = (...words: string[]) => succeeds('git', [...GIT, ...words]);
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'my-engine.ts', 'tlsf.c', 'tlsf.glue.c', 'tlsf.engine.yaml', '.gitignore');
  git('commit', '--quiet', '--message=engines');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
});

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('a suite in shards, and the shards together', () => {
  writeFileSync(join(folder, 'nightly'), SUITE);
  const shards = ['1', '2', '3', '4'];
  const whole = () => {
    const { replays } = JSON.parse(readFileSync(join(folder, 'out/nightly/results.json'), 'utf8')) as {
      replays: { engine: { name: string }; outcome: { kind: string } }[];
    };
    assert.equal(
      replays.map(({ outcome }) => outcome.kind),
      Array.from({ length: 6 }, () => 'ok'),
    );
    assert.ok(replays.some(({ engine }) => engine.name === 'tlsf'));
  };
  const clean = () => rmSync(join(folder, 'out'), { recursive: true, force: true });
  for (const [file, variablesOf] of [
    ['github-actions.yml', (shard: string) => ({ 'matrix.shard': shard })],
    ['gitlab-ci.yml', (shard: string) => ({ CI_NODE_INDEX: shard, CI_NODE_TOTAL: '4' })],
  ] as const) {
    for (const shard of shards) {
      stepsOf(file, 'shard').forEach((step) => succeedsStep(step, variablesOf(shard)));
    }
    stepsOf(file, 'merge').forEach((step) => succeedsStep(step));
    whole();
    clean();
  }
  placeScript('slurm.sh', folder);
  for (const shard of shards) {
    const variables = { SLURM_ARRAY_TASK_ID: shard, SLURM_ARRAY_TASK_COUNT: '4', SLURM_CPUS_PER_TASK: '1' };
    succeedsStep('bash slurm.sh', variables);
  }
  const [, merge] = /&& (npx alloc-replay merge .*)/.exec(ciFile('slurm.sh'))!;
  succeedsStep(merge!);
  whole();
  clean();
  const [, command] = /- (exec alloc-replay suite .*)/.exec(ciFile('kubernetes-indexed-job.yaml'))!;
  for (const shard of shards) {
    succeedsStep(command!.replace('/shards', 'out/shards'), {
      JOB_COMPLETION_INDEX: String(Number(shard) - 1),
    });
  }
  succeedsStep('npx alloc-replay merge out/shards --out out/nightly');
  whole();
});

const comparison = (file: string): string =>
  stepsOf(file, 'compare').find((step) => step.includes('alloc-replay compare'))!;

const VARIABLES = {
  'github.base_ref': 'main',
  'github.event.number': '7',
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
  CI_API_V4_URL: 'https://gitlab.example/api/v4',
  CI_PROJECT_ID: '1',
  CI_MERGE_REQUEST_IID: '7',
  ALLOC_REPLAY_TOKEN: 'secret',
};

for (const { name, source, before, after, slower } of ENGINES) {
  test(`a pull request that makes the malloc of ${name} several times slower does not pass, and is told so`, () => {
    const [github, gitlab] = ['github-pull-request.yml', 'gitlab-merge-request.yml'].map((file) =>
      comparison(file).replace('./my-engine.ts', name),
    ) as [string, string];
    assert.match(github, name);
    succeedsStep(github, VARIABLES);
    writeFileSync(join(folder, source), after);
    for (const step of slower(github, gitlab)) {
      const { code, stderr } = runStep(step, folder, VARIABLES);
      assert.is(code, 3, stderr);
      const comment = readFileSync(join(folder, 'comment.md'), 'utf8');
      assert.match(comment, /❌ \d+ regressions.* — please read\n/);
      assert.match(comment, /\| \*\*worst latency\*\* +\| ❌ /);
    }
    writeFileSync(join(folder, source), before);
  });
}

test('what was compared is told to those who review it', () => {
  assert.ok(existsSync(join(folder, 'comment.md')));
  for (const [file, sent] of [
    ['github-pull-request.yml', /^pr\ncomment\n7\n[^]*comment\.md$/m],
    ['gitlab-merge-request.yml', /^body@comment\.md\n.*\/merge_requests\/7\/notes$/m],
  ] as const) {
    succeedsStep(stepsOf(file, 'compare').at(-1)!, VARIABLES);
    assert.match(readFileSync(join(folder, 'sent.txt'), 'utf8'), sent);
  }
});

test.run();
