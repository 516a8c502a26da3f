import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inFolder } from '../harness/cli/command';
import { installInto } from '../installed';
import { play } from './play';

/** Everything that the README and the helps show works as shown for somebody who has installed the package. */
const test = suite('newcomer');

test('every command of the README and every example of every help', () =>
  inFolder(async (folder) => {
    const house = {
      installed: installInto(folder),
      nodeFolder: dirname(process.execPath),
      isTerminal: false,
      isShort: false,
    };
    assert.equal(await play(folder, house), []);
  }));

test.run();
