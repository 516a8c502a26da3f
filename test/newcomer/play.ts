import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outerEnvironment, run, type Installed, type Ran } from '../installed';
import { helpLines, readmeLines, type Line } from './lines';
import { commitEngines, setStage, TOOLS } from './stage';

/** Types every line into a shell and looks at all that comes of it. */

export interface House {
  readonly installed: Installed;
  /** The folder of the `node` that everything runs under. */
  readonly nodeFolder: string;
  /** Whether the shell has a terminal, which `script` of util-linux makes. */
  readonly isTerminal: boolean;
  /**
   * Whether to play of each help the first example alone, to leave out what continuous integration runs anyway, and to
   * take a suite of seconds for `quick`.
   */
  readonly isShort: boolean;
}

/**
 * `.ci/run` reproduces all claims from what is built, and `npm start` is one of those; a search takes a minute, and has
 * tests of its own, as has the shrinking of what it finds.
 */
const isRunAnyway = ({ command }: Line): boolean => /\b(?:reproduce|search|shrink out)\b/.test(command);

/**
 * Plays the README and the helps below `folder`, each command once; resolves to what is wrong. Two acts at a time: what
 * takes longest takes as long as half of the rest.
 */
export async function play(folder: string, house: House): Promise<string[]> {
  const readme = readmeLines(house.installed);
  const seen = new Set(readme.map(({ command }) => command));
  const helps = helpLines(house.installed).filter(({ command }) => !seen.has(command) && seen.add(command));
  const isFirst = (line: Line) => helps.find(({ from }) => from === line.from) === line;
  const played = (lines: readonly Line[]) =>
    lines.filter((line) => !house.isShort || (!isRunAnyway(line) && (lines === readme || isFirst(line))));
  const problems = await Promise.all([
    playAct(join(folder, 'readme'), played(readme), house, house.isShort),
    playAct(join(folder, 'helps'), played(helps), house, true),
  ]);
  const counts =
    readme.length > 12 && helps.length > 40 ? [] : [`${readme.length} and ${helps.length} lines`];
  const unkept = house.isShort ? [] : unkeptPromises(house.installed, join(folder, 'readme/out'));
  return [...counts, ...problems.flat(), ...unkept];
}

/** What the README says that `npm start` leaves. */
function unkeptPromises({ folder }: Installed, out: string): string[] {
  const [, sentence] = /`npm start` writes ([^]*?) to `out\/`/.exec(
    readFileSync(join(folder, 'README.md'), 'utf8'),
  )!;
  const promised = [...sentence!.matchAll(/`([\w.]+\.\w+)`/g)].map(([, name]) => name!);
  return promised.filter((name) => !existsSync(join(out, name))).map((name) => `npm start writes no ${name}`);
}

/** What ends otherwise than with 0, as its help says. */
const EXIT_CODES: readonly (readonly [RegExp, number])[] = [
  [/^alloc-replay compare --engines /, 3],
  [/^alloc-replay audit (recorded:git-status|policy:violator)/, 3],
  [/--expect malloc\.csv$/, 3],
];

/** What no one should ever read. */
const NONSENSE = /\bundefined\b|\bNaN\b|\[object|internal error/;

/** Plays an act in a folder that does not exist yet; resolves to what is wrong with it. */
async function playAct(
  folder: string,
  lines: readonly Line[],
  house: House,
  isShort: boolean,
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const environment = environmentOf(folder, house);
  const problems: string[] = [];
  setStage(folder, house.installed, {
    isShort,
    shell: (command) => {
      const { code, stderr } = run('bash', ['-c', command], folder, environment);
      if (code !== 0) {
        problems.push(`${command}: exit ${code}: ${stderr}`);
      }
    },
  });
  for (const line of lines) {
    if (line.command.includes('--base-ref')) {
      commitEngines(folder);
    }
    const ran = await typed(line, folder, house, environment);
    problems.push(
      ...[...wrongWith(line, ran, folder, house)].map((each) => `${line.from}: ${line.command}: ${each}`),
    );
  }
  return [...problems, ...nonsenseBelow(folder)];
}

const environmentOf = (folder: string, { installed, nodeFolder }: House): NodeJS.ProcessEnv => ({
  ...outerEnvironment(),
  HOME: folder,
  TERM: 'xterm',
  PATH: [join(folder, TOOLS), nodeFolder, join(dirname(installed.folder), '.bin'), process.env['PATH']].join(
    ':',
  ),
});

/** Makes the shell's terminal one as the README shows outputs of, or a wider one. */
const terminalFor = ({ prints }: Line): string =>
  prints === undefined ? 'stty cols 100 rows 30' : 'stty cols 80 rows 30; export NO_COLOR=1';

function typed(line: Line, cwd: string, { isTerminal }: House, env: NodeJS.ProcessEnv): Promise<Ran> {
  const [program, ...args] = isTerminal
    ? [
        'script',
        '--quiet',
        '--return',
        '--flush',
        '--command',
        `${terminalFor(line)}; ${line.command}`,
        '/dev/null',
      ]
    : ['bash', '-c', line.command];
  return new Promise((resolve) => {
    const child = spawn(program!, args, {
      cwd,
      env: { ...env, SHELL: '/bin/bash' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => (printed[stream] += text));
    }
    child.on('close', (code) => resolve({ code, ...printed }));
  });
}

function* wrongWith(
  { command, prints }: Line,
  { code, stdout, stderr }: Ran,
  folder: string,
  { isTerminal }: House,
): Generator<string> {
  const [, expected] = EXIT_CODES.find(([pattern]) => pattern.test(command)) ?? [undefined, 0];
  if (code !== expected) {
    yield `exit ${code}, expected ${expected}: ${stderr || stdout}`;
  }
  const [nonsense] = NONSENSE.exec(stdout + stderr) ?? [];
  if (nonsense !== undefined) {
    yield `prints ${nonsense}`;
  }
  if (prints !== undefined && isTerminal && !stdout.replaceAll('\r', '').endsWith(prints)) {
    yield `prints what the README does not:\n${stdout}`;
  }
  if (stdout === '' && stderr === '' && /^(npx )?alloc-replay [^>]+$/.test(command)) {
    yield 'says nothing';
  }
  for (const [, to, names] of stdout.matchAll(/^Written to (\S+): ([^\r\n]+)/gm)) {
    const missing = names!.split(' ').filter((name) => !existsSync(join(folder, to!, name)));
    if (missing.length > 0) {
      yield `writes no ${missing.join(' ')}`;
    }
  }
  for (const [taken, given] of [
    ['\u{1b}[?25l', '\u{1b}[?25h'],
    ['\u{1b}[?7l', '\u{1b}[?7h'],
  ] as const) {
    if (stdout.lastIndexOf(taken) > stdout.lastIndexOf(given)) {
      yield 'leaves the terminal without cursor or wrapping';
    }
  }
}

/** Looks into all that was written; what a page says begins behind its scripts. */
function* nonsenseBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.(csv|md|html|json|xml|txt|hgrm)$/.test(entry.name)) {
      const text = readFileSync(file, 'utf8').replace(/<script>[^]*?<\/script>/g, '');
      const [nonsense] = NONSENSE.exec(text) ?? [];
      if (nonsense !== undefined) {
        yield `${file.slice(folder.length + 1)} says ${nonsense}`;
      }
    }
  }
}
