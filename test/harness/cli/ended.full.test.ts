import { existsSync } from 'node:fs';
import { suite } from 'uvu';
import { endAndRunAgain } from './ended';

const test = suite('cli: ended by signals, many times');

const testOnLinux = existsSync('/proc/self/cmdline') ? test : test.skip;

testOnLinux('leaves no process and no half file, and the next run is as if nothing had been', () =>
  endAndRunAgain(20260729, 40),
);

test.run();
