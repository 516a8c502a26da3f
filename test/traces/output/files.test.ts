import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { UsageError } from '../../../traces/input-error';
import { writeChunks } from '../../../traces/output/files';
import { gzipChunks } from '../../../traces/output/gzip';
import { inTemporaryFolder } from '../formats/temporary-folder';

async function* chunksOf(...texts: string[]) {
  for (const text of texts) {
    yield Buffer.from(text);
  }
}

async function* failing() {
  yield Buffer.from('half');
  throw new Error('no more');
}

const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => assert.unreachable() as never,
    (error) => error,
  );

test('a file appears when it is complete', async () => {
  await inTemporaryFolder(async (folder) => {
    const target = path.join(folder, 'x.csv');
    await writeChunks(
      target,
      (async function* () {
        yield Buffer.from('one ');
        assert.not(fs.existsSync(target));
        yield Buffer.from('two');
      })(),
    );
    assert.is(fs.readFileSync(target, 'utf8'), 'one two');
    assert.equal(fs.readdirSync(folder), ['x.csv']);
  });
});

test('a failure leaves what was there before and nothing else', async () => {
  await inTemporaryFolder(async (folder) => {
    const target = path.join(folder, 'x.csv');
    fs.writeFileSync(target, 'before');
    assert.is((await failureOf(writeChunks(target, failing()))).message, 'no more');
    assert.is((await failureOf(writeChunks(target, gzipChunks(failing())))).message, 'no more');
    assert.is(fs.readFileSync(target, 'utf8'), 'before');
    assert.equal(fs.readdirSync(folder), ['x.csv']);
  });
});

test('what another process left unfinished is in nobody’s way, and a link stays a link', async () => {
  await inTemporaryFolder(async (folder) => {
    const target = path.join(folder, 'x.csv');
    fs.writeFileSync(`${target}.0.partial`, 'left over');
    fs.symlinkSync(target, path.join(folder, 'link.csv'));
    await writeChunks(target, chunksOf('first'));
    await writeChunks(path.join(folder, 'link.csv'), chunksOf('through the link'));
    assert.is(fs.readFileSync(target, 'utf8'), 'through the link');
    assert.ok(fs.lstatSync(path.join(folder, 'link.csv')).isSymbolicLink());
    assert.equal(fs.readdirSync(folder).sort(), ['link.csv', 'x.csv', 'x.csv.0.partial']);
  });
});

test('paths that cannot be written are one-line usage errors', async () => {
  await inTemporaryFolder(async (folder) => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    for (const [name, problem] of [
      ['none/x.csv', 'no such folder'],
      ['.', 'is a folder'],
      ['file/x.csv', 'a part of its path is no folder'],
    ]) {
      const target = path.join(folder, name!);
      const error = await failureOf(writeChunks(target, chunksOf('x')));
      assert.instance(error, UsageError);
      assert.is(
        error.message,
        `${target}: cannot be written (${problem}); expected a file in a folder that exists`,
      );
    }
  });
});

test('a device is written to, not replaced', async () => {
  await writeChunks('/dev/null', chunksOf('x'));
  assert.ok(fs.statSync('/dev/null').isCharacterDevice());
});

test('a stream gets the chunks in order and stays open', async () => {
  const got: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      got.push(chunk.toString());
      setImmediate(done);
    },
  });
  await writeChunks(stream, chunksOf('a', 'b'));
  await writeChunks(stream, chunksOf('c'));
  assert.equal(got, ['a', 'b', 'c']);
});

test('compressed bytes carry neither time nor system', async () => {
  const parts: Buffer[] = [];
  for await (const chunk of gzipChunks(chunksOf('hello ', 'world'))) {
    parts.push(chunk);
  }
  const file = Buffer.concat(parts);
  assert.equal([...file.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  assert.is(gunzipSync(file).toString(), 'hello world');
});

test.run();
