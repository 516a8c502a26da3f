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

test('a page tells of functions and lines as well, beside each other', () =>
  inChanged(
    replaced('    link->next = POISON_NEXT;\n', ''),
    (page) => {
      assert.match(page, /<h2>Where in its source first-fit-c on trace differs<\/h2>/);
      assert.match(page, 'placements are identical.');
      assert.match(
        page,
        /block_unlink first-fit\.c<\/td><td class="figure">\d+<\/td><td class="figure">\d+</,
      );
      assert.match(page, /base<\/td><td class="name">block_unlink first-fit\.c:83<\/td><td><code[^>]*>\s*link-(?:&gt;|>)next = POISON_NEXT;/); // prettier-ignore
    },
    'html',
  ));

test.run();
