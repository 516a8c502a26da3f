import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as path from 'node:path';
import { runCli } from '../cli/command';

test('conformance as a whole finds the line that lost a block, among all else', async () => {
  const { code, stdout } = await runCli('conformance', path.join(__dirname, 'bad/leaks.c'));
  assert.is(code, 3);
  assert.match(
    stdout,
    /FAILED {2}located .* no object has the 32 bytes at 0x0, last touched in node_bytes at leaks\.c:9/,
  );
});

test.run();
