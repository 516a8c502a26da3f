import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The packed tarball in somebody else's folder, as npm would lay it there, for tests of what is published. */

const ROOT = join(__dirname, '..');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Installed {
  /** `node_modules/alloc-replay`. */
  readonly folder: string;
  /** The script behind the command. */
  readonly program: string;
}

/** The environment without what npm tells its own children, which would send a nested npm to the wrong folder. */
export const outerEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = outerEnvironment(),
): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, stdout, stderr };
}

/** Unpacks the packed project below `folder`; its dependencies are this project's, and reached by links. */
export function installInto(folder: string): Installed {
  const tarball = packed();
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'alloc-replay');
  mkdirSync(installed, { recursive: true });
  run('tar', ['xzf', tarball, '-C', installed, '--strip-components=1'], folder);
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    bin: Readonly<Record<string, string>>;
  };
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  const program = join(installed, bin['alloc-replay']!);
  mkdirSync(join(modules, '.bin'));
  symlinkSync(program, join(modules, '.bin', 'alloc-replay'));
  return { folder: installed, program };
}

/** The tarball, packed once in a run of the tests: whoever comes second waits for the first. */
function packed(): string {
  const folder = join(process.env['TEST_RUN_FOLDER']!, 'packed');
  const done = join(folder, 'done');
  if (claimed(folder)) {
    const { stderr } = run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
    writeFileSync(done, stderr);
  }
  while (!existsSync(done)) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) {
    throw new Error(`npm pack: ${readFileSync(done, 'utf8')}`);
  }
  return join(folder, tarball);
}

function claimed(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
