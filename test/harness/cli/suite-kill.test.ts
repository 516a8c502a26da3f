import { suite } from 'uvu';
import { killAndResume } from './killed-suite';

const test = suite('cli: suite, killed');

test('a suite that is killed after some durable write is resumed to the same bytes', () =>
  killAndResume(3, 1));

test.run();
