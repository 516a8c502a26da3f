import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from './harness/cli/command';
import { ciFile, placeScript, runStep, stepsOf } from './ci-steps';
import { installInto, run, type Installed } from './installed';

/** What is published is not what is tested elsewhere: compiled, without sources, in somebody else's folder. */
const test = suite<{ installed: Installed }>('package');

const ROOT = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'alloc-replay-'));

test.before((context) => {
  context.installed = installInto(folder);
});

test.after(() => rmSync(folder, { recursive: true, force: true }));

/** What a command prints that has to succeed. */
function succeeds(command: string, args: readonly string[], cwd = folder): string {
  const { code, stdout, stderr } = run(command, args, cwd);
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('runs from another folder, with its data', ({ installed: { program } }) => {
  const args = ['run', 'recorded:git-status', '-a', 'xmalloc-tlsf', '--workers', '2', '--out', 'out'];
  assert.match(succeeds(process.execPath, [program, ...args]), /git-status/);
  assert.ok(existsSync(join(folder, 'out/results.json')));
});

test('runs suites, which ask where the code of every engine and synthesizer lies', ({
  installed: { program },
}) => {
  writeFileSync(
    join(folder, 'mine.suite.yaml'),
    'suite: mine\nsummary: of my own\ngroups:\n  - group: all\n' +
      '    traces: [recorded:git-status, "synth:churn?live=20&ops=100"]\n' +
      '    engines: [textbook-first-fit, ./own.ts]\n    pricings: [flat]\n',
  );
  writeFileSync(
    join(folder, 'own.ts'),
    `import { engineNamed, type EngineDefinition } from 'alloc-replay';
     enum Word { own = 'own' }
     export const engine: EngineDefinition = { ...engineNamed('textbook-best-fit'), name: Word.own };`,
  );
  for (const line of [
    'suite mine.suite.yaml --out whole',
    'suite mine.suite.yaml --out shards --shard 1/2',
    'suite mine.suite.yaml --out shards --shard 2/2',
    'merge shards --out merged',
    'compare whole merged --fail-on any-change',
  ]) {
    succeeds(process.execPath, [program, ...line.split(' ')]);
  }
});

test('an exported constant is assigned once, for assigned twice it would be loaded wherever it is used', ({
  installed,
}) => {
  const layout = readFileSync(join(installed.folder, 'dist/harness/machine/memory-layout.js'), 'utf8');
  assert.is(layout.match(/^exports\.HEAP_BASE\b.*$/gm)?.length, 1);
});

/** Markdown files that users are led to, from the README on, each with where its links go. */
function linkedFrom(root: string, file: string, found = new Map<string, string[]>()): Map<string, string[]> {
  if (found.has(file) || !existsSync(join(root, file))) {
    return found;
  }
  const text = readFileSync(join(root, file), 'utf8');
  const links = [...text.matchAll(/\]\((?!\w+:)([^)#\s]+)/g)].map(([, to]) => join(dirname(file), to!));
  found.set(file, links);
  links.filter((each) => each.endsWith('.md')).forEach((each) => linkedFrom(root, each, found));
  return found;
}

/** What the folders' READMEs say to those who have the sources. */
const isOfSourcesOnly = (link: string): boolean => /\.tsx?$/.test(link) || /^test\/.+\//.test(link);

test('holds what its README leads to', ({ installed }) => {
  const documents = linkedFrom(installed.folder, 'README.md');
  assert.ok(documents.size > 10, 'the README leads to the folders');
  for (const [from, links] of documents) {
    for (const link of links.filter((each) => !isOfSourcesOnly(each))) {
      assert.ok(existsSync(join(installed.folder, link)), `${from} leads to ${link}`);
    }
  }
});

const EXAMPLES = readFileSync(join(ROOT, 'examples/README.md'), 'utf8').matchAll(
  /```console\n\$ node ([\w-]+\.js)\n([\s\S]*?)```/g,
);
const PRINTED = [...EXAMPLES].map(([, program, output]) => [program!, output!] as const);

for (const [type, compiler] of [
  ['commonjs', 'typescript'],
  ['module', 'typescript-7'],
] as const) {
  test(`the examples compile with ${compiler} and run as ${type}`, () => {
    const project = join(folder, type);
    cpSync(join(ROOT, 'examples'), project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
    const compilerOptions = {
      ...{ target: 'ES2022', module: 'Node20', strict: true, noEmitOnError: true },
      ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    succeeds(process.execPath, [join(ROOT, `node_modules/${compiler}/bin/tsc`), '-p', '.'], project);
    const programs = readdirSync(project).filter((name) => name.endsWith('.js'));
    assert.equal(programs.sort(), PRINTED.map(([program]) => program).sort());
    for (const [program, output] of PRINTED) {
      assert.is(succeeds(process.execPath, [program], project), output, program);
    }
  });
}

/** A suite of seconds under the name that the files call, so that they run as they stand. */
const SUITE = `suite: nightly
summary: a nightly run of seconds
pricings: [flat]
groups:
  - group: all
    traces: ["synth:churn?live=20&ops=100", "synth:ramp?objects=50"]
    engines: [./my-engine.ts, textbook-first-fit]
`;

const ENGINE = `import { engineNamed, type EngineDefinition } from 'alloc-replay';
export const engine: EngineDefinition = { ...engineNamed('textbook-best-fit'), name: 'my-engine' };
`;

/** The same allocator after a long walk before every allocation: correct, and a hundred times slower. */
const SLOWER_ENGINE = `import { engineNamed, HEAP_BASE, type EngineDefinition } from 'alloc-replay';
const fast = engineNamed('textbook-best-fit');
export const engine: EngineDefinition = {
  ...fast,
  name: 'my-engine',
  create: (machine, options, named) => {
    const made = fast.create(machine, options, named);
    const { allocate } = made;
    made.allocate = (size, align) => {
      for (let step = 0; step < 5000; step++) machine.load64(HEAP_BASE);
      return allocate.call(made, size, align);
    };
    return made;
  },
};
`;

const succeedsStep = (step: string, variables: Readonly<Record<string, string>> = {}): void => {
  const { code, stderr } = runStep(step, folder, variables);
  assert.is(code, 0, `${step}: ${stderr}`);
};

test('the files for CI systems run as they stand where the package is installed', () => {
  writeFileSync(join(folder, 'nightly'), SUITE);
  writeFileSync(join(folder, 'my-engine.ts'), ENGINE);
  const shards = ['1', '2', '3', '4'];
  const whole = () => assert.ok(existsSync(join(folder, 'out/nightly/results.json')));
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

test('a pull request that makes malloc a hundred times slower does not pass, and is told so', () => {
  writeFileSync(join(folder, 'my-engine.ts'), ENGINE);
  const git = (...args: string[]) =>
    succeeds('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...args]);
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'my-engine.ts');
  git('commit', '--quiet', '--message=engine');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  const comparison = (file: string, job: string) =>
    stepsOf(file, job).find((step) => step.includes('alloc-replay compare'))!;
  const variables = {
    'github.base_ref': 'main',
    'github.event.number': '7',
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
    CI_API_V4_URL: 'https://gitlab.example/api/v4',
    CI_PROJECT_ID: '1',
    CI_MERGE_REQUEST_IID: '7',
    ALLOC_REPLAY_TOKEN: 'secret',
  };
  const [github, gitlab] = [
    comparison('github-pull-request.yml', 'compare'),
    comparison('gitlab-merge-request.yml', 'compare'),
  ];
  succeedsStep(github, variables);
  writeFileSync(join(folder, 'my-engine.ts'), SLOWER_ENGINE);
  for (const step of [
    github,
    gitlab,
    github.replace(/--limit "[^"]*"/, '--limit "free.cycles.max=+5%,@fragmentation=+1%"'),
  ]) {
    const { code, stderr } = runStep(step, folder, variables);
    assert.is(code, 3, stderr);
    const comment = readFileSync(join(folder, 'comment.md'), 'utf8');
    assert.match(comment, /❌ \d+ regressions.* — please read\n/);
    assert.match(comment, /\| \*\*worst latency\*\* +\| ❌ /);
  }
  for (const [file, sent] of [
    ['github-pull-request.yml', /^pr\ncomment\n7\n[^]*comment\.md$/m],
    ['gitlab-merge-request.yml', /^body@comment\.md\n.*\/merge_requests\/7\/notes$/m],
  ] as const) {
    succeedsStep(stepsOf(file, 'compare').at(-1)!, variables);
    assert.match(readFileSync(join(folder, 'sent.txt'), 'utf8'), sent);
  }
});

test('a clone that is not built says what to do', () =>
  inFolder((folder) => {
    const launcher = join(folder, 'harness/cli/alloc-replay.js');
    mkdirSync(dirname(launcher), { recursive: true });
    cpSync(join(ROOT, 'harness/cli/alloc-replay.js'), launcher);
    chmodSync(launcher, 0o755);
    const { code, stderr } = run(process.execPath, [launcher, 'run'], folder);
    assert.is(code, 2);
    assert.is(
      stderr,
      'alloc-replay: not built yet; expected `npm ci && npm run build` in this clone first\n',
    );
    return Promise.resolve();
  }));

test('the launcher can be started by itself, as npx does in a clone', () => {
  const listed = spawnSync('git', ['ls-files', '-s', 'harness/cli/alloc-replay.js'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.ok(listed.status !== 0 || listed.stdout === '' || listed.stdout.startsWith('100755'), listed.stdout);
});

test.run();
