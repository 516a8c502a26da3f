#!/usr/bin/env node
import { runCommandLine } from './command-line';

// A reader that closes the pipe early (`| head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit(0);
});

void runCommandLine(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
