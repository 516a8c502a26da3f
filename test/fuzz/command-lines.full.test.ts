import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { badLines } from './command-lines';

const test = suite('fuzz: command lines');

test('ten thousand command lines of the options’ own grammar say nothing that no one should read', async () => {
  assert.equal(await badLines(10_000, 2024), []);
});

test.run();
