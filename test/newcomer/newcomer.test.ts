import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from '../harness/cli/command';
import { installInto } from '../installed';
import { play } from './play';

/** What the README and the helps show works as shown for somebody who has installed the package. */
const test = suite('newcomer');

test('every command of the README and the first example of every help, where nothing else runs it', () =>
  inFolder(async (folder) => {
    const house = {
      installed: installInto(folder),
      nodeFolder: dirname(process.execPath),
      isTerminal: false,
      isShort: true,
    };
    assert.equal(await play(folder, house), []);
  }));

test.run();
