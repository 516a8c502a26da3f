import { runCommandLine } from '../../../harness/cli/command-line';

/** Run with a terminal as its output: runs the command lines that it is given, a mark before each. */
async function main(): Promise<void> {
  const commands = JSON.parse(process.argv[2]!) as string[][];
  for (const words of commands) {
    process.stdout.write(`\n=== ${JSON.stringify(words)}\n`);
    await runCommandLine(words);
  }
}

void main();
