import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inChanged, replaced } from './changed-c-engine';

const test = suite('cli: compare revisions of an engine in C');

test('a store that is left out: costs changed, placements identical, said in which function and line', () =>
  inChanged(replaced('    link->next = POISON_NEXT;\n', ''), (stdout) => {
    assert.match(stdout, /costs changed/);
    assert.match(stdout, /Where in its source first-fit-c differs on trace, .*; placements are identical:/);
    assert.match(stdout, /^ +- +block_unlink first-fit\.c:83 +link->next = POISON_NEXT; +\d+ +\d+ +\d+$/m);
    assert.match(stdout, /^ +block_unlink first-fit\.c +(\d+) +-> \d+/m);
    assert.not.match(stdout, /^ +\+ /m);
  }));

test.run();
