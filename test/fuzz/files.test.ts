import { suite } from 'uvu';
import { fuzz, SUBJECTS } from './fuzzing';

const test = suite('fuzz: damaged files');

for (const kind of SUBJECTS) {
  test(`${kind}: refused in one line or read, soon and in little memory`, async () => {
    const seed = 15;
    await fuzz(kind, seed, 150);
  });
}

test.run();
