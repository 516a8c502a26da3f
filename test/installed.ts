import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
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

export function run(command: string, args: readonly string[], cwd: string): Ran {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: outerEnvironment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, stdout, stderr };
}

/** Packs the project and unpacks it below `folder`; its dependencies are this project's, and reached by links. */
export function installInto(folder: string): Installed {
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
  if (packed.code !== 0) {
    throw new Error(`npm pack: ${packed.stderr}`);
  }
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'alloc-replay');
  mkdirSync(installed, { recursive: true });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  run('tar', ['xzf', join(folder, tarball), '-C', installed, '--strip-components=1'], folder);
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    bin: Readonly<Record<string, string>>;
  };
  symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  const program = join(installed, bin['alloc-replay']!);
  mkdirSync(join(modules, '.bin'));
  symlinkSync(program, join(modules, '.bin', 'alloc-replay'));
  return { folder: installed, program };
}
