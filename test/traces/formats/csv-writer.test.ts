import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { openCsv } from '../../../traces/formats/csv-reader';
import { writeCsv } from '../../../traces/formats/csv-writer';
import { openBytes } from '../../../traces/input/bytes';
import { canonicalCsv, openText } from './csv-files';
import { columnsOf, eventsOf, someHeader, type PlainEvent } from './events';
import { inTemporaryFolder } from './temporary-folder';

const events: PlainEvent[] = Array.from({ length: 20_000 }, (_, i) => ({
  op: i % 2 ? 'free' : 'alloc',
  id: i >> 1,
  size: i % 2 ? 0 : i,
  site: i % 100 ? '' : `site, ${i}`,
}));

test('the file has the bytes whose sha256 is the identity, plain, compressed or to a stream', async () => {
  await inTemporaryFolder(async (folder) => {
    const columns = columnsOf(events);
    const expected = canonicalCsv(columns);
    const plain = path.join(folder, 'x.csv');
    const written = await writeCsv(columns.source(someHeader), plain);
    assert.ok(fs.readFileSync(plain).equals(expected));
    assert.equal(written, { events: 20_000, identity: columns.identity() });
    assert.is(createHash('sha256').update(expected).digest('hex'), written.identity);

    const compressed = path.join(folder, 'x.csv.gz');
    await writeCsv(columns.source(someHeader), compressed);
    assert.ok(gunzipSync(fs.readFileSync(compressed)).equals(expected));
    const source = await openCsv(await openBytes(compressed));
    assert.equal(await eventsOf(source), await eventsOf(columns.source(someHeader)));
    assert.is(source.identity(), written.identity);

    const parts: Buffer[] = [];
    const stream = new Writable({ write: (chunk, _encoding, done) => (parts.push(chunk), done()) });
    await writeCsv(columns.source(someHeader), stream);
    assert.ok(Buffer.concat(parts).equals(expected));
  });
});

test('a source that fails half way leaves no file', async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ['x.csv', 'x.csv.gz']) {
      const rows = 'alloc,1,1,0\nfree,1,0,0\n'.repeat(20_000);
      const source = await openText(`op,id,size,align\n${rows}nonsense\n`);
      await writeCsv(source, path.join(folder, name)).then(
        () => assert.unreachable(),
        (error) => assert.match(error.message, /^t\.csv:40002:9: a row of 1 cell/),
      );
      assert.equal(fs.readdirSync(folder), []);
    }
  });
});

test.run();
