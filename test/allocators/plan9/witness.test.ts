import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readPlan9Vector } from '../../../allocators/plan9/vectors';
import { goldenText, stateEvery, vectorFiles, vectorTrace } from './vector-files';
import { settingsOf } from './witness/layout';
import { Replayed } from './witness/replayed';
import { Testimony, asDescribed } from './witness/vectors';

/** The witness of Plan 9's pool does in every golden vector as the original did. */

for (const vector of vectorFiles()) {
  test(`the witness does in ${vector.expected} as the original did`, () => {
    const testimony = new Testimony(settingsOf(vector.layout, vector.config));
    const rows = [...testimony.rows(vectorTrace(vector), stateEvery(vector))];
    const golden = goldenText(vector.expected).trimEnd().split('\n').slice(1).map(asDescribed);
    const index = golden.findIndex((row, at) => row !== rows[at]);
    assert.is(rows[index], golden[index]);
    assert.is(rows.length, golden.length);
  });
}

for (const { name, layout, config } of [
  { name: 'plan9-aligned-wrap-ilp32', layout: 'ilp32', config: 'sbrkmem' },
  { name: 'plan9-quantum48', layout: 'ilp32', config: 'sbrkmem quantum=48' },
  { name: 'plan9-lp64-noreuse-corrupt', layout: 'lp64', config: 'sbrkmem maxsize=200000 move=1' },
]) {
  test(`the witness does in ${name} as the original did`, () => {
    const operations = readPlan9Vector(goldenText(`../2026/${name}.csv`), name);
    const rows = [...new Testimony(settingsOf(layout, config)).rows(operations, 1000)];
    const golden = goldenText(`../2026/${name}.golden.csv`).trimEnd().split('\n').slice(1);
    assert.equal(rows, golden.map(asDescribed));
  });
}

test('the witness follows objects that move as the original’s program did', () => {
  const name = 'plan9-move-of-aligned';
  const witness = new Replayed(settingsOf('ilp32', 'sbrkmem move=1'), 'none');
  assert.ok(witness.play(readPlan9Vector(goldenText(`../2026/${name}.csv`), name)));
  assert.equal(witness.lines, goldenText(`../2026/${name}.golden.csv`).trimEnd().split('\n'));
});

test.run();
