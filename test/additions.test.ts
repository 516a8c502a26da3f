import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder, type CommandRun } from './harness/cli/command';
import { CompiledCli } from './harness/cli/compiled-cli';

/**
 * What the folders' READMEs promise to who adds something: a file and a line or two of a registry. One of each kind is
 * added to a copy of the project, and is then in every report, help text and list.
 */

const ROOT = join(__dirname, '..');
const { transformed } = createRequire(__filename)('../.ci/register.cjs') as {
  transformed: (source: string, file: string) => string;
};

interface Addition {
  readonly kind: string;
  /** Nothing where an object in a file that is there does. */
  readonly file?: string;
  readonly source?: string;
  readonly registry: string;
  /** Lines of the registry, and what stands below each afterwards. */
  readonly lines: Readonly<Record<string, string>>;
}

const METRIC = `  {
    name: 'dummies.counted',
    unit: 'times',
    better: 'lower',
    group: '@events',
    formula: 'seven, whatever happens',
    column: { heading: 'dummies', shownIn: 'every report' },
    read: () => ({ value: 7 }),
  },`;

const ADDITIONS: readonly Addition[] = [
  {
    kind: 'an engine',
    file: 'allocators/textbook/dummy.ts',
    source: `import { textbookFirstFit } from './textbook-first-fit';
export const dummy = { ...textbookFirstFit, name: 'dummy-engine', summary: 'a dummy of an engine' };`,
    registry: 'allocators/registry.ts',
    lines: {
      "import { xvmalloc } from './xen/xvmalloc';": "import { dummy } from './textbook/dummy';",
      "  'textbook-best-fit': () => textbookBestFit,": "  'dummy-engine': () => dummy,",
    },
  },
  {
    kind: 'an importer',
    file: 'traces/importers/dummy.ts',
    source: `export const dummy = {
      name: 'dummy-log',
      summary: 'a dummy of a recorder',
      heeds: [],
      detect: (lines) => lines.filter((line) => line.startsWith('DUMMY')).length,
      open: (recording) => ({ line: (line) => recording.allocated(16, line.text().length) }),
    };`,
    registry: 'traces/importers/registry.ts',
    lines: {
      "import { djMalloc } from './dj-malloc';": "import { dummy } from './dummy';",
      '  drmemtrace: () => drmemtrace,': "  'dummy-log': () => dummy,",
    },
  },
  {
    kind: 'a metric',
    registry: 'harness/metrics/event-metrics.ts',
    lines: { 'const outcomeMetrics = replayMetrics([': METRIC },
  },
  {
    kind: 'a command',
    file: 'harness/cli/commands/dummy.ts',
    source: `import { command } from './command';
import { printWords } from '../output/terminal';
export const dummy = command({
  operands: {},
  options: {},
  examples: ['$0'],
  run: () => (printWords('a dummy ran\\n'), 0),
});`,
    registry: 'harness/cli/commands/commands.ts',
    lines: {
      'export const COMMANDS: readonly (CommandEntry | CommandGroup)[] = [':
        "  { name: 'dummy', summary: 'A dummy of a command', load: () => load<any>('./dummy').dummy },",
    },
  },
  {
    kind: 'a chart',
    file: 'reports/html/dummy-chart.tsx',
    source: `import { Chart } from './frame';
export const DummyChart = ({ id }: { id: string }) => (
  <Chart id={id} title="A dummy of a chart" description="nothing" width={100} height={100}>
    <circle r="7" />
  </Chart>
);`,
    registry: 'reports/html/family-section.tsx',
    lines: {
      "import { MemoryChart } from './memory-chart';": "import { DummyChart } from './dummy-chart';",
      '        <MemoryChart id={`${id}-memory`} title={`Memory held, ${name}`} engines={ran} />':
        '        <DummyChart id={`${id}-dummy`} />',
    },
  },
];

const test = suite('additions');
const cli = new CompiledCli();
const dist = join(cli.main, '../../..');
test.after(() => cli.remove());

const place = (file: string, source: string): void =>
  writeFileSync(join(dist, file.replace(/\.tsx?$/, '.js')), transformed(source, join(ROOT, file)));

for (const { kind, file, source, registry, lines } of ADDITIONS) {
  test(`${kind} is a file at most, and two lines`, () => {
    let text = readFileSync(join(ROOT, registry), 'utf8');
    for (const [line, added] of Object.entries(lines)) {
      assert.is(text.split(`${line}\n`).length, 2, `${registry} has the line ${line}`);
      text = text.replace(`${line}\n`, () => `${line}\n${added}\n`);
    }
    place(registry, text);
    if (file !== undefined) {
      assert.not.ok(existsSync(join(ROOT, file)));
      place(file, source!);
    }
  });
}

async function succeeds(...argv: string[]): Promise<CommandRun> {
  const run = await cli.run(...argv);
  assert.is(run.code, 0, run.stdout + run.stderr);
  return run;
}

test('lists and help texts have them', async () => {
  const all = (await succeeds('list')).stdout;
  assert.match(all, /dummy-engine +a dummy of an engine/);
  assert.match(all, /dummy-log +a dummy of a recorder/);
  assert.match((await succeeds('list', 'metrics')).stdout, /dummies\.counted +times +lower +seven/);
  assert.match((await succeeds('--help')).stdout, /dummy +A dummy of a command/);
  assert.match((await succeeds('dummy', '--help')).stdout, /^alloc-replay dummy/);
  assert.is((await succeeds('dummy')).stdout, 'a dummy ran\n');
  const completed = async (...words: string[]) =>
    (await succeeds('completion', '--complete', '--', ...words)).stdout;
  assert.match(await completed('du'), /^dummy$/m);
  assert.match(await completed('run', '-a', 'dum'), /^dummy-engine$/m);
});

test('every report has them', () =>
  inFolder(async (folder) => {
    const log = join(folder, 'some.log');
    writeFileSync(log, 'DUMMY one\nDUMMY two\n');
    const out = join(folder, 'out');
    const { stdout } = await succeeds(
      ...['run', log, '-a', 'dummy-engine,xmalloc-tlsf', '-p', 'flat', '--out', out],
    );
    assert.match(stdout, /dummies/);
    assert.match(stdout, /dummy-engine/);
    for (const [report, says] of Object.entries({
      'results.json': ['dummies.counted', 'dummy-engine'],
      'summary.csv': ['dummies.counted', 'dummy-engine'],
      'report.md': ['Dummies', 'dummy-engine'],
      'report.html': ['dummies', 'dummies.counted', 'dummy-engine', 'A dummy of a chart'],
    })) {
      const text = readFileSync(join(out, report), 'utf8');
      for (const word of says) {
        assert.ok(text.includes(word), `${report} has no "${word}"`);
      }
    }
    const compared = join(folder, 'compared.json');
    await succeeds('compare', out, out, '--format', 'json', '--out', compared);
    assert.match(readFileSync(compared, 'utf8'), 'dummies.counted');
    const limited = await cli.run('compare', out, out, '--limit', 'dummies.counted=+1%');
    assert.is(limited.code, 0, limited.stderr);
  }));

test.run();
