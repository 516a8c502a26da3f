import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import { endAndRunAgain } from './ended';

const test = suite('cli: ended by signals');

// Whose processes they are is found in /proc.
const testOnLinux = existsSync('/proc/self/cmdline') ? test : test.skip;

testOnLinux('leaves no process and no half file, and the next run is as if nothing had been', () =>
  endAndRunAgain(15, 3),
);

test.run();
