import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { print, tell } from '../../../harness/cli/output/terminal';
import { caught, inFolder, runCli, type CommandRun } from './command';

/** Names that would steer a terminal or a runner of jobs, wherever a user's words are repeated. */

const test = suite('cli: injection');

const NAME = 'x\n::error::INJ\u001b[31m##[error]\u202e';
const TRACE = 'op,id,size,align\nalloc,1,100,0\nfree,1,0,0\n';

function expectHarmless({ stdout, stderr }: CommandRun, what: string): void {
  for (const text of [stdout, stderr]) {
    assert.not.match(text, /^\s*::/m, what);
    assert.not.match(text, /##\w*\[/, what);
    assert.not.match(text, /[^\P{Cc}\n\t]|\p{Cf}/u, what);
  }
}

test('what is printed holds no command, and JSON reads it as it was', async () => {
  const data = { name: 'é::ok ##[error] \u202e \u009b' };
  const { stdout, stderr } = await caught(async () => {
    print(JSON.stringify(data));
    tell('  ::error::x\n##vso[task]y\n## heading\n\u001b[31m');
    return 0;
  });
  assert.equal(JSON.parse(stdout), data);
  expectHarmless({ code: 0, stdout, stderr }, 'both streams');
  assert.is(stderr, '  \\u003a:error::x\n\\u0023#vso[task]y\n## heading\n\\u001b[31m');
});

test('trace files, suites, and both sides of a comparison', () =>
  inFolder(async (folder) => {
    const trace = join(folder, `${NAME}.csv`);
    writeFileSync(trace, TRACE);
    const out = join(folder, 'out');
    const run = ['-a', 'xmalloc-tlsf', '-p', 'flat', '--heap-pages', '64'];
    const lines: Readonly<Record<string, readonly string[]>> = {
      run: ['run', trace, ...run, '--out', out],
      'trace convert': ['trace', 'convert', trace, '-o', join(folder, `${NAME}.atr`)],
      'trace slice': ['trace', 'slice', trace, '-o', join(folder, 'slice.csv')],
      'trace merge': ['trace', 'merge', trace, trace, '-o', join(folder, 'merge.csv')],
      'trace info': ['trace', 'info', trace],
      'compare csv': ['compare', out, out, '--format', 'csv'],
      'compare text': ['compare', out, out],
      explain: ['explain', trace, ...run, '--against', 'none'],
      'a file that is not there': ['run', `${trace}${NAME}`, ...run],
      'an engine that is not there': ['run', trace, '-a', NAME],
      'a command that is not there': [NAME],
    };
    for (const [what, words] of Object.entries(lines)) {
      const ran = await runCli(...words);
      assert.ok(ran.code === 0 || ran.code === 2, `${what}: ${ran.stderr}`);
      expectHarmless(ran, what);
    }
    const report = readFileSync(join(out, 'report.md'), 'utf8');
    assert.not.match(report, /^::/m);
    assert.not.match(report, '\u001b');
  }));

test('lint refuses a raw write elsewhere', async () => {
  const eslint = new ESLint({ cwd: join(__dirname, '..', '..', '..') });
  const config = (await eslint.calculateConfigForFile('harness/cli/commands/run.ts')) as {
    rules: Record<string, unknown[]>;
  };
  const selectors = config.rules['no-restricted-syntax']!.map(
    (each) => (each as { selector?: string }).selector,
  );
  for (const stream of ['stdout', 'stderr']) {
    assert.ok(
      selectors.some((selector) => selector?.includes('"write"') && selector.includes(`"${stream}"`)),
    );
  }
  assert.is(config.rules['no-console']![0], 2);
});

test.run();
