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
import { loadShippedProfile, PROFILE_NAMES } from '../harness/pricing/profile-file';
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

test('what only serves the folder it was built in is not published', ({ installed }) => {
  const dot = readdirSync(join(installed.folder, 'dist')).filter((name) => name.startsWith('.'));
  assert.equal(dot, []);
});

test('a command reads no library that it has no use for', ({ installed: { program } }) => {
  const hook = join(folder, 'modules.cjs');
  const modules = "[...Object.keys(require.cache), ...process.moduleLoadList].join('\\n')";
  writeFileSync(hook, `process.on('exit', () => console.error(${modules}));`);
  const args = ['-r', hook, program, 'run', 'synth:ramp?objects=2', '-a', 'xmalloc-tlsf', '-p', 'zen4-2022'];
  const { stderr } = run(process.execPath, args, folder);
  assert.match(stderr, /dist.harness.cli.commands.run\.js/);
  assert.match(stderr, /dist.allocators.xen.xmalloc-tlsf\.js/);
  assert.not.match(stderr, /plan9-pool|synthesizers.tmem|importers.heaptrack/);
  const libraries = [...stderr.matchAll(/node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/\s]+)/g)].map(
    ([, name]) => name!,
  );
  const ofThese = [
    'yaml',
    'sucrase',
    'fast-png',
    'fflate',
    'preact',
    'd3-scale',
    're2js',
    'cli-progress',
    'yargs',
  ];
  assert.equal(
    ofThese.filter((name) => libraries.includes(name)),
    [],
  );
  assert.match(stderr, /^NativeModule crypto$/m);
  assert.not.match(stderr, /^NativeModule (?:child_process|perf_hooks|internal\/fs\/promises)$/m);
});

test('profiles are the same in the JSON that is read and in the YAML beside it', ({ installed }) => {
  for (const name of PROFILE_NAMES) {
    const built = readFileSync(
      join(installed.folder, 'dist/harness/pricing/profiles', `${name}.json`),
      'utf8',
    );
    assert.equal(JSON.parse(built), loadShippedProfile(name));
  }
});

test('what has no source any more is not published', () =>
  inFolder((folder) => {
    const gone = join(folder, 'harness/gone.js');
    const data = join(folder, 'harness/suite/gone.suite.yaml');
    for (const file of [gone, data]) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
    writeFileSync(join(folder, 'harness/index.js'), '');
    succeeds(process.execPath, [join(ROOT, '.ci/finish-build.js'), folder]);
    assert.not.ok(existsSync(gone) || existsSync(data));
    assert.ok(existsSync(join(folder, 'harness/index.js')));
    return Promise.resolve();
  }));

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

// The newer compiler examines what is declared itself, dependencies included, in a tenth of the time.
for (const [type, compiler, skipLibCheck] of [
  ['commonjs', 'typescript', true],
  ['module', 'typescript-7', false],
] as const) {
  test(`the examples compile with ${compiler} and run as ${type}`, () => {
    const project = join(folder, type);
    cpSync(join(ROOT, 'examples'), project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
    const compilerOptions = {
      ...{ target: 'ES2022', module: 'Node20', strict: true, noEmitOnError: true, skipLibCheck },
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
