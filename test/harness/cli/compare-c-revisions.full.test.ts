import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inChanged, replaced } from './changed-c-engine';

const test = suite('cli: compare revisions of an engine in C, more');

test('another limit: placements differ from an operation on, in the function that was changed', () =>
  inChanged(replaced('left >= LEFTOVER_BYTES_MIN', 'left >= 8 * LEFTOVER_BYTES_MIN'), (stdout) => {
    assert.match(stdout, /placements differ first at #\d+:/);
    assert.match(stdout, /^ +- +block_split first-fit\.c:90 +if \(left >= LEFTOVER_BYTES_MIN\) \{ /m);
    assert.match(stdout, /^ +\+ +block_split first-fit\.c:90 +if \(left >= 8 \* LEFTOVER_BYTES_MIN\) \{ /m);
  }));

test('another name for a variable: identical, and nothing to say', () =>
  inChanged(
    (source) => source.replace(/\bleft\b/g, 'remains'),
    (stdout) => {
      assert.match(stdout, /identical/);
      assert.not.match(stdout, /Where in its source/);
      assert.not.match(stdout, /changed,|both changed/);
    },
  ));

test.run();
