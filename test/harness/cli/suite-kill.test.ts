import { suite } from 'uvu';
import { killAndResume } from './killed-suite';
import { TINY_CELLS } from './suite-runs';

const test = suite('cli: suite, killed');

test('a suite that is killed after some durable write is resumed to the same bytes', () =>
  killAndResume({ suite: 'tiny', cells: TINY_CELLS, times: 3, seed: 1 }));

test.run();
