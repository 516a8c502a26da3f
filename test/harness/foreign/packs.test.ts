import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { C_FOLDER, readEngineFile } from '../../../harness/foreign/build/engine-file';

/** What `pack:` in an engine's description stands for. */

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'packs-'));
const packs = path.join(C_FOLDER, 'packs');

function described(text: string) {
  const file = path.join(folder, 'mine.engine.yaml');
  fs.writeFileSync(file, text);
  fs.writeFileSync(path.join(folder, 'malloc.c'), '');
  return readEngineFile(file, 'mine.engine.yaml', () => undefined);
}

test.after(() => fs.rmSync(folder, { recursive: true }));

test('a pack goes on the include path, and its glue is compiled with the sources', () => {
  const { sources, pack } = described('pack: linux-user\nsources: [malloc.c]\n');
  assert.is(pack, path.join(packs, 'linux-user'));
  assert.equal(sources, [path.join(folder, 'malloc.c'), path.join(packs, 'linux-user', 'glue.c')]);
});

test('without a pack there is nothing but the sources', () => {
  assert.equal(described('sources: [malloc.c]\n').sources, [path.join(folder, 'malloc.c')]);
});

test('an unknown pack is told which there are', () => {
  assert.throws(
    () => described('pack: zen\nsources: [malloc.c]\n'),
    /unknown pack "zen".*expected one of freertos, linux-user, xen, zephyr/,
  );
});

test.run();
