import { suite } from 'uvu';
import { killAndResume } from './killed-suite';

const test = suite('cli: suite, killed many times');

test('quick, killed after any durable write, is resumed to the same bytes', () =>
  killAndResume({ suite: 'quick', cells: 19, times: 20, seed: 20081121 }));

test.run();
