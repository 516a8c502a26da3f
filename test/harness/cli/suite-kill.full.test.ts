import { suite } from 'uvu';
import { killAndResume } from './killed-suite';

const test = suite('cli: suite, killed many times');

test('a suite that is killed after any durable write is resumed to the same bytes', () =>
  killAndResume(20, 20081121));

test.run();
