import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileInto } from '../../compiled';
import { caught, type CommandRun } from './command';

/** The command line compiled into a folder of a test's own, by which its processes are told from all others. */
export class CompiledCli {
  private readonly folder = mkdtempSync(join(tmpdir(), 'alloc-replay-compiled-'));
  readonly main: string;

  constructor() {
    this.main = join(compileInto(this.folder), 'harness/cli/main.js');
  }

  /** Runs a command line in this process, with what it prints caught. */
  run(...argv: string[]): Promise<CommandRun> {
    const load = createRequire(this.main);
    const { runCommandLine } = load('./command-line') as {
      runCommandLine: (argv: readonly string[]) => Promise<number>;
    };
    return caught(() => runCommandLine(argv));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
