import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEARCH_BEGINS } from '../../../../harness/studies/search/search';
import { readState, writeState } from '../../../../harness/studies/search/state-file';
import { InputError } from '../../../../traces/input-error';
import { inFolder } from '../../cli/command';

const test = suite('search: state file');

const STATE = { ...SEARCH_BEGINS, evaluations: 7, learntSizes: [16, 32] };

test('what was written is read; nothing where there is none', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'search.json');
    assert.is(readState(file, 'key'), undefined);
    writeState(file, 'key', STATE);
    assert.equal(readState(file, 'key'), STATE);
    await Promise.resolve();
  }));

test('another search, and any damage, is refused', () =>
  inFolder(async (folder) => {
    const file = join(folder, 'search.json');
    const refused = (message: RegExp) =>
      assert.throws(
        () => readState(file, 'key'),
        (error: unknown) => error instanceof InputError && message.test(error.message),
      );
    writeState(file, 'other', STATE);
    refused(/search.json: a search for something else; expected the options, engine and traces/);
    writeState(file, 'key', STATE);
    const text = readFileSync(file, 'utf8');
    for (const damaged of [
      '',
      'null',
      text.slice(0, -5),
      text.replace('"evaluations":7', '"evaluations":8'),
    ]) {
      writeFileSync(file, damaged);
      refused(/search.json: damaged; expected what `search` with the same --out wrote/);
    }
    await Promise.resolve();
  }));

test.run();
