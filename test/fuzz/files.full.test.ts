import { suite } from 'uvu';
import { fuzz, SUBJECTS } from './fuzzing';

const test = suite('fuzz: a million damaged files');

const SEED = 20_260_729;

/** A million together; fewer of those whose every report is rendered. */
const CASES: Readonly<Record<(typeof SUBJECTS)[number], number>> = {
  traces: 300_000,
  results: 40_000,
  shards: 120_000,
  suites: 200_000,
  profiles: 300_000,
  histories: 40_000,
};

for (const kind of SUBJECTS) {
  test(`${kind}: refused in one line or read, soon and in little memory`, async () => {
    const figures = await fuzz(kind, SEED, CASES[kind]);
    process.stdout.write(`${kind}, seed ${SEED}: ${JSON.stringify(figures)}\n`);
  });
}

test.run();
